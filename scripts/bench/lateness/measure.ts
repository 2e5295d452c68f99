import { z } from 'zod'
import { percentile } from '../../../functions/tick/report.ts'

/** The start of a run's first attempt; instants and lateness in ms. */
export interface Start {
  readonly job: string
  readonly scheduled_for: number
  readonly lateness_ms: number
}

/** A job with a period, and a stretch of time: [from, to). */
export interface Wanted {
  readonly job: string
  readonly seconds: number
  readonly from: number
  readonly to: number
}

/** How late the runs of a job began (ms), and whether each occurrence had its run; NaN where there was none. */
export interface Measured {
  readonly job: string
  readonly runs: number
  readonly expected: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

const claimed = z.object({
  job: z.string(),
  run: z.string(),
  attempt: z.literal(1),
  lateness_ms: z.number(),
})

/** The start that a log line of the function tells of; null when it tells of something else. */
export function startOf(line: string): Start | null {
  const found = claimed.safeParse(line.startsWith('{') ? JSON.parse(line) : null).data
  if (found === undefined) return null
  const { job, run, lateness_ms } = found
  return { job, scheduled_for: Date.parse(run.slice(job.length + 1)), lateness_ms }
}

/** What the starts of one job in its stretch of time come to. */
export function measure(starts: readonly Start[], { job, seconds, from, to }: Wanted): Measured {
  const own = starts.filter((one) => one.job === job && one.scheduled_for >= from && one.scheduled_for < to)
  const late = own.map(({ lateness_ms }) => lateness_ms).toSorted((a, b) => a - b)
  const at = (share: number) => percentile(late, share) ?? Number.NaN
  const runs = new Set(own.map(({ scheduled_for }) => scheduled_for)).size
  return { job, runs, expected: (to - from) / (seconds * 1000), p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}

/** Had each occurrence its run, in time? `bar` in ms. */
export function isInTime({ runs, expected, p99 }: Measured, bar: number): boolean {
  return runs === expected && p99 <= bar
}
