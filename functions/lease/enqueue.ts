import { TickoverError } from '../errors.ts'
import type { Definition } from '../job/definition.ts'
import { newJob } from '../job/definition.ts'
import { toFields } from '../job/stored.ts'
import type { Documents, Fields } from '../store/documents.ts'
import { jobRef } from './held.ts'

/**
 * Stores a one-off job, whose name is new to the store, and answers it as stored. A lost reply is read back. Rejects
 * with `store_unreachable`.
 */
export async function enqueue(documents: Documents, definition: Definition, now: number): Promise<Fields> {
  const fields = toFields(newJob(definition, now))
  const ref = jobRef(definition.name)
  const committed = await documents.commit([{ kind: 'create', ref, fields }])
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
