import type { Fields } from '../store/documents.ts'
import { isFinished, isFull, isHeld, type Job } from './job.ts'

/** How long finished one-off jobs, runs and effects are kept, in ms (90 days). */
export const KEEP_MS = 90 * 24 * 3_600_000

/** Where a job stands, as people and older clients call it. */
export type Status = 'pending' | 'running' | 'completed' | 'failed'

/** What of a recurring job wants somebody's eye, as lists are filtered by it; `ok`: nothing. */
export type Standing = 'ok' | 'paused' | 'retrying' | 'failing' | 'damaged'

/** The job as it is stored: its own fields, and those derived from them for the due query and for people. */
export function toFields(job: Job): Fields {
  return {
    ...job,
    claimable_at: claimableAt(job),
    lease_until: leaseUntil(job),
    status: statusOf(job),
    standing: standingOf(job),
    schedule_at: job.schedule.kind === 'at' ? job.schedule.at : null,
    attempts: Math.max(0, ...job.entries.map((entry) => entry.attempt)),
    max_attempts: job.policies.max_attempts,
    damage: null,
    expire_at: endsByItself(job) && isFinished(job) ? job.updated_at + KEEP_MS : null,
  }
}

/**
 * When the next tick has to look at this job; null: never. With a free slot (or one that may be replaced) the earlier
 * of the next occurrence and the earliest `until`; without one the earliest `until`. A paused job, and one that is known
 * from reports only, is looked at only for the sake of holders that may have died.
 */
export function claimableAt(job: Job): number | null {
  const held = job.entries.filter(isHeld)
  const waiting = job.enabled && job.kind !== 'reported' ? job.entries : held
  const takesOccurrences = job.enabled && (!isFull(job) || job.policies.overlap === 'replace')
  const instants = waiting.map((entry) => entry.until)
  if (takesOccurrences && job.next_run_at !== null) instants.push(job.next_run_at)
  return instants.length === 0 ? null : Math.min(...instants)
}

/** Of several the first in this order. */
function standingOf({ kind, enabled, entries, last_run }: Job): Standing {
  if (kind !== 'recurring') return 'ok'
  if (entries.some(({ state, attempt }) => state === 'retry' && attempt > 0)) return 'retrying'
  if (last_run?.outcome === 'failed') return 'failing'
  return enabled ? 'ok' : 'paused'
}

function endsByItself({ kind }: Job): boolean {
  return kind === 'one_off' || kind === 'backfill'
}

function leaseUntil(job: Job): number | null {
  const held = job.entries.filter(isHeld).map((entry) => entry.until)
  return held.length === 0 ? null : Math.max(...held)
}

function statusOf(job: Job): Status {
  if (job.entries.some(isHeld)) return 'running'
  if (!isFinished(job)) return 'pending'
  return job.last_run?.outcome === 'succeeded' ? 'completed' : 'failed'
}
