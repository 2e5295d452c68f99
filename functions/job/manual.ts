import { buryDead } from './dead.ts'
import { entryOf, isFull, isHeld, type Job } from './job.ts'
import { start } from './lifecycle.ts'
import type { Look, Plan } from './plan.ts'

/** What a wish to run a job now comes to; `refusal` says why it may not, and until when that may last. */
export interface ManualPlan {
  readonly plan: Plan
  readonly refusal: string | null
}

/**
 * Starts a run that somebody asked for, in a free slot: it is no occurrence, so nothing of the schedule moves. A paused job
 * takes it too, since that is an operator's word as much as the pause; its retry waits for the end of the pause.
 */
export function runNow(job: Job, look: Look, run: string): ManualPlan {
  const resting = buryDead(job, look)
  const { job: buried } = resting
  if (isFull(buried)) return { plan: resting, refusal: fullSlots(buried) }
  const begun = start(buried, run, look.now, look, look.now + look.lease_ms)
  return { plan: { ...resting, job: begun, attempt: entryOf(begun, run) ?? null }, refusal: null }
}

function fullSlots({ name, entries, enabled }: Job): string {
  const [first] = entries.toSorted((a, b) => a.until - b.until)
  const until = new Date(first?.until ?? 0).toISOString()
  const taken = `Every slot of ${name} is taken: ${first?.run}`
  if (first !== undefined && isHeld(first))
    return `${taken} is under way until ${until}. Ask again after that, or release it.`
  if (!enabled)
    return `${taken} waits for the end of the pause. Enable the job, or release the run, which cancels it.`
  return `${taken} waits for its next attempt at ${until}. Ask again after that, or release it, which cancels it.`
}
