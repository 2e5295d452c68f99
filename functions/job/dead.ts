import type { Job } from './job.ts'
import { type Look, type Plan, plan } from './plan.ts'

/** Gives up the holders that are past their `until`, and starts nothing: what is done for a paused job is done for any. */
export function buryDead(job: Job, look: Look): Plan {
  const resting = plan({ ...job, enabled: false }, look)
  const buried = { ...resting.job, enabled: job.enabled }
  return { ...resting, job: buried, without: buried }
}
