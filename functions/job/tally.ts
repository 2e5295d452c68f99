import { addDaily } from './daily.ts'
import type { Entry, Job, LastRun } from './job.ts'
import { addRecent } from './recent.ts'
import type { Skip } from './run.ts'

/** How a run ended. `items`: how many it processed. */
export interface RunEnd {
  readonly outcome: LastRun['outcome']
  readonly error: string | null
  readonly items?: number
}

/** Counts a run that has ended, and remembers it as the job's last. `now` in ms. */
export function ended(job: Job, entry: Entry, { outcome, error, items = 0 }: RunEnd, now: number): Job {
  const { runs, succeeded, failed } = job.totals
  const totals = {
    ...job.totals,
    runs: runs + 1,
    succeeded: succeeded + (outcome === 'succeeded' ? 1 : 0),
    failed: failed + (outcome === 'failed' ? 1 : 0),
  }
  const { run, began_at, scheduled_for } = entry
  const duration_ms = now - began_at
  return {
    ...job,
    totals,
    last_run: { run, outcome, began_at, ended_at: now, error, ...streakOf(job.last_run, outcome, now) },
    daily: addDaily(job.daily, { at: now, outcome, duration_ms, items }),
    recent: addRecent(job.recent, {
      at: began_at,
      outcome,
      duration_ms,
      lateness_ms: began_at - scheduled_for,
    }),
  }
}

/** How many runs in a row have failed; one that gave way or was cancelled says nothing of that. */
function streakOf(
  last: LastRun | null,
  outcome: LastRun['outcome'],
  now: number,
): Pick<LastRun, 'failures' | 'failing_since'> {
  const { failures = 0, failing_since = null } = last ?? {}
  if (outcome === 'cancelled') return { failures, failing_since }
  if (outcome === 'succeeded') return { failures: 0, failing_since: null }
  return { failures: failures + 1, failing_since: failing_since ?? now }
}

/** Counts occurrences that were skipped. */
export function counted(job: Job, skips: readonly Skip[]): Job {
  if (skips.length === 0) return job
  const skipped = skips.reduce((sum, skip) => sum + skip.count, job.totals.skipped)
  return { ...job, totals: { ...job.totals, skipped } }
}

/** An occurrence that already has a run in other hands, or behind it, is closed without a second one. */
export function suppressed(job: Job): Job {
  return { ...job, totals: { ...job.totals, duplicates_suppressed: job.totals.duplicates_suppressed + 1 } }
}
