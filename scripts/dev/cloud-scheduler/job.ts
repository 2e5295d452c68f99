import type { HttpMethod } from './protos.ts'

/** Where a job posts to, and as whom. */
export interface Target {
  readonly uri: string
  readonly method: HttpMethod
  readonly headers: Readonly<Record<string, string>>
  /** Base64; empty for none. */
  readonly body: string
  /** `audience` empty means the uri, as the service has it. */
  readonly oidc: { readonly email: string; readonly audience: string } | null
}

/** Retries of one execution; times in milliseconds, `max_retry_ms` 0 = no limit. */
export interface Retry {
  readonly retry_count: number
  readonly max_retry_ms: number
  readonly min_backoff_ms: number
  readonly max_backoff_ms: number
  readonly max_doublings: number
}

/** What a caller says about a job. `name` is the full resource name. */
export interface Definition {
  readonly name: string
  readonly description: string
  readonly schedule: string
  readonly time_zone: string
  readonly target: Target
  readonly retry: Retry
  readonly attempt_deadline_ms: number
}

/** What the service says about a job; instants in milliseconds since 1970. */
export interface State {
  readonly paused: boolean
  readonly updated_at: number
  /** The next execution or retry; null while paused. */
  readonly schedule_at: number | null
  readonly last_attempt_at: number | null
  /** A google.rpc.Code and a message, of the last attempt. */
  readonly status: { readonly code: number; readonly message: string } | null
}

/** One job of the emulator: plain data, so that it can be kept in a file. */
export interface Job {
  readonly definition: Definition
  readonly state: State
}

/** The last part of a full resource name. */
export function jobId(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1)
}
