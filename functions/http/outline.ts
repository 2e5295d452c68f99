import { digestOf } from '../job/digest.ts'
import type { Job } from '../job/job.ts'
import type { Fields } from '../store/documents.ts'

/** The longest payload that an audit shows, in characters; its digest tells of the rest. */
const SHOWN = 2_000

/** How a job stands, in what an operator or a service can change: what an audit tells before and after. */
export function outline(job: Job): Fields {
  const { enabled, schedule, overrides, target, lane, policies, payload } = job
  const { display_name, description, job_type } = job
  const names = { display_name, description, job_type }
  const given = { payload: payload.slice(0, SHOWN), payload_digest: digestOf(payload) }
  return { enabled, schedule, overrides, ...names, target, lane, ...given, policies }
}
