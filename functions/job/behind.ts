import type { Job } from './job.ts'
import { type Closing, closeDue, nextOf } from './occurrences.ts'
import type { Skip } from './run.ts'

/** The most looks that this takes: a million occurrences, of which each look closes some 9,000. */
const MOST_LOOKS = 112

/**
 * Gives every open occurrence before `at` (itself an open one) its outcome, by the job's policies: what would have
 * started is made up for by the run of `at`. The job goes on behind it. Where more are open than can be closed at once
 * the rest stays open, `at` with it.
 */
export function moveBehind(job: Job, at: number): Closing {
  const policies = { ...job.policies, misfire: 'coalesce' } as const
  const skips: Skip[] = []
  let next = job.next_run_at
  for (let looks = 0; looks < MOST_LOOKS && next !== null && next < at; looks++) {
    const closing = closeDue({ ...job, policies, next_run_at: next }, at - 1, true)
    skips.push(...closing.skips)
    if (closing.start !== null) skips.push(coalesced(closing.start))
    next = closing.next_run_at
  }
  return { start: at, skips: joined(skips), next_run_at: next === at ? nextOf(job, at) : next }
}

function coalesced(at: number): Skip {
  return { reason: 'coalesced', first_at: at, last_at: at, count: 1 }
}

/** Neighbours with one reason are one range; nothing lies between two that follow each other here. */
function joined(skips: readonly Skip[]): Skip[] {
  const ranges: Skip[] = []
  for (const skip of skips.toSorted((a, b) => a.first_at - b.first_at)) {
    const last = ranges.at(-1)
    if (last?.reason === skip.reason)
      ranges[ranges.length - 1] = { ...last, last_at: skip.last_at, count: last.count + skip.count }
    else ranges.push(skip)
  }
  return ranges
}
