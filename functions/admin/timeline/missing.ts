import { isFull, type Job } from '../../job/job.ts'
import { KEEP_MS } from '../../job/stored.ts'
import { offsetOf } from '../../schedule/jitter.ts'
import { nextAfter, occurrences, type Schedule } from '../../schedule/schedule.ts'
import type { Known, Window } from '../timeline.ts'

/** So long an occurrence may wait for a tick before it is missed, in ms. */
const PATIENCE_MS = 120_000
/** The most occurrences of one job that are looked for, the first ones. */
const MOST_EXPECTED = 20_000
/** Over so many occurrences the typical distance is taken. */
const SAMPLE = 9

/** The occurrences (ms) that fell due in the window, but have neither a run nor a reason why not. */
export function missingOf({ job, runs, skips }: Known, window: Window): number[] {
  if (job === null) return []
  const recorded = new Set([...runs, ...job.entries].map(({ scheduled_for }) => scheduled_for))
  const isSkipped = (at: number) => skips.some(({ first_at, last_at }) => first_at <= at && at <= last_at)
  return expectedOf(job, window).filter((at) => !recorded.has(at) && !isSkipped(at))
}

/** The middle one of the distances of the next occurrences, in ms; null when there are not two of them. */
export function distanceOf(schedule: Schedule, from: number): number | null {
  if (schedule.kind === 'every') return schedule.seconds * 1000
  const instants: number[] = []
  for (
    let at = nextAfter(schedule, from);
    at !== null && instants.length < SAMPLE;
    at = nextAfter(schedule, at)
  )
    instants.push(at)
  const gaps = instants.slice(1).map((at, index) => at - (instants[index] ?? at))
  return gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? null
}

/** The occurrences in the window that ought to have an outcome by now: of a job that stands enabled as it is defined. */
function expectedOf(job: Job, { from, to, now, judged_from }: Window): number[] {
  if (!job.enabled || (job.kind !== 'recurring' && job.kind !== 'one_off')) return []
  // An overdue one-off job was made after its instant; any other falls due after it was defined, not at once.
  const standing = job.schedule.kind === 'at' ? job.schedule.at : Math.max(job.created_at, job.defined_at) + 1
  const since = Math.max(from, judged_from, standing, now - KEEP_MS)
  const until = Math.min(to, now - PATIENCE_MS, lastJudged(job))
  if (since > until) return []
  const offset = offsetOf(job.name, job.policies.jitter_seconds)
  return occurrences(job.schedule, since, until, MOST_EXPECTED, offset)
}

/** While every slot is taken, what falls due waits for its verdict. */
function lastJudged(job: Job): number {
  const ends = job.ends_at ?? Number.POSITIVE_INFINITY
  return isFull(job) && job.next_run_at !== null ? Math.min(ends, job.next_run_at - 1) : ends
}
