import type { Workload } from './job-set.ts'
import type { Moment } from './moments.ts'

/** What the ticks of a lane read when they look at it, and how often two of them wanted the same run. */
export interface Looks {
  readonly read: number
  readonly lost_claims: number
}

/** How the ticks of a lane that waits live in a day. */
export interface Dwelling {
  /** When Cloud Scheduler posts them, ms. */
  readonly ticks: readonly number[]
  readonly dwell_ms: number
  /** Ticks that live beside those, for the sake of long runs: how many, on average. */
  readonly beside: number
  /** Runs at once in one tick. */
  readonly slots: number
}

/** A waiting tick looks at least this often, and sees the jobs that fall due within it, ms. */
const LOOK_MS = 10_000

/** How long after its minute a tick begins, on average: Cloud Scheduler takes up to 3 s. */
export const LATE_MS = 1_500

const DAY_MS = 86_400_000

/**
 * Documents that a day of ticks without dwell reads. One that finds nothing reads one and ends; one with runs looks again
 * when it has claimed, every 10 s while they last, and when they have ended.
 */
export function looksAtTicks(ticks: readonly number[], moments: readonly Moment[], slots: number): number {
  const posted = new Set(ticks)
  const busy = moments.filter(({ at }) => posted.has(at)).length
  return moments.reduce(
    (sum, { runs }) =>
      sum +
      runs.length +
      (runs.length < slots ? 1 : 0) +
      Math.ceil(runs.length / slots) +
      looksWithin(1000 * Math.max(...runs.map(({ seconds }) => seconds))),
    ticks.length - busy,
  )
}

/**
 * What a day of ticks with dwell reads: when one begins, at each moment, and every 10 s between. Ticks overlap: all that
 * live look, and one of them gets the runs.
 */
export function looksOfDwell(moments: readonly Moment[], dwelling: Dwelling): Looks {
  const { seen, read: waiting } = waitingLooks(moments, dwelling)
  const { slots, beside } = dwelling
  let read = waiting + beside * looksWithin(DAY_MS)
  let lost_claims = 0
  moments.forEach(({ runs }, index) => {
    const losers = Math.max(0, (seen[index] ?? 0) - 1) + beside
    lost_claims += losers * runs.length
    read += won(moments, index, slots) + losers * (runs.length + inSight(moments, index, runs, true))
  })
  return { read, lost_claims }
}

/** The looks at which nothing begins, and how many ticks each moment meets. */
function waitingLooks(moments: readonly Moment[], { ticks, dwell_ms }: Dwelling) {
  const seen: number[] = moments.map(() => 0)
  let read = 0
  let first = 0
  for (const tick of ticks) {
    const began = tick + LATE_MS
    const ends = began + dwell_ms
    while (instantOf(moments, first) < began) first += 1
    read += 1
    let last = began
    for (let index = first; instantOf(moments, index) < ends; index += 1) {
      seen[index] = (seen[index] ?? 0) + 1
      read += looksWithin(instantOf(moments, index) - last)
      last = instantOf(moments, index)
    }
    read += looksWithin(ends - last)
  }
  return { seen, read }
}

/**
 * What the tick reads that gets the runs of a moment: these; then again, when they have ended and when they are settled
 * (what ends together settles together). Where they are more than there are slots, the rest follows in rounds.
 */
function won(moments: readonly Moment[], index: number, slots: number): number {
  const runs = moments[index]?.runs ?? []
  const others = inSight(moments, index, runs, false)
  const settles = new Set(runs.map(({ seconds }) => seconds)).size + Math.ceil(runs.length / slots) - 1
  const again = runs.length < slots ? others : 0
  return runs.length + again + others + settles * inSight(moments, index, runs, true)
}

/** How many jobs a look just after a moment sees: those that fall due within 10 s. The moment's own are hidden while they run. */
function inSight(
  moments: readonly Moment[],
  index: number,
  own: readonly Workload[],
  withOwn: boolean,
): number {
  const until = instantOf(moments, index) + LOOK_MS
  const jobs = new Set<Workload>()
  for (let next = index + 1; instantOf(moments, next) <= until; next += 1)
    for (const job of moments[next]?.runs ?? []) if (withOwn || !own.includes(job)) jobs.add(job)
  return Math.max(1, jobs.size)
}

/** Looks every 10 s strictly within a span of ms. */
function looksWithin(span: number): number {
  return Math.max(0, Math.ceil(span / LOOK_MS) - 1)
}

function instantOf(moments: readonly Moment[], index: number): number {
  return moments[index]?.at ?? Number.POSITIVE_INFINITY
}
