import type { Job } from '../job/job.ts'
import type { Outcome } from '../job/outcome.ts'
import type { StoreTime } from '../store/time.ts'
import type { Standing } from './effect.ts'
import { type Performing, perform } from './perform.ts'

/** Performs one attempt of a job whose target is a POST to a service; `time` is the store's. Never rejects. */
export type Call = (standing: Standing, job: Job, payload: string, time: StoreTime) => Promise<Outcome>

/** Performs one attempt by what the job names as its target. Never rejects. */
export async function performTarget(
  performing: Performing,
  standing: Standing,
  payload: string,
): Promise<Outcome> {
  const job = performing.copies.get(standing.held.job)?.fields
  if (job?.target.kind !== 'http') return perform(performing, standing, payload)
  return performing.call(standing, job, payload, performing.time)
}
