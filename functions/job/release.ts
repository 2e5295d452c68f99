import { buryDead } from './dead.ts'
import { type Entry, isHeld, type Job } from './job.ts'
import type { Look, Plan } from './plan.ts'

/**
 * Takes a job's runs (or the one named) from their holders, as if those had died just now: each goes on with its next attempt,
 * or has failed if it has none left. A holder that still lives finds itself lost. `why` is kept with the attempt.
 */
export function release(job: Job, look: Look, run: string | null, why: string): Plan {
  const letGo = (entry: Entry): Entry => {
    if (!isHeld(entry) || (run !== null && entry.run !== run)) return entry
    return { ...entry, until: Math.min(entry.until, look.now), trouble: why }
  }
  return buryDead({ ...job, entries: job.entries.map(letGo) }, look)
}
