import { TickoverError } from '../errors.ts'
import { newJob } from '../job/definition.ts'
import { DEFAULT_POLICIES } from '../job/policies.ts'
import { toFields } from '../job/stored.ts'
import { HANDLER } from '../job/target.ts'
import { jobRef } from '../lease/held.ts'
import type { Documents } from '../store/documents.ts'
import type { ClaimRequest } from './requests.ts'

/**
 * Makes a job of a name that is known from reports only; it never falls due by itself. `now` in ms. Rejects with
 * `store_unreachable`; whether it is there after any other trouble, the store says at the next look.
 */
export async function takeIn(
  { documents, lane }: { readonly documents: Documents; readonly lane: string },
  { job: name, job_type, payload }: ClaimRequest,
  now: number,
): Promise<void> {
  const definition = {
    name,
    kind: 'reported',
    display_name: name,
    description: 'Known only from the scheduler that reports it',
    job_type: job_type ?? name,
    target: HANDLER,
    lane,
    schedule: { kind: 'at', at: now },
    ends_at: null,
    payload: payload ?? '{}',
    policies: { ...DEFAULT_POLICIES, max_attempts: 1 },
  } as const
  const fields = toFields({ ...newJob(definition, now), next_run_at: null })
  const made = await documents.commit([{ kind: 'create', ref: jobRef(name), fields }])
  if (made.outcome === 'unreachable')
    throw new TickoverError('store_unreachable', 'The job could not be taken in. Send the claim again.')
}
