import { type Entry, entryOf, type Job } from './job.ts'
import { type HolderEvent, hear } from './lifecycle.ts'
import { closeDue } from './occurrences.ts'
import { eventOf, type Outcome } from './outcome.ts'
import type { Policies } from './policies.ts'
import type { Skip } from './run.ts'
import { counted, ended, type RunEnd } from './tally.ts'

/** What an outcome makes of the job; `retry_at` is when the next attempt may begin, null when the run has ended or runs out. */
export interface Settlement {
  readonly job: Job
  readonly event: HolderEvent
  readonly retry_at: number | null
  readonly skips: readonly Skip[]
}

/**
 * Settles one attempt on the job as it stands; null when the holder has lost. `policies` say how it is tried again: the
 * job's own, unless a path has another way.
 */
export function settlement(
  job: Job,
  held: Pick<Entry, 'run' | 'fence'>,
  outcome: Outcome,
  now: number,
  random: () => number,
  policies: Policies = job.policies,
): Settlement | null {
  const entry = entryOf(job, held.run)
  if (entry === undefined) return null
  const event = eventOf(policies, entry, outcome, now, random)
  const heard = hear(job, held.run, held.fence, event, now)
  if (heard === null) return null
  const after = entryOf(heard, held.run)
  const told = after === undefined ? ended(heard, entry, ending(outcome), now) : heard
  const closing = told.enabled ? closeDue(told, now, false) : { skips: [], next_run_at: told.next_run_at }
  const closed = counted({ ...told, next_run_at: closing.next_run_at, updated_at: now }, closing.skips)
  return { job: closed, event, retry_at: after?.state === 'retry' ? after.until : null, skips: closing.skips }
}

function ending(outcome: Outcome): RunEnd {
  const items = outcome.items?.processed ?? 0
  if (outcome.kind === 'succeeded' || outcome.kind === 'accepted')
    return { outcome: 'succeeded', error: null, items }
  return { outcome: 'failed', error: outcome.error, items }
}
