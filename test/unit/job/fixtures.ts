import { type Definition, newJob } from '../../../functions/job/definition.ts'
import { type Entry, type Job, runId } from '../../../functions/job/job.ts'
import { start } from '../../../functions/job/lifecycle.ts'
import type { Look } from '../../../functions/job/plan.ts'
import { DEFAULT_POLICIES, type Policies } from '../../../functions/job/policies.ts'
import type { Skip } from '../../../functions/job/run.ts'

export const SECOND = 1_000
export const MINUTE = 60_000
export const HOUR = 3_600_000

/** Every job of these tests is made at this instant; most fall due each minute from here. */
export const T0 = Date.UTC(2030, 0, 31, 12)

/** The lease of a look, if it says nothing else. */
export const LEASE = 5 * MINUTE

/** A retry comes after a minute, without jitter. */
export const RETRY = { base_seconds: 60, factor: 2, cap_seconds: 3600, jitter: 0 }

type Changes = Partial<Omit<Definition, 'policies'>> & { readonly policies?: Partial<Policies> }

/** A job that is due each minute, with the default policies except for those given. */
export function definition({ policies, ...changes }: Changes = {}): Definition {
  return {
    name: 'digest',
    kind: 'recurring',
    description: '',
    display_name: '',
    target: { kind: 'handler' },
    ends_at: null,
    job_type: 'digest',
    lane: 'default',
    schedule: { kind: 'every', seconds: 60, anchor_at: 0 },
    payload: '{}',
    policies: { ...DEFAULT_POLICIES, retry: RETRY, ...policies },
    ...changes,
  }
}

/** That job as it stands when it is new, at `T0`: its first occurrence is a minute later. */
export function newMinutely(policies: Partial<Policies> = {}, changes: Changes = {}): Job {
  return newJob(definition({ ...changes, policies }), T0)
}

/** The job with one attempt under way since `at`, of the occurrence `scheduledFor`, held until `until`. */
export function running(job: Job, scheduledFor: number, at = scheduledFor, until = at + LEASE): Job {
  const next_run_at = Math.max(job.next_run_at ?? 0, scheduledFor + MINUTE)
  return {
    ...start(job, runId(job.name, scheduledFor), scheduledFor, { owner: 'a', path: 'tick', now: at }, until),
    next_run_at,
  }
}

export function look(now: number, owner = 'a'): Look {
  return { now, owner, path: 'tick', lease_ms: LEASE }
}

/** The only entry there is. */
export function only(job: Job): Entry {
  const [entry, ...others] = job.entries
  if (entry === undefined || others.length > 0) throw new Error(`${job.entries.length} entries, not 1`)
  return entry
}

/** Minutes after `T0`, for short expectations. */
export function minutes(instant: number | null | undefined): number | null {
  return instant === null || instant === undefined ? null : (instant - T0) / MINUTE
}

/** A skip in short: `overlap 1-3 (3)`, in minutes after `T0`. */
export function short({ reason, first_at, last_at, count }: Skip): string {
  return `${reason} ${minutes(first_at)}-${minutes(last_at)} (${count})`
}

/** A deterministic draw for retries that have no jitter. */
export function noChance(): number {
  return 0
}
