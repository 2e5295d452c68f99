import type { Path } from '../rollout/stage.ts'
import type { Counts } from '../store/counted.ts'

/** What a tick did, as its answer, its log line and its document tell it. Durations in ms. */
export interface TickReport {
  readonly lane: string
  /** The stage, path and revision that it was made by. */
  readonly stage: number
  readonly path: Path
  readonly revision: string
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
  /** Runs of which a second attempt performed: the holder had lost its lease when it came to settle what it had done. */
  readonly duplicates: number
  /** Effects that had begun under another fence and were begun again. */
  readonly effects_repeated: number
  /** Of first attempts; null when there was none. */
  readonly lateness_p50_ms: number | null
  readonly lateness_p95_ms: number | null
  readonly lateness_p99_ms: number | null
  readonly store_calls: number
  readonly store_reads: number
  readonly store_writes: number
  /** Calls that had no answer or none that counts. */
  readonly store_errors: number
  /** How long the store's answers took, all together; calls side by side count each. */
  readonly store_ms: number
  readonly event_loop_delay_ms: number
  readonly duration_ms: number
}

/** What the log line of a tick tells beside its report, for the alerts. */
export interface Aside {
  /** Does it sleep until the next due instant? Then its duration says nothing. */
  readonly dwells: boolean
  /** Of its duration, the time in which it had no run alive: its own work, and the sleep of one that dwells. */
  readonly own_ms: number
  /** The largest share of its lane's store permits that a call of its own found in use, 0 to 1: at 1 it had to wait. */
  readonly store_permits_peak: number
  /** Of the process's cache, since the last line that told them. */
  readonly cache_hits: number
  readonly cache_misses: number
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
  duplicates: number
  repeated: number
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
    duplicates: 0,
    repeated: 0,
    lateness: [],
  }
}

/** The report of a tick that has ended. */
export function reportOf(
  by: Pick<TickReport, 'lane' | 'stage' | 'path' | 'revision'>,
  tally: Tally,
  counts: Counts,
  event_loop_delay_ms: number,
  duration_ms: number,
): TickReport {
  const lateness = tally.lateness.toSorted((a, b) => a - b)
  return {
    ...by,
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
    duplicates: tally.duplicates,
    effects_repeated: tally.repeated,
    lateness_p50_ms: percentile(lateness, 0.5),
    lateness_p95_ms: percentile(lateness, 0.95),
    lateness_p99_ms: percentile(lateness, 0.99),
    store_calls: counts.calls,
    store_reads: counts.read,
    store_writes: counts.written,
    store_errors: counts.failed,
    store_ms: counts.ms,
    event_loop_delay_ms,
    duration_ms,
  }
}

/** The smallest value that at least `share` of the sorted values do not exceed; null of none. */
export function percentile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null
}
