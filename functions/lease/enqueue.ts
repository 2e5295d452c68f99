import { TickoverError } from '../errors.ts'
import type { Definition } from '../job/definition.ts'
import { newJob } from '../job/definition.ts'
import type { Job } from '../job/job.ts'
import { toFields } from '../job/stored.ts'
import type { Change, Documents, Fields } from '../store/documents.ts'
import { jobRef } from './held.ts'

/** Stores a one-off job, as `add` does. */
export function enqueue(
  documents: Documents,
  definition: Definition,
  now: number,
  also: readonly Change[] = [],
): Promise<Fields> {
  return add(documents, newJob(definition, now), also)
}

/**
 * Stores a job whose name is new to the store, with what is to be written beside it, and answers it as stored. A lost
 * reply is read back. Rejects with `store_unreachable`.
 */
export async function add(documents: Documents, job: Job, also: readonly Change[]): Promise<Fields> {
  const fields = toFields(job)
  const ref = jobRef(job.name)
  const committed = await documents.commit([{ kind: 'create', ref, fields }, ...also])
  if (committed.outcome === 'done') return fields
  if (committed.outcome === 'unreachable') {
    throw new TickoverError(
      'store_unreachable',
      'The job could not be stored. Nothing was kept: send it again.',
    )
  }
  const stored = (await documents.get([ref])).value[0]
  if (stored) return stored.fields
  throw new TickoverError(
    'store_unreachable',
    'It is not known whether the job was stored. See whether GET /api/jobs?kind=one_off lists it before you send it again.',
  )
}
