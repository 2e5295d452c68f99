import { offsetOf } from '../schedule/jitter.ts'
import { judge, type Verdict } from '../schedule/misfire.ts'
import { nextAfter, occurrences } from '../schedule/schedule.ts'
import type { Job } from './job.ts'
import { parentOf } from './name.ts'
import type { Skip, SkipReason } from './run.ts'

/** The most occurrences that one look lists; the next look takes up where this one ended. */
export const MOST_AT_ONCE = 10_000

/** Where more are due than that, so many are left for the next look, which may have to keep the last of them. */
const LEFT = 1_001

/** The most batches of that size that are closed as one range. */
const MOST_BATCHES = 1_000

/** What becomes of the occurrences that have fallen due. */
export interface Closing {
  /** The occurrence that starts now. */
  readonly start: number | null
  readonly skips: readonly Skip[]
  /** The first occurrence that is still without an outcome. */
  readonly next_run_at: number | null
}

/**
 * Gives every occurrence up to `now` its outcome, in order, as far as that can be said: with a free slot one of them
 * starts; the first that has to wait for a slot keeps all after it open.
 */
export function closeDue(job: Job, now: number, slotFree: boolean): Closing {
  if (job.next_run_at === null || job.next_run_at > now) return unchanged(job)
  const { due, truncated } = dueOccurrences(job, job.next_run_at, now)
  const full = job.full_since === null ? null : { since: job.full_since, until: job.full_until ?? now }
  const verdicts = judge({ due, truncated, now, full, policies: job.policies })
  const start = slotFree ? verdicts.indexOf('run') : -1
  const open = verdicts.indexOf('run', start + 1)
  const closed = open === -1 ? due.length : open
  return {
    start: due[start] ?? null,
    skips: ranges(due.slice(0, closed), verdicts),
    next_run_at: due[closed] ?? nextOf(job, due.at(-1) ?? now),
  }
}

/** Closes everything up to `now` as skipped for one reason: one range, however many there are. */
export function closeAll(job: Job, now: number, reason: SkipReason): Closing {
  let next = job.next_run_at
  let skip = null as Skip | null
  for (let batch = 0; batch < MOST_BATCHES && next !== null && next <= now; batch++) {
    const { due } = dueOccurrences(job, next, now)
    const [first_at, last_at] = [due[0], due.at(-1)]
    if (first_at === undefined || last_at === undefined) next = nextOf(job, now)
    else {
      skip = { reason, first_at: skip?.first_at ?? first_at, last_at, count: (skip?.count ?? 0) + due.length }
      next = nextOf(job, last_at)
    }
  }
  return { start: null, skips: skip === null ? [] : [skip], next_run_at: next }
}

/** The first occurrence after an instant, the job's own offset included. */
export function nextOf(job: Instants, after: number): number | null {
  const next = nextAfter(job.schedule, after, ownOffset(job))
  return next !== null && next > lastInstant(job) ? null : next
}

/** The most occurrences that may have been claimed before their time. */
const MOST_EARLY = 1_000

/** Up to here a job has its outcomes: `now`, or later where an outside scheduler, whose clock is ahead, has claimed early. */
export function closedUntil(job: Job, now: number): number {
  const { schedule, next_run_at, entries } = job
  const early = occurrences(schedule, now + 1, (next_run_at ?? now) - 1, MOST_EARLY, ownOffset(job))
  return Math.max(now, early.at(-1) ?? now, ...entries.map(({ scheduled_for }) => scheduled_for))
}

/** All that says when a job falls due. */
type Instants = Pick<Job, 'name' | 'schedule' | 'policies' | 'ends_at'>

/** How far the job's occurrences are moved, in ms; a backfill runs the very instants of its parent. */
export function ownOffset({ name, policies }: Instants): number {
  return offsetOf(parentOf(name), policies.jitter_seconds)
}

function lastInstant({ ends_at }: Instants): number {
  return ends_at ?? Number.POSITIVE_INFINITY
}

function unchanged(job: Job): Closing {
  return { start: null, skips: [], next_run_at: job.next_run_at }
}

function dueOccurrences(job: Job, from: number, now: number): { due: number[]; truncated: boolean } {
  const to = Math.min(now, lastInstant(job))
  const listed = occurrences(job.schedule, from, to, MOST_AT_ONCE + 1, ownOffset(job))
  const truncated = listed.length > MOST_AT_ONCE
  return { due: truncated ? listed.slice(0, -LEFT) : listed, truncated }
}

/** Neighbours that were skipped for the same reason are one range. */
function ranges(due: readonly number[], verdicts: readonly Verdict[]): Skip[] {
  const skips: Skip[] = []
  due.forEach((at, index) => {
    const reason = verdicts[index]
    if (reason === undefined || reason === 'run') return
    const last = skips.at(-1)
    if (last?.reason === reason && verdicts[index - 1] === reason) {
      skips[skips.length - 1] = { ...last, last_at: at, count: last.count + 1 }
    } else {
      skips.push({ reason, first_at: at, last_at: at, count: 1 })
    }
  })
  return skips
}
