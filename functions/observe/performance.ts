import type { Path } from '../rollout/stage.ts'
import { type Figure, figureOf, type Spread, spreadOf } from './performance/figures.ts'
import type { Reading } from './performance/read.ts'
import { durationOf, type Ended, isEnded, transactionOf } from './performance/transactions.ts'

/** How one path did. Durations in ms, rates 0 to 1; null where there is nothing to tell by. */
export interface PathPerformance {
  readonly ticks: number
  /** Of runs that ended, from the start of the first attempt. */
  readonly runs: number
  readonly succeeded: number
  readonly failed: number
  readonly success_rate: number | null
  readonly error_rate: number | null
  /** From the start of a run's first attempt to its end. */
  readonly processing_ms: Spread
  /** Start of the first attempt minus its instant, of runs of the schedule. */
  readonly lateness_ms: Spread
  readonly tick_ms: Spread
  /** Store calls of its ticks, for each attempt that they made. */
  readonly store_calls_per_run: number | null
  readonly runs_per_hour: number
}

/** What clients of the older scheduler read. */
export interface Summary {
  /** Runs in flight. */
  readonly activeTransactions: number
  /** Runs read. */
  readonly totalTransactions: number
  readonly globalMetrics: {
    /** Of a tick, ms. */
    readonly total_duration: Figure
    /** By a tick. */
    readonly jobs_processed: Figure
    /** Of a tick: its store calls together, ms. */
    readonly database_query_time: Figure
    /** Of an attempt: the handler or the target's answer, ms. */
    readonly api_call_time: Figure
  }
  readonly recentErrors: readonly RecentError[]
}

interface RecentError {
  readonly run: string
  readonly job: string
  readonly at: string | null
  readonly error: string
}

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
/** An error in a list is read for what it is, not to its end. */
const LONGEST_ERROR = 500

/** Both paths together, with the newest errors, at most `limit` of them. */
export function summaryOf({ ticks, runs }: Reading, limit: number): Summary {
  const attempts = runs.flatMap((run) => run.attempts)
  const calls = attempts.flatMap(({ started_at, ended_at }) =>
    ended_at === null ? [] : [ended_at - started_at],
  )
  const failed = runs.filter(({ status }) => status === 'failed')
  return {
    activeTransactions: runs.filter((run) => !isEnded(run)).length,
    totalTransactions: runs.length,
    globalMetrics: {
      total_duration: figureOf(ticks.map(({ duration_ms }) => duration_ms)),
      jobs_processed: figureOf(ticks.map(({ jobs_executed }) => jobs_executed)),
      database_query_time: figureOf(ticks.map(({ store_ms }) => store_ms)),
      api_call_time: figureOf(calls),
    },
    recentErrors: failed.slice(0, limit).map((run) => ({
      run: run.id,
      job: run.job,
      at: transactionOf(run).finished_at,
      error: (run.error ?? '').slice(0, LONGEST_ERROR),
    })),
  }
}

/** Both paths side by side; a run is of the path of its last attempt. */
export function pathsOf(reading: Reading): Readonly<Record<Path, PathPerformance>> {
  return { legacy: pathOf(reading, 'legacy'), tick: pathOf(reading, 'tick') }
}

function pathOf(reading: Reading, path: Path): PathPerformance {
  const { ticks: all, runs, to } = reading
  const ticks = all.filter((tick) => tick.path === path)
  const own = runs.filter(({ attempts }) => attempts.at(-1)?.path === path)
  const ended = own.filter(isEnded)
  const succeeded = countOf(ended, 'succeeded')
  const failed = countOf(ended, 'failed')
  const executed = ticks.reduce((sum, tick) => sum + tick.jobs_executed, 0)
  const calls = ticks.reduce((sum, tick) => sum + tick.store_calls, 0)
  const scheduled = own.filter(({ triggered_by }) => triggered_by === 'scheduler')
  return {
    ticks: ticks.length,
    runs: ended.length,
    succeeded,
    failed,
    success_rate: share(succeeded, succeeded + failed),
    error_rate: share(failed, succeeded + failed),
    processing_ms: spreadOf(ended.map(durationOf)),
    lateness_ms: spreadOf(scheduled.map(({ lateness_ms }) => lateness_ms)),
    tick_ms: spreadOf(ticks.map(({ duration_ms }) => duration_ms)),
    store_calls_per_run: share(calls, executed),
    runs_per_hour: (ended.length * HOUR_MS) / Math.max(MINUTE_MS, to - firstOf(reading)),
  }
}

/** Since when there is something to count: a window may reach back to before the beginning. */
function firstOf({ ticks, runs, from }: Reading): number {
  const instants = [...ticks, ...runs].map(({ started_at }) => started_at)
  return instants.length === 0 ? from : instants.reduce((first, at) => Math.min(first, at))
}

function countOf(runs: readonly Ended[], status: 'succeeded' | 'failed'): number {
  return runs.filter((run) => run.status === status).length
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole
}
