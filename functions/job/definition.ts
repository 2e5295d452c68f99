import { isDeepStrictEqual } from 'node:util'
import { isFull, type Job, NO_OVERRIDES, runId } from './job.ts'
import { owe, refit } from './lifecycle.ts'
import { closeAll, closeDue, closedUntil, nextOf } from './occurrences.ts'
import type { Skip } from './run.ts'
import { counted } from './tally.ts'

/** What a definition says of a job; all else on it is state. */
export type Definition = Pick<
  Job,
  | 'name'
  | 'kind'
  | 'display_name'
  | 'description'
  | 'job_type'
  | 'target'
  | 'lane'
  | 'schedule'
  | 'ends_at'
  | 'payload'
  | 'policies'
>

/** The most looks that closing the accounts of a job takes: as many as it may have slots, and some for long lists. */
const MOST_LOOKS = 200

/** A new job. Its first occurrence is the first after `now`; an instant of its own (`at`) counts even when it is past. */
export function newJob(definition: Definition, now: number): Job {
  return {
    ...definition,
    enabled: true,
    next_run_at: firstOf(definition, now),
    fence: 0,
    entries: [],
    full_since: null,
    full_until: null,
    created_at: now,
    updated_at: now,
    defined_at: now,
    last_run: null,
    totals: { runs: 0, succeeded: 0, failed: 0, skipped: 0, duplicates_suppressed: 0 },
    overrides: NO_OVERRIDES,
    daily: '',
    recent: '',
  }
}

/** Does the job already stand as defined? */
export function isDefinedAs(job: Job, definition: Definition): boolean {
  return isDeepStrictEqual(definitionOf(job), definitionOf(definition))
}

/**
 * Closes the occurrences up to `now` under the definition that they fell due under, before another takes its place: an
 * occurrence that would start now keeps a slot, as owed, and starts at the next look; what waits for a slot is skipped.
 */
export function closeAccounts(job: Job, now: number): { job: Job; skips: readonly Skip[] } {
  const skips: Skip[] = []
  let owing = job
  for (let looks = 0; looks < MOST_LOOKS; looks++) {
    const closing = job.enabled ? closeDue(owing, now, !isFull(owing)) : closeAll(owing, now, 'paused')
    if (closing.start === null && closing.skips.length === 0) break
    skips.push(...closing.skips)
    owing = { ...owing, next_run_at: closing.next_run_at }
    if (closing.start !== null) owing = owe(owing, runId(job.name, closing.start), closing.start, now)
  }
  const rest = closeAll(owing, now, 'overlap')
  skips.push(...rest.skips)
  return { job: counted({ ...owing, next_run_at: rest.next_run_at, updated_at: now }, skips), skips }
}

/**
 * The job under another definition: its state stays; another schedule begins with its first occurrence after `now`, and
 * after what was claimed already.
 */
export function redefine(job: Job, definition: Definition, now: number): Job {
  const next = { ...job, ...definition, updated_at: now, defined_at: now }
  const keepsInstants = isDeepStrictEqual(instantsOf(job), instantsOf(definition))
  const next_run_at = keepsInstants ? job.next_run_at : firstOf(definition, closedUntil(job, now))
  return refit({ ...next, next_run_at }, job, now)
}

/** Starts nothing any more: what runs finishes, retries wait. */
export function pause(job: Job, now: number): Job {
  return { ...job, enabled: false, updated_at: now, defined_at: now }
}

/** Goes on after a pause; the occurrences meanwhile are one `paused` range. */
export function unpause(job: Job, now: number): { job: Job; skips: readonly Skip[] } {
  const closing = closeAll(job, now, 'paused')
  const next = { ...job, enabled: true, next_run_at: closing.next_run_at, updated_at: now, defined_at: now }
  return { job: counted(next, closing.skips), skips: closing.skips }
}

function firstOf(definition: Definition, now: number): number | null {
  const { schedule } = definition
  return nextOf(definition, schedule.kind === 'at' ? schedule.at - 1 : now)
}

/** All that says when a job falls due. */
function instantsOf({ schedule, policies, ends_at }: Definition): unknown {
  return [schedule, policies.jitter_seconds, ends_at]
}

/** What a job is defined as, without its state. */
export function definitionOf({
  name,
  kind,
  display_name,
  description,
  job_type,
  target,
  lane,
  schedule,
  ends_at,
  payload,
  policies,
}: Definition): Definition {
  const what = { name, kind, display_name, description, job_type, target, lane }
  return { ...what, schedule, ends_at, payload, policies }
}
