import type { Existing, Spec } from '../../scripts/setup/spec.ts'
import type { Planned } from './terraform.ts'

interface Target {
  readonly uri: string
  readonly http_method: Spec['method']
  readonly headers: Spec['headers']
  readonly body: string
  readonly oidc_token: readonly { readonly service_account_email: string; readonly audience: string }[]
}

interface Retry {
  readonly retry_count: number
  readonly max_retry_duration: string
  readonly min_backoff_duration: string
  readonly max_backoff_duration: string
  readonly max_doublings: number
}

const seconds = (duration: string) => Number(/^(\d+)s$/.exec(duration)?.[1])

/** A planned Cloud Scheduler job as the setup would find it, once it is made. */
export function asFound(job: Planned): Existing {
  const state = job.values.paused === true ? 'PAUSED' : 'ENABLED'
  return { spec: specOf(job), state, schedule_at: null, last_attempt_at: null, last_code: null }
}

/** The same, as the setup compares it. */
export function specOf({ values }: Planned): Spec {
  const text = (name: string) => String(values[name])
  const target = (values.http_target as readonly Target[])[0]!
  const retry = (values.retry_config as readonly Retry[])[0]!
  return {
    id: text('name'),
    description: text('description'),
    schedule: text('schedule'),
    time_zone: text('time_zone'),
    uri: target.uri,
    method: target.http_method,
    headers: target.headers,
    body: Buffer.from(target.body, 'base64').toString(),
    service_account: target.oidc_token[0]?.service_account_email ?? '',
    audience: target.oidc_token[0]?.audience ?? '',
    attempt_deadline_seconds: seconds(text('attempt_deadline')),
    retry_count: retry.retry_count,
    max_retry_seconds: seconds(retry.max_retry_duration),
    min_backoff_seconds: seconds(retry.min_backoff_duration),
    max_backoff_seconds: seconds(retry.max_backoff_duration),
    max_doublings: retry.max_doublings,
  }
}
