import type { Path } from '../rollout/stage.ts'
import type { Schedule } from '../schedule/schedule.ts'
import type { Policies } from './policies.ts'
import type { Target } from './target.ts'

/** A run in flight. It fills one of the job's slots until it is removed. */
export interface Entry {
  readonly run: string
  /**
   * `running`: an attempt is held until `until`. `callback`: its target has taken it, and says until then how it ended.
   * `retry`: the next attempt may begin at `until`.
   */
  readonly state: 'running' | 'retry' | 'callback'
  /** The number that the claim wrote; a holder has lost when its entry is gone or carries another. */
  readonly fence: number
  /** Attempts begun so far, given-back ones not counted. */
  readonly attempt: number
  /** Who made the last attempt: a tick, a pass of the loop, an outside scheduler; empty for a run that is owed. */
  readonly owner: string
  /** The path of the last attempt. */
  readonly path: Path
  readonly until: number
  readonly scheduled_for: number
  /** When the first attempt began. */
  readonly began_at: number
  readonly give_backs: number
  /** Did the attempt before this one (or, while the entry waits, the last one) end with its process, without a word? */
  readonly died: boolean
  /** Why the entry is left to run out, when its holder knows that it will not settle; else null. */
  readonly trouble: string | null
  /** The hash of the token by which its target may complete it; null while it may not. */
  readonly token: string | null
}

/** An operator's choice in the place of what the code or a service registered, which stays there for a way back. */
export interface Override<T> {
  readonly registered: T
  /** Who chose, by name. */
  readonly by: string
  /** When, ms. */
  readonly at: number
  readonly reason: string
}

/** The choices that outlive registrations: whether the job is enabled, and when it falls due. */
export interface Overrides {
  readonly enabled: Override<boolean> | null
  readonly schedule: Override<Schedule> | null
}

/** A job that stands as it was registered. */
export const NO_OVERRIDES: Overrides = { enabled: null, schedule: null }

/** What a job has been doing, over its whole life. */
export interface Totals {
  readonly runs: number
  readonly succeeded: number
  readonly failed: number
  readonly skipped: number
  readonly duplicates_suppressed: number
}

/** The last run that ended. */
export interface LastRun {
  readonly run: string
  readonly outcome: 'succeeded' | 'failed' | 'cancelled'
  readonly began_at: number
  readonly ended_at: number
  readonly error: string | null
  /** How many runs in a row have failed up to this one, and since when, ms; 0 and null when it has not failed. */
  readonly failures: number
  readonly failing_since: number | null
}

/** A definition and its state: what to run, when, with which policies. Fields are named as they are stored (`stored.ts`). */
export interface Job {
  readonly name: string
  /**
   * `reported`: known only from an outside scheduler that runs it; it has no occurrences of its own here. `backfill`: the
   * occurrences of another job in a range of the past, once more.
   */
  readonly kind: 'recurring' | 'one_off' | 'reported' | 'backfill'
  readonly display_name: string
  readonly description: string
  /** Names the handler, where the target is one. */
  readonly job_type: string
  readonly target: Target
  readonly lane: string
  readonly schedule: Schedule
  /** It has no occurrence after this, ms; null: it goes on. */
  readonly ends_at: number | null
  /** JSON text, at most 64 KiB. */
  readonly payload: string
  readonly policies: Policies
  readonly enabled: boolean
  /** The first occurrence without an outcome; null when none is left. */
  readonly next_run_at: number | null
  /** The last fence that was given out. */
  readonly fence: number
  readonly entries: readonly Entry[]
  /** The last stretch of time in which no slot was free: (since, until], until null while it lasts. */
  readonly full_since: number | null
  readonly full_until: number | null
  readonly created_at: number
  readonly updated_at: number
  /** Since when it has stood as it is defined, enabled or not. */
  readonly defined_at: number
  readonly last_run: LastRun | null
  readonly totals: Totals
  /** Where its own fields are an operator's choice. */
  readonly overrides: Overrides
  /** Sums of its runs by day (`daily.ts`). */
  readonly daily: string
  /** Its last runs (`recent.ts`). */
  readonly recent: string
}

/** Is every slot taken? */
export function isFull(job: Job): boolean {
  return job.entries.length >= job.policies.max_instances
}

/** Has the job nothing left to do, ever? */
export function isFinished(job: Job): boolean {
  return job.next_run_at === null && job.entries.length === 0
}

/** The entry of a run, if it is in flight. */
export function entryOf(job: Job, run: string): Entry | undefined {
  return job.entries.find((entry) => entry.run === run)
}

/** Has this run a slot, but never had a holder? */
export function isOwed(entry: Entry): boolean {
  return entry.owner === ''
}

/** Has this run a holder, in a process of ours or behind a target that took it? */
export function isHeld(entry: Entry): boolean {
  return entry.state !== 'retry'
}

/** May the attempt with this fence still act for the run? */
export function isHeldBy(job: Job, run: string, fence: number): boolean {
  const entry = entryOf(job, run)
  return entry?.state === 'running' && entry.fence === fence
}

/** The id of the record of a run that somebody asked for; `id` is new. */
export function manualRunId(job: string, id: string): string {
  return `${job}:${id}`
}

/** The id of the record of one occurrence; there is one for each, whether it was performed or skipped. */
export function runId(job: string, scheduledFor: number): string {
  return `${job}@${new Date(scheduledFor).toISOString()}`
}
