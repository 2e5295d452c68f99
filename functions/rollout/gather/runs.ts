import { parseRun } from '../../job/parse.ts'
import type { Run } from '../../job/run.ts'
import { nextAfter, type Schedule } from '../../schedule/schedule.ts'
import type { Documents } from '../../store/documents.ts'
import type { Evidence, PathRuns } from '../evidence.ts'
import { backwards } from './backwards.ts'

/** What is needed to tell whether a run ended in time. */
export interface Timing {
  readonly cadence_ms: number
  /** Schedules by the name of their job. */
  readonly schedules: ReadonlyMap<string, Schedule>
}

type Counts = { -readonly [K in keyof PathRuns]: PathRuns[K] }

/** How an error begins that came from a store out of reach. */
const STORE_ERROR = 'store_unreachable:'

/** How the runs came out that fell due from `read_from` (ms) on. */
export interface CountedRuns {
  readonly counts: NonNullable<Evidence['runs']>
  readonly read_from: number
}

/**
 * Counts the runs that fell due in the window, by the path of their last attempt (a first attempt by its own). Where there are
 * more than can be read, the newest.
 */
export async function countRuns(
  documents: Documents,
  lanes: readonly string[],
  { since, until }: Evidence['window'],
  timing: Timing,
): Promise<CountedRuns> {
  const counts = { legacy: noRuns(), tick: noRuns() }
  let read_from = until
  for await (const part of backwards(documents, 'runs', lanes, [since, until])) {
    for (const { fields } of part.found) {
      const run = parseRun(fields)
      // What people asked for by hand says nothing of how the schedule is kept.
      if (run.ok && run.value.triggered_by === 'scheduler') count(counts, run.value, timing)
    }
    read_from = part.since
  }
  return { counts, read_from }
}

function count(counts: Record<'legacy' | 'tick', Counts>, run: Run, timing: Timing): void {
  const first = run.attempts[0]
  if (first?.attempt === 1 && first.outcome !== null && first.outcome !== 'given_back') {
    counts[first.path].first_attempts++
    if (first.outcome !== 'succeeded') counts[first.path].first_attempts_failed++
  }
  const path = run.attempts.at(-1)?.path
  if (path === undefined || (run.status !== 'succeeded' && run.status !== 'failed')) return
  const of = counts[path]
  of.ended++
  if (isLate(run, timing)) of.late++
  if (run.status === 'succeeded') of.succeeded++
  else of.failed++
  if (run.status === 'failed' && run.error?.startsWith(STORE_ERROR)) of.store_failed++
}

/** The window of a run ends when its job falls due again, and not before a cadence has passed. */
function isLate({ job, scheduled_for, finished_at }: Run, { cadence_ms, schedules }: Timing): boolean {
  if (finished_at === null || finished_at <= scheduled_for + cadence_ms) return false
  const schedule = schedules.get(job)
  const next = schedule === undefined ? null : nextAfter(schedule, scheduled_for)
  return next === null || finished_at > next
}

function noRuns(): Counts {
  return {
    first_attempts: 0,
    first_attempts_failed: 0,
    ended: 0,
    succeeded: 0,
    failed: 0,
    store_failed: 0,
    late: 0,
  }
}
