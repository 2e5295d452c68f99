/** How long a tick claims. Seconds. */
export interface Budget {
  /** A tick begins new runs until then; a lane with dwell also waits for them until then. */
  readonly claims_seconds: number
  /** Does the tick wait for what falls due later, or end when nothing is due? */
  readonly dwells: boolean
  /** The longest that the request may last, its grace taken off. */
  readonly request_seconds: number
}

/** What a tick is to do about new runs: claim them, claim and wait for more, or begin none. */
export type Phase = 'claim' | 'dwell' | 'closed'

/** What the phase depends on. */
export interface Standing {
  readonly elapsed_ms: number
  /** Runs that live now. */
  readonly living: number
  /** Those of them that were begun within the budget. */
  readonly living_since_budget: number
  readonly stopping: boolean
}

/**
 * Past its budget a tick claims only while a run begun before still lives, so that a long run never holds up a short
 * one in its own lane; past the request's time it begins nothing.
 */
export function phaseOf(budget: Budget, standing: Standing): Phase {
  const elapsed = standing.elapsed_ms / 1000
  if (standing.stopping || elapsed >= budget.request_seconds) return 'closed'
  if (elapsed < budget.claims_seconds) return budget.dwells || standing.living > 0 ? 'dwell' : 'claim'
  return standing.living_since_budget > 0 ? 'dwell' : 'closed'
}
