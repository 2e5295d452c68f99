import { TickoverError } from '../errors.ts'
import { isHeld, isOwed, type Job } from '../job/job.ts'
import { closeAll } from '../job/occurrences.ts'
import { parseJob, parseRun } from '../job/parse.ts'
import { runFields, type Skip } from '../job/run.ts'
import type { Change, Documents, Stored } from '../store/documents.ts'
import { existing, newRecords } from './change.ts'
import { jobRef, runRef } from './held.ts'

const MOST_COMMITS = 20

const DELETED = 'The job was deleted before its next attempt'

/**
 * Deletes a job that nobody holds, and its shadow with it. What fell due and was not run is recorded as `paused`, a run that
 * waited for another attempt as cancelled; the records of its runs stay. Rejects with `not_found`, `already_running`,
 * `store_unreachable`.
 */
export async function removeJob(
  documents: Documents,
  name: string,
  also: (job: Job | null, now: number) => readonly Change[],
): Promise<void> {
  for (let commits = 0; commits < MOST_COMMITS; commits++) {
    const { value, time: now } = await documents.get([jobRef(name), shadowRef(name)])
    const [found, shadow] = value
    // Gone since the last look: the reply of this deletion was lost, or somebody else was faster.
    if (commits > 0 && !found) return
    const stored = existing(found)
    const parsed = parseJob(stored)
    const job = parsed.ok ? parsed.value : null
    if (job !== null) requireIdle(job)
    const gone = [stored, shadow].filter((one) => !!one).map(deletion)
    const records = job === null ? [] : await closing(documents, job, now)
    const { outcome } = await documents.commit([...gone, ...records, ...also(job, now)])
    if (outcome === 'done') return
  }
  throw new TickoverError('store_unreachable', `The job ${name} could not be deleted. Ask again.`)
}

function requireIdle({ name, entries }: Job): void {
  const held = entries.find(isHeld)
  if (held === undefined) return
  throw new TickoverError(
    'already_running',
    `${held.run} is under way until ${new Date(held.until).toISOString()}. Wait for its end, or release it, then delete ${name}.`,
  )
}

/** Gives what is still open its outcome. */
async function closing(documents: Documents, job: Job, now: number): Promise<Change[]> {
  const waiting = job.entries.filter((entry) => !isHeld(entry))
  const owed = waiting.filter(isOwed).map(({ scheduled_for: at }): Skip => {
    return { reason: 'paused', first_at: at, last_at: at, count: 1 }
  })
  const { skips } = closeAll(job, now, 'paused')
  const records = await newRecords(documents, job, [...owed, ...skips], now)
  const begun = waiting.filter((entry) => !isOwed(entry)).map(({ run }) => runRef(run))
  if (begun.length === 0) return records
  const { value } = await documents.get(begun)
  return [...records, ...value.flatMap((stored) => cancellation(stored, now))]
}

function cancellation(stored: Stored | null, now: number): Change[] {
  const run = stored === null ? null : parseRun(stored.fields)
  if (stored === null || run?.ok !== true) return []
  const fields = runFields({ ...run.value, status: 'cancelled', finished_at: now, error: DELETED })
  return [{ kind: 'update', ref: stored.ref, version: stored.version, fields }]
}

function deletion({ ref, version }: Stored): Change {
  return { kind: 'delete', ref, version }
}

function shadowRef(name: string): Stored['ref'] {
  return { collection: 'scheduler_shadow_jobs', id: name }
}
