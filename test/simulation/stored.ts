import type { Entry, Job } from '../../functions/job/job.ts'
import type { Attempt, Run } from '../../functions/job/run.ts'
import { offsetOf } from '../../functions/schedule/jitter.ts'
import { occurrences } from '../../functions/schedule/schedule.ts'
import type { Actor } from './actor.ts'

export type Documented = { readonly [field: string]: unknown }
/** The documents of a commit as they were before it. */
export type Before = ReadonlyMap<string, Documented | undefined>
export type StoredJob = Job & { readonly claimable_at: number | null; readonly status: string }

/** When an attempt may begin: a run's first at its occurrence, the next when it was told to; what died may go on at once. */
export function dueOfAttempt(old: Entry | undefined, entry: Entry, isOutside: boolean): number {
  if (old === undefined || old.owner === '') return entry.scheduled_for
  return old.state === 'retry' && !isOutside ? old.until : 0
}

/** Is this the target's own word of it, in time? */
export function isCompletedBy({ completion }: Actor, { state, token, until }: Entry): boolean {
  if (completion === undefined || state !== 'callback') return false
  return token === completion.token && completion.asked_at < until
}

/** Has somebody asked for this run? The schedule's have an instant in their name. */
export function isAskedFor(run: string): boolean {
  return !run.includes('@')
}

export function entryOf(job: StoredJob | undefined, run: string): Entry | undefined {
  return job?.entries?.find((entry) => entry.run === run)
}

/** Has a run of it one attempt left, after its process died (as far as can be told from outside)? */
export function hasLastChance({ entries, policies }: Job): boolean {
  const last = policies.max_attempts - 1
  return entries.some(({ state, died, attempt }) => (state === 'running' || died) && attempt >= last)
}

export function dueOf(job: Job, from: number, to: number): number[] {
  const offset = offsetOf(job.name.split('~')[0]!, job.policies.jitter_seconds)
  return occurrences(job.schedule, from, Math.min(to, job.ends_at ?? to), 10_000, offset)
}

/** The attempts that their holder has closed since. */
export function newlyEnded(is: Run, was: Run | undefined): Attempt[] {
  const open = (fence: number) => (was?.attempts.find((one) => one.fence === fence)?.outcome ?? null) === null
  return is.attempts.filter(({ outcome, fence }) => outcome !== null && outcome !== 'lost' && open(fence))
}

export function isEnded(run: Run): boolean {
  return run.status === 'succeeded' || run.status === 'failed' || run.status === 'cancelled'
}

export function key(ref: { readonly collection: string; readonly id: string }): string {
  return `${ref.collection}/${ref.id}`
}
