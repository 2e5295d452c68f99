import type { Retry } from '../job/policies.ts'

/** A target may ask for more patience than this; it does not get it. */
const MAX_RETRY_AFTER_SECONDS = 86_400

/**
 * Milliseconds to wait before attempt `nextAttempt` (2 is the first retry): d = `base * factor^(nextAttempt - 2)`, at
 * most `cap`, then spread evenly over [d * (1 - jitter), d]; never less than `retryAfterSeconds`, of which at most a
 * day counts. `random` answers from [0, 1).
 */
export function delayBefore(
  nextAttempt: number,
  retry: Retry,
  random: () => number,
  retryAfterSeconds = 0,
): number {
  const grown = retry.base_seconds * retry.factor ** Math.max(0, nextAttempt - 2)
  // NaN is 0 seconds grown without end: still 0.
  const full = Number.isNaN(grown) ? 0 : Math.min(retry.cap_seconds, grown)
  const spread = full * (1 - retry.jitter * random())
  const asked = retryAfterSeconds > 0 ? Math.min(MAX_RETRY_AFTER_SECONDS, retryAfterSeconds) : 0
  return Math.round(Math.max(spread, asked) * 1_000)
}
