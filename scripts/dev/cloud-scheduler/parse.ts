import { status } from '@grpc/grpc-js'
import type { Definition, Retry } from './job.ts'
import { parseTarget } from './parse-target.ts'
import type { WireJob } from './protos.ts'
import { invalid, RpcError } from './rpc-error.ts'
import { toMs } from './wire.ts'

const MAX_DESCRIPTION = 500
const MIN_DEADLINE_MS = 15_000
const MAX_DEADLINE_MS = 30 * 60_000
const DEFAULT_DEADLINE_MS = 180_000
const MAX_RETRIES = 5

/** Checks a job as the service does and fills in its defaults. Throws INVALID_ARGUMENT, or UNIMPLEMENTED for what the emulator lacks. */
export function parseDefinition(wire: WireJob): Definition {
  const description = wire.description ?? ''
  if (description.length > MAX_DESCRIPTION)
    throw invalid(`Job.description is longer than ${MAX_DESCRIPTION} characters.`)
  if (wire.pubsubTarget || wire.appEngineHttpTarget) {
    throw new RpcError(status.UNIMPLEMENTED, 'This emulator knows HTTP targets only.')
  }
  if (!wire.httpTarget) throw invalid('Job.target is required.')
  if (!wire.schedule) throw invalid('Job.schedule is required.')
  return {
    name: wire.name ?? '',
    description,
    schedule: wire.schedule,
    time_zone: wire.timeZone || 'UTC',
    target: parseTarget(wire.httpTarget),
    retry: parseRetry(wire.retryConfig ?? {}),
    attempt_deadline_ms: parseDeadline(wire),
  }
}

function parseDeadline(wire: WireJob): number {
  const deadline = toMs(wire.attemptDeadline) || DEFAULT_DEADLINE_MS
  if (deadline < MIN_DEADLINE_MS || deadline > MAX_DEADLINE_MS) {
    throw invalid('Job.attempt_deadline must be between 15 seconds and 30 minutes.')
  }
  return deadline
}

function parseRetry(wire: NonNullable<WireJob['retryConfig']>): Retry {
  const retry = {
    retry_count: wire.retryCount ?? 0,
    max_retry_ms: toMs(wire.maxRetryDuration) ?? 0,
    min_backoff_ms: toMs(wire.minBackoffDuration) || 5_000,
    max_backoff_ms: toMs(wire.maxBackoffDuration) || 3_600_000,
    max_doublings: wire.maxDoublings || 5,
  }
  if (retry.retry_count < 0 || retry.retry_count > MAX_RETRIES) {
    throw invalid(`RetryConfig.retry_count must be between 0 and ${MAX_RETRIES}.`)
  }
  if (Object.values(retry).some((value) => value < 0))
    throw invalid('RetryConfig must not hold a negative value.')
  if (retry.min_backoff_ms > retry.max_backoff_ms) {
    throw invalid('RetryConfig.min_backoff_duration must not exceed max_backoff_duration.')
  }
  return retry
}
