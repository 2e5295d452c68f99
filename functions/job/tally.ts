import type { Entry, Job, LastRun } from './job.ts'
import type { Skip } from './run.ts'

/** Counts a run that has ended, and remembers it as the job's last. `now` in ms. */
export function ended(
  job: Job,
  entry: Entry,
  outcome: LastRun['outcome'],
  error: string | null,
  now: number,
): Job {
  const { runs, succeeded, failed } = job.totals
  const totals = {
    ...job.totals,
    runs: runs + 1,
    succeeded: succeeded + (outcome === 'succeeded' ? 1 : 0),
    failed: failed + (outcome === 'failed' ? 1 : 0),
  }
  return {
    ...job,
    totals,
    last_run: { run: entry.run, outcome, began_at: entry.began_at, ended_at: now, error },
  }
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
