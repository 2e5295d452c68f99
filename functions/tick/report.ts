import type { Counts } from '../store/counted.ts'

/** What a tick did, as its answer, its log line and its document tell it. Durations in ms. */
export interface TickReport {
  readonly lane: string
  readonly jobs_checked: number
  readonly jobs_due: number
  readonly jobs_executed: number
  readonly jobs_succeeded: number
  readonly jobs_failed: number
  /** Occurrences that were skipped, all reasons together. */
  readonly jobs_skipped: number
  readonly leases_lost: number
  readonly duplicates_suppressed: number
  readonly jobs_damaged: number
  /** Claims that another tick was faster to make. */
  readonly claims_lost: number
  /** Of first attempts; null when there was none. */
  readonly lateness_p50_ms: number | null
  readonly lateness_p95_ms: number | null
  readonly lateness_p99_ms: number | null
  readonly store_calls: number
  readonly store_reads: number
  readonly store_writes: number
  readonly event_loop_delay_ms: number
  readonly duration_ms: number
}

/** What is counted while a tick runs. */
export interface Tally {
  checked: number
  due: number
  executed: number
  succeeded: number
  failed: number
  skipped: number
  lost: number
  suppressed: number
  damaged: number
  outrun: number
  readonly lateness: number[]
}

/** Nothing has happened yet. */
export function newTally(): Tally {
  return {
    checked: 0,
    due: 0,
    executed: 0,
    succeeded: 0,
    failed: 0,
    skipped: 0,
    lost: 0,
    suppressed: 0,
    damaged: 0,
    outrun: 0,
    lateness: [],
  }
}

/** The report of a tick that has ended. */
export function reportOf(
  lane: string,
  tally: Tally,
  counts: Counts,
  event_loop_delay_ms: number,
  duration_ms: number,
): TickReport {
  const lateness = tally.lateness.toSorted((a, b) => a - b)
  return {
    lane,
    jobs_checked: tally.checked,
    jobs_due: tally.due,
    jobs_executed: tally.executed,
    jobs_succeeded: tally.succeeded,
    jobs_failed: tally.failed,
    jobs_skipped: tally.skipped,
    leases_lost: tally.lost,
    duplicates_suppressed: tally.suppressed,
    jobs_damaged: tally.damaged,
    claims_lost: tally.outrun,
    lateness_p50_ms: percentile(lateness, 0.5),
    lateness_p95_ms: percentile(lateness, 0.95),
    lateness_p99_ms: percentile(lateness, 0.99),
    store_calls: counts.calls,
    store_reads: counts.read,
    store_writes: counts.written,
    event_loop_delay_ms,
    duration_ms,
  }
}

/** The smallest value that at least `share` of the sorted values do not exceed; null of none. */
export function percentile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null
}
