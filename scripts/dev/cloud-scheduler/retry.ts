import type { Retry } from './job.ts'

/** What has happened so far in one execution; instants in milliseconds since 1970. */
export interface Tries {
  /** Attempts made, at least 1. */
  readonly made: number
  readonly first_at: number
  readonly now: number
  /** The next scheduled execution, null when there is none; it ends all retries. */
  readonly next_at: number | null
}

/** When a failed execution is tried again; null when it is not. */
export function retryAt(retry: Retry, { made, first_at, now, next_at }: Tries): number | null {
  if (retry.retry_count === 0) return null
  const counted = made > retry.retry_count
  // With both limits set, the service goes on until both are reached.
  const timed = retry.max_retry_ms === 0 || now - first_at >= retry.max_retry_ms
  const at = now + backoff(retry, made)
  return (counted && timed) || (next_at !== null && at >= next_at) ? null : at
}

/** The wait after the n-th failed attempt: doubles `max_doublings` times, then grows by the same step, up to the maximum. */
export function backoff(retry: Retry, n: number): number {
  const doublings = Math.min(n - 1, retry.max_doublings)
  const step = retry.min_backoff_ms * 2 ** doublings
  return Math.min(retry.max_backoff_ms, step * (n - doublings))
}
