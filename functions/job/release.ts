import { buryDead } from './dead.ts'
import { type Entry, isHeld, type Job } from './job.ts'
import { remove } from './lifecycle.ts'
import type { Look, Plan } from './plan.ts'
import { ended } from './tally.ts'

/**
 * Takes the runs that are meant out of the hands that they are in. One that is held goes on with its next attempt, as if its
 * holder had died just now, or has failed if it has none left; a holder that still lives finds itself lost. One that only waits for
 * another attempt is cancelled. `why` is kept with the run.
 */
export function release(job: Job, look: Look, isMeant: (entry: Entry) => boolean, why: string): Plan {
  const waiting = job.entries.filter((entry) => isMeant(entry) && !isHeld(entry))
  const cancelled = waiting.reduce((freed, entry) => cancel(freed, entry, why, look.now), job)
  const letGo = (entry: Entry): Entry =>
    isMeant(entry) ? { ...entry, until: Math.min(entry.until, look.now), trouble: why } : entry
  const buried = buryDead({ ...cancelled, entries: cancelled.entries.map(letGo) }, look)
  const gone = waiting.map((entry) => ({ entry: { ...entry, trouble: why }, fate: 'cancelled' as const }))
  return { ...buried, deaths: [...gone, ...buried.deaths] }
}

function cancel(job: Job, entry: Entry, why: string, now: number): Job {
  return ended(remove(job, entry.run, now), entry, { outcome: 'cancelled', error: why }, now)
}
