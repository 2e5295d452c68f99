import { parseJob } from '../job/parse.ts'
import { plan } from '../job/plan.ts'
import { mayBeginBeside, type Suspicion, suspicionOf } from '../job/suspect.ts'
import type { Stored } from '../store/documents.ts'

/** May what this job has to start at `now` (store's time, ms) begin beside the attempts that live? */
export function mayJoin(living: readonly Suspicion[], stored: Stored, now: number): boolean {
  return living.every((one) => one === 'none') || mayBeginBeside(living, suspicionAt(stored, now))
}

/** Of these jobs, in their order, those whose attempts may begin together beside those that live. */
export function compatible(
  living: readonly Suspicion[],
  jobs: readonly Stored[],
  now: number,
): readonly Stored[] {
  const beside = [...living]
  return jobs.filter((stored) => {
    const next = suspicionAt(stored, now)
    const joins = mayBeginBeside(beside, next)
    if (joins) beside.push(next)
    return joins
  })
}

/** Most jobs have no run in flight, and so no suspect: these are not read twice. */
function suspicionAt(stored: Stored, now: number): Suspicion {
  const { entries } = stored.fields
  if (!Array.isArray(entries) || entries.length === 0) return 'none'
  const job = parseJob(stored)
  if (!job.ok) return 'none'
  const { attempt } = plan(job.value, { now, owner: '', path: 'tick', lease_ms: 0 })
  return attempt === null ? 'none' : suspicionOf(job.value, attempt)
}
