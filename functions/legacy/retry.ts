import type { Policies, Retry } from '../job/policies.ts'

/** How the older systems try again: five minutes later, three attempts in all. */
export const LEGACY_RETRY: Retry = { base_seconds: 300, factor: 1, cap_seconds: 300, jitter: 0 }
export const LEGACY_ATTEMPTS = 3

/** A job's policies on the legacy path. */
export function retriedAsLegacy(policies: Policies): Policies {
  return { ...policies, retry: LEGACY_RETRY, max_attempts: LEGACY_ATTEMPTS }
}
