import { TickoverError } from '../errors.ts'
import { closeAccounts } from '../job/definition.ts'
import type { Job } from '../job/job.ts'
import { parseJob } from '../job/parse.ts'
import type { Skip } from '../job/run.ts'
import { toFields } from '../job/stored.ts'
import type { Change, Documents, Stored } from '../store/documents.ts'
import { jobRef, runRef } from './held.ts'
import { skipId, skipRecords } from './skips.ts'

/** Tries at one job that others change at the same time. */
const MOST_COMMITS = 20

/** A change of how a job stands. */
export interface Changing {
  /** The job as it is to stand at `now` (store's time, ms); the very same job when there is nothing to change. */
  readonly to: (job: Job, now: number) => Job
  /** What is written in the same commit as the change. */
  readonly also: (before: Job, after: Job, now: number) => readonly Change[]
}

/** A job before and after a change; the same twice when there was nothing to change. */
export interface Changed {
  readonly before: Job
  readonly after: Job
}

/**
 * Changes how a job stands. What fell due before the change is first closed, in a commit of its own, as the job stood
 * then. A lost reply is answered by looking again. Rejects with `not_found`, `storage_damaged` and `store_unreachable`.
 */
export async function changeJob(documents: Documents, name: string, changing: Changing): Promise<Changed> {
  let before: Job | null = null
  for (let commits = 0; commits < MOST_COMMITS; commits++) {
    const { value, time: now } = await documents.get([jobRef(name)])
    const stored = existing(value[0])
    const job = readable(stored)
    before ??= job
    const next = changing.to(job, now)
    if (next === job) return { before, after: job }
    const step = await stepTowards(documents, stored, job, next, now)
    const { outcome } = await documents.commit(
      step.isLast ? [...step.changes, ...changing.also(before, next, now)] : step.changes,
    )
    if (outcome === 'done' && step.isLast) return { before, after: next }
  }
  throw new TickoverError(
    'store_unreachable',
    `The job ${name} could not be changed: the store is out of reach, or others change it again and again. Try again.`,
  )
}

/** The next commit on the way to how the job is to stand: first its accounts are closed, then it is taken over. */
export async function stepTowards(
  documents: Documents,
  stored: Stored,
  job: Job,
  next: Job,
  now: number,
): Promise<{ readonly changes: readonly Change[]; readonly isLast: boolean }> {
  const isOpen = job.next_run_at !== null && job.next_run_at <= now
  if (!isOpen || next.defined_at === job.defined_at) return { changes: [update(stored, next)], isLast: true }
  const closed = closeAccounts(job, now)
  const records = await newRecords(documents, job, closed.skips, now)
  return { changes: [update(stored, closed.job), ...records], isLast: false }
}

/** The job of a document that is there and can be read; throws `storage_damaged`. */
export function readable(stored: Stored): Job {
  const job = parseJob(stored)
  if (job.ok) return job.value
  throw new TickoverError(
    'storage_damaged',
    `The document of this job cannot be read (${job.reason}). Mend it there.`,
  )
}

/** The document of a job, if it is there; throws `not_found`. */
export function existing(stored: Stored | null | undefined): Stored {
  if (stored) return stored
  throw new TickoverError('not_found', 'Job not found. GET /api/jobs lists the jobs there are.')
}

/** The records of skipped occurrences, but for those that are there already. */
export async function newRecords(
  documents: Documents,
  job: Job,
  skips: readonly Skip[],
  now: number,
): Promise<Change[]> {
  if (skips.length === 0) return []
  const { value } = await documents.get(skips.map((skip) => runRef(skipId(job, skip))))
  const recorded = new Set(value.map((stored) => stored?.ref.id))
  return skipRecords(job, skips, (id) => recorded.has(id), now)
}

function update({ ref, version }: Stored, job: Job): Change {
  return { kind: 'update', ref, version, fields: toFields(job) }
}
