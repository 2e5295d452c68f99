import type { Definition, Job, Target } from './job.ts'
import type { WireJob } from './protos.ts'

interface Span {
  readonly seconds?: unknown
  readonly nanos?: unknown
}

/** A Duration or Timestamp in milliseconds; undefined when it is absent. */
export function toMs(span: Span | null | undefined): number | undefined {
  return span ? Number(span.seconds ?? 0) * 1000 + Number(span.nanos ?? 0) / 1e6 : undefined
}

/** Milliseconds as a Duration or Timestamp. */
export function toSpan(ms: number): { seconds: number; nanos: number } {
  const seconds = Math.floor(ms / 1000)
  return { seconds, nanos: Math.round((ms - seconds * 1000) * 1e6) }
}

/** A job as the service answers it, output-only fields included. */
export function jobToWire({ definition, state }: Job): WireJob {
  return {
    ...definitionToWire(definition),
    state: state.paused ? 'PAUSED' : 'ENABLED',
    userUpdateTime: toSpan(state.updated_at),
    ...(state.schedule_at === null ? {} : { scheduleTime: toSpan(state.schedule_at) }),
    ...(state.last_attempt_at === null ? {} : { lastAttemptTime: toSpan(state.last_attempt_at) }),
    ...(state.status === null ? {} : { status: state.status }),
  }
}

/** The fields of a job that a caller sets. */
export function definitionToWire(definition: Definition): WireJob {
  const { retry } = definition
  return {
    name: definition.name,
    description: definition.description,
    schedule: definition.schedule,
    timeZone: definition.time_zone,
    httpTarget: targetToWire(definition.target),
    attemptDeadline: toSpan(definition.attempt_deadline_ms),
    retryConfig: {
      retryCount: retry.retry_count,
      maxRetryDuration: toSpan(retry.max_retry_ms),
      minBackoffDuration: toSpan(retry.min_backoff_ms),
      maxBackoffDuration: toSpan(retry.max_backoff_ms),
      maxDoublings: retry.max_doublings,
    },
  }
}

function targetToWire(target: Target): NonNullable<WireJob['httpTarget']> {
  return {
    uri: target.uri,
    httpMethod: target.method,
    headers: { ...target.headers },
    body: Buffer.from(target.body, 'base64'),
    ...(target.oidc === null
      ? {}
      : { oidcToken: { serviceAccountEmail: target.oidc.email, audience: target.oidc.audience } }),
  }
}
