import type { Entry, Job } from './job.ts'

/**
 * How far an attempt is to be distrusted. `suspect`: the one before it ended with its process, by its own doing or by
 * that of a run beside it. `last_chance`: a suspect that has no attempt after this one.
 */
export type Suspicion = 'none' | 'suspect' | 'last_chance'

/** How far this attempt, begun or about to begin, is to be distrusted. */
export function suspicionOf({ policies }: Pick<Job, 'policies'>, { died, attempt }: Entry): Suspicion {
  if (!died) return 'none'
  return attempt >= policies.max_attempts ? 'last_chance' : 'suspect'
}

/**
 * May an attempt begin beside those that live in its pool? A last chance never runs beside another suspect: what kills its
 * process each time would take the innocent with it until they have no attempt left. All others go side by side.
 */
export function mayBeginBeside(living: readonly Suspicion[], next: Suspicion): boolean {
  if (next === 'none') return true
  return next === 'last_chance' ? living.every((one) => one === 'none') : !living.includes('last_chance')
}
