import type { Job } from '../job/job.ts'
import type { Run, Skip } from '../job/run.ts'
import { distanceOf, missingOf } from './timeline/missing.ts'

/** A window of time, all in ms. Before `judged_from` not every record was read, so that nothing can be said to be missing. */
export interface Window {
  readonly from: number
  readonly to: number
  readonly now: number
  readonly judged_from: number
}

/** A range of skipped occurrences of one job. */
export type Range = Skip & { readonly job: string }

/** What is known of one job: its definition, unless it is gone or cannot be read, and its records around the window. */
export interface Known {
  readonly name: string
  readonly job: Job | null
  readonly runs: readonly Run[]
  readonly skips: readonly Range[]
}

/** One job's row. Instants are ISO 8601. */
export interface Row {
  readonly name: string
  readonly displayName: string
  readonly enabled: boolean
  /** The typical distance of its occurrences; null when it has one alone, or is not known. */
  readonly every_seconds: number | null
  readonly runs: readonly RowRun[]
  readonly skips: readonly RowSkip[]
  /** What fell due more than two minutes ago and has neither run nor reason; the first 100. */
  readonly missing: readonly string[]
}

/** One run of a row. */
export interface RowRun {
  readonly id: string
  readonly scheduled_for: string
  readonly started_at: string
  /** Null while it has not ended. */
  readonly finished_at: string | null
  readonly status: 'running' | 'retry' | 'completed' | 'failed' | 'cancelled'
  readonly lateness_ms: number
  readonly is_late: boolean
  readonly triggered_by: Run['triggered_by']
  readonly attempts: number
}

type RowSkip = Pick<Skip, 'reason' | 'count'> & { readonly first_at: string; readonly last_at: string }

/** A run that began so much after its instant is late, whatever its schedule; and none is before the first of the two. */
const LATE_MS = { least: 60_000, most: 300_000 }
const MOST_MISSING = 100

/** The row of a job in a window; null when nothing of it belongs there. */
export function rowOf(known: Known, window: Window): Row | null {
  const { name, job } = known
  const distance = job === null ? null : distanceOf(job.schedule, window.from)
  const runs = known.runs.filter((run) => isRunIn(run, window)).toSorted(byStart)
  const skips = known.skips.filter(({ first_at, last_at }) => first_at <= window.to && last_at >= window.from)
  const missing = missingOf(known, window).slice(0, MOST_MISSING)
  if (runs.length + skips.length + missing.length === 0) return null
  return {
    name,
    displayName: job === null || job.display_name === '' ? name : job.display_name,
    enabled: job?.enabled ?? false,
    every_seconds: distance === null ? null : distance / 1000,
    runs: runs.map((run) => present(run, distance)),
    skips: skips.map(presentSkip),
    missing: missing.map(iso),
  }
}

/** Recurring jobs by name, then those that run once, by when they did. */
export function inOrder(rows: readonly Row[]): Row[] {
  const key = ({ every_seconds, runs, name }: Row) =>
    every_seconds === null ? `1 ${runs[0]?.started_at ?? ''} ${name}` : `0 ${name}`
  return rows.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
}

function present(run: Run, distance: number | null): RowRun {
  const { id, triggered_by, lateness_ms } = run
  return {
    id,
    scheduled_for: iso(run.scheduled_for),
    started_at: iso(run.started_at),
    finished_at: run.finished_at === null ? null : iso(run.finished_at),
    status: run.status === 'succeeded' ? 'completed' : run.status,
    lateness_ms,
    is_late: triggered_by === 'scheduler' && lateness_ms > lateAfter(distance),
    triggered_by,
    attempts: run.attempts.at(-1)?.attempt ?? 0,
  }
}

/** Half the way to the next occurrence, within bounds, in ms. */
function lateAfter(distance: number | null): number {
  return Math.min(LATE_MS.most, Math.max(LATE_MS.least, (distance ?? 0) / 2))
}

/** What a person asked for stands where it ran; what the schedule asked for reaches from its instant to its end. */
function isRunIn({ triggered_by, scheduled_for, started_at, finished_at }: Run, window: Window): boolean {
  const begin = triggered_by === 'scheduler' ? Math.min(scheduled_for, started_at) : started_at
  return begin <= window.to && (finished_at ?? window.now) >= window.from
}

function presentSkip({ reason, count, first_at, last_at }: Skip): RowSkip {
  return { reason, count, first_at: iso(first_at), last_at: iso(last_at) }
}

function byStart(a: Run, b: Run): number {
  return a.started_at - b.started_at
}

function iso(at: number): string {
  return new Date(at).toISOString()
}
