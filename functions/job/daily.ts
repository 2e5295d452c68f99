import type { LastRun } from './job.ts'

/** What a job's runs of some days came to. `items`: those that were processed. */
export interface Sums {
  readonly runs: number
  readonly succeeded: number
  readonly failed: number
  readonly duration_ms: number
  readonly items: number
}

/** A run that ended at `at` (ms). */
export interface EndedRun {
  readonly at: number
  readonly outcome: LastRun['outcome']
  readonly duration_ms: number
  readonly items: number
}

const DAY_MS = 86_400_000

/** A year, and the days at its edges. */
const MOST_DAYS = 367

const NOTHING: Sums = { runs: 0, succeeded: 0, failed: 0, duration_ms: 0, items: 0 }

/**
 * Adds a run to the sums of its UTC day. They outlive the runs' records, and stand in the job's own document, which is
 * written at each settle anyway; as a text, so that a year of them takes some kilobytes and no index.
 */
export function addDaily(text: string, run: EndedRun): string {
  const days = readDays(text)
  const day = dayOf(run.at)
  const sums = days.get(day) ?? NOTHING
  days.set(day, {
    runs: sums.runs + 1,
    succeeded: sums.succeeded + (run.outcome === 'succeeded' ? 1 : 0),
    failed: sums.failed + (run.outcome === 'failed' ? 1 : 0),
    duration_ms: sums.duration_ms + Math.round(run.duration_ms),
    items: sums.items + run.items,
  })
  return [...days]
    .toSorted(([a], [b]) => a - b)
    .slice(-MOST_DAYS)
    .map(([at, one]) => [at, one.runs, one.succeeded, one.failed, one.duration_ms, one.items].join(','))
    .join(';')
}

/** The sums of the UTC days from that of `from` to that of `to` (ms), both included. */
export function sumDaily(text: string, from: number, to: number): Sums {
  const days = [...readDays(text)].filter(([day]) => day >= dayOf(from) && day <= dayOf(to))
  return days.reduce(
    (sum, [, day]) => ({
      runs: sum.runs + day.runs,
      succeeded: sum.succeeded + day.succeeded,
      failed: sum.failed + day.failed,
      duration_ms: sum.duration_ms + day.duration_ms,
      items: sum.items + day.items,
    }),
    NOTHING,
  )
}

/** The beginning of the UTC day that is `days - 1` days before that of `now`, ms. */
export function startOfDays(now: number, days: number): number {
  return (dayOf(now) - days + 1) * DAY_MS
}

function dayOf(at: number): number {
  return Math.floor(at / DAY_MS)
}

/** By number of the day since 1970; what cannot be read is left out. */
function readDays(text: string): Map<number, Sums> {
  const days = new Map<number, Sums>()
  for (const part of text === '' ? [] : text.split(';')) {
    const numbers = part.split(',').map(Number)
    const [day, runs, succeeded, failed, duration_ms, items] = numbers
    if (numbers.length !== 6 || !numbers.every(Number.isFinite)) continue
    if (day !== undefined)
      days.set(day, {
        runs: runs ?? 0,
        succeeded: succeeded ?? 0,
        failed: failed ?? 0,
        duration_ms: duration_ms ?? 0,
        items: items ?? 0,
      })
  }
  return days
}
