import { type Job, runId } from '../job/job.ts'
import { type Skip, skipFields } from '../job/run.ts'
import type { Change } from '../store/documents.ts'
import { runRef } from './held.ts'

/** Where the record of a skipped range stands: it has the id of its first occurrence. */
export function skipId(job: Pick<Job, 'name'>, skip: Skip): string {
  return runId(job.name, skip.first_at)
}

/** The records of skipped occurrences that are not there already. `now` in ms. */
export function skipRecords(
  job: Job,
  skips: readonly Skip[],
  isRecorded: (id: string) => boolean,
  now: number,
): Change[] {
  return skips
    .map((skip) => ({ id: skipId(job, skip), skip }))
    .filter(({ id }) => !isRecorded(id))
    .map(({ id, skip }) => ({ kind: 'create', ref: runRef(id), fields: skipFields(job, skip, now) }))
}
