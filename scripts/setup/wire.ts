import type { protos } from '@google-cloud/scheduler'
import type { Existing, HttpMethod, Spec } from './spec.ts'

type WireJob = protos.google.cloud.scheduler.v1.IJob
type WireTarget = NonNullable<WireJob['httpTarget']>

const ADDED_BY_THE_SERVICE =
  /^(user-agent|content-length|host|x-google-.*|x-appengine-.*|x-cloudscheduler.*)$/i

/** The top-level paths of an update mask. On the wire they are snake_case; the service refuses camelCase. */
export const MASK = [
  'description',
  'schedule',
  'time_zone',
  'http_target',
  'retry_config',
  'attempt_deadline',
] as const

/** A job as the API takes it. `parent` is `projects/P/locations/L`. */
export function toWire(parent: string, spec: Spec): WireJob {
  return {
    name: `${parent}/jobs/${spec.id}`,
    description: spec.description,
    schedule: spec.schedule,
    timeZone: spec.time_zone,
    httpTarget: {
      uri: spec.uri,
      httpMethod: spec.method,
      headers: { ...spec.headers },
      body: Buffer.from(spec.body),
      oidcToken: { serviceAccountEmail: spec.service_account, audience: spec.audience },
    },
    attemptDeadline: { seconds: spec.attempt_deadline_seconds },
    retryConfig: {
      retryCount: spec.retry_count,
      maxRetryDuration: { seconds: spec.max_retry_seconds },
      minBackoffDuration: { seconds: spec.min_backoff_seconds },
      maxBackoffDuration: { seconds: spec.max_backoff_seconds },
      maxDoublings: spec.max_doublings,
    },
  }
}

/** A job as the API answers it. */
export function fromWire(job: WireJob): Existing {
  return {
    spec: specOf(job),
    state: typeof job.state === 'string' ? job.state : 'STATE_UNSPECIFIED',
    schedule_at: milliseconds(job.scheduleTime),
    last_attempt_at: milliseconds(job.lastAttemptTime),
    last_code: job.lastAttemptTime ? (job.status?.code ?? 0) : null,
  }
}

function specOf(job: WireJob): Spec {
  return {
    id: (job.name ?? '').split('/').at(-1) ?? '',
    description: job.description ?? '',
    schedule: job.schedule ?? '',
    time_zone: job.timeZone ?? '',
    attempt_deadline_seconds: seconds(job.attemptDeadline),
    ...requestOf(job.httpTarget ?? {}),
    ...retryOf(job.retryConfig ?? {}),
  }
}

function requestOf(target: WireTarget) {
  return {
    uri: target.uri ?? '',
    method: methodOf(target),
    headers: headersOf(target),
    body: Buffer.from(target.body ?? '').toString(),
    service_account: target.oidcToken?.serviceAccountEmail ?? '',
    audience: target.oidcToken?.audience ?? '',
  }
}

function methodOf({ httpMethod }: WireTarget): HttpMethod {
  return typeof httpMethod === 'string' ? httpMethod : 'HTTP_METHOD_UNSPECIFIED'
}

function retryOf(retry: NonNullable<WireJob['retryConfig']>) {
  return {
    retry_count: retry.retryCount ?? 0,
    max_retry_seconds: seconds(retry.maxRetryDuration),
    min_backoff_seconds: seconds(retry.minBackoffDuration),
    max_backoff_seconds: seconds(retry.maxBackoffDuration),
    max_doublings: retry.maxDoublings ?? 0,
  }
}

function headersOf({ headers }: WireTarget): Record<string, string> {
  const own = Object.entries(headers ?? {}).filter(([name]) => !ADDED_BY_THE_SERVICE.test(name))
  return Object.fromEntries(own.map(([name, value]) => [canonical(name), value] as const).toSorted(byName))
}

function byName([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : 1
}

/** `content-type` -> `Content-Type`. */
function canonical(name: string): string {
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase())
}

type Span = { seconds?: unknown; nanos?: unknown } | null | undefined

function seconds(span: Span): number {
  return (milliseconds(span) ?? 0) / 1000
}

function milliseconds(span: Span): number | null {
  return span ? Number(span.seconds ?? 0) * 1000 + Math.round(Number(span.nanos ?? 0) / 1e6) : null
}
