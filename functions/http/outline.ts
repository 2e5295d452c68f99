import type { Job } from '../job/job.ts'
import type { Fields } from '../store/documents.ts'

/** How a job stands, in what an operator or a service can change: what an audit tells before and after. */
export function outline({ enabled, schedule, target, lane, payload, policies }: Job): Fields {
  return { enabled, schedule, target, lane, payload: payload.slice(0, 2_000), policies }
}
