import { offsetOf } from '../schedule/jitter.ts'
import { occurrences } from '../schedule/schedule.ts'
import type { Job } from './job.ts'
import { nextOf } from './occurrences.ts'

/** How far back the occurrence before an instant is first looked for, in ms; each next look goes four times as far. */
const FIRST_LOOK = 60_000

/** The last look goes back 30 years: further than two days of February 29 ever are apart. */
const MOST_LOOKS = 13

/** The most occurrences of one look; the look before was empty, so they lie close together. */
const MOST_SEEN = 100_000

/** Is this instant one of the job's occurrences? A job that is only reported has none. */
export function isOccurrence(job: Job, at: number): boolean {
  return job.kind !== 'reported' && nextOf(job, at - 1) === at
}

/**
 * The occurrence that something begun at `began` (ms) was meant for: the one before, when no more than half of its
 * interval has gone by; else the next, when it is no more than `early` ms ahead and nearer. Null when neither is.
 */
export function nearestOccurrence(job: Job, began: number, early: number): number | null {
  if (job.kind === 'reported') return null
  const [before, after] = [latestUpTo(job, began), nextOf(job, began)]
  const half = before === null || after === null ? Number.POSITIVE_INFINITY : (after - before) / 2
  if (before !== null && began - before <= half) return before
  return after !== null && after - began <= Math.min(half, early) ? after : null
}

/** The last occurrence at or before an instant. */
function latestUpTo(job: Job, instant: number): number | null {
  const offset = offsetOf(job.name, job.policies.jitter_seconds)
  for (let look = 0; look < MOST_LOOKS; look++) {
    const from = instant - FIRST_LOOK * 4 ** look
    const latest = occurrences(job.schedule, from, instant, MOST_SEEN, offset).at(-1)
    if (latest !== undefined) return latest
  }
  return null
}
