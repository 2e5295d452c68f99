import type { Lane } from '../../config/lanes.ts'
import { percentile } from '../../tick/report.ts'
import type { Evidence } from '../evidence.ts'
import type { Tick } from './ticks.ts'

const SLOW_MS = 2_000
const HOUR_MS = 3_600_000
/** The 95th percentile of the normal distribution: one-sided, 95 % sure. */
const Z = 1.645

/** How long the ticks of lanes without dwell took; null of none. */
export function durationsOf(ticks: readonly Tick[], lanes: readonly Lane[]): Evidence['tick_durations'] {
  const plain = lanes.filter(({ dwell_seconds }) => dwell_seconds === null).map(({ name }) => name)
  const sorted = ticks
    .filter(({ lane }) => plain.includes(lane))
    .map(({ duration_ms }) => duration_ms)
    .toSorted((a, b) => a - b)
  const [p50_ms, p99_ms] = [percentile(sorted, 0.5), percentile(sorted, 0.99)]
  if (p50_ms === null || p99_ms === null) return null
  return { samples: sorted.length, p50_ms, p99_ms, over_2_s: sorted.filter((ms) => ms >= SLOW_MS).length }
}

/** How many of the ticks contradict themselves. */
export function sumsOf(ticks: readonly Tick[]): NonNullable<Evidence['tick_sums']> {
  const broken = ticks.filter(
    ({ jobs_checked, jobs_due, jobs_executed, jobs_succeeded, jobs_failed }) =>
      jobs_due > jobs_checked || jobs_executed !== jobs_succeeded + jobs_failed,
  )
  return { samples: ticks.length, broken: broken.length }
}

/** What the ticks asked of the store. */
export function storeOf(ticks: readonly Tick[]): NonNullable<Evidence['store']> {
  return { calls: sum(ticks, 'store_calls'), errors: sum(ticks, 'store_errors') }
}

/** One figure over all ticks. */
export function sum(
  ticks: readonly Tick[],
  field: 'duplicates' | 'effects_repeated' | 'store_calls' | 'store_errors',
): number {
  return ticks.reduce((total, tick) => total + tick[field], 0)
}

/** The revisions that told of themselves, and when each last claimed. */
export function revisionsOf(ticks: readonly Tick[]): Evidence['revisions'] {
  const seen = new Map<string, Evidence['revisions'][number]>()
  for (const { revision, started_at, duration_ms, jobs_executed } of ticks) {
    const last = seen.get(revision)
    const ended_at = started_at + duration_ms
    const last_claimed_at = jobs_executed > 0 ? ended_at : (last?.last_claimed_at ?? null)
    seen.set(revision, {
      revision,
      last_tick_at: Math.max(ended_at, last?.last_tick_at ?? 0),
      last_claimed_at,
    })
  }
  return [...seen.values()]
}

/** How the number of due jobs a tick grew, by least squares: by how many an hour, and by how many at least (95 %). */
export function growthOf(
  ticks: readonly Tick[],
): Pick<NonNullable<Evidence['backlog']>, 'due_per_hour' | 'due_per_hour_at_least'> {
  const n = ticks.length
  const origin = ticks[0]?.started_at ?? 0
  const points = ticks.map(({ started_at, jobs_due }) => ({
    x: (started_at - origin) / HOUR_MS,
    y: jobs_due,
  }))
  const [mx, my] = [mean(points.map(({ x }) => x)), mean(points.map(({ y }) => y))]
  const sxx = points.reduce((total, { x }) => total + (x - mx) ** 2, 0)
  if (n < 3 || sxx === 0) return { due_per_hour: null, due_per_hour_at_least: null }
  const slope = points.reduce((total, { x, y }) => total + (x - mx) * (y - my), 0) / sxx
  const left = points.reduce((total, { x, y }) => total + (y - my - slope * (x - mx)) ** 2, 0)
  return { due_per_hour: slope, due_per_hour_at_least: slope - Z * Math.sqrt(left / (n - 2) / sxx) }
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / Math.max(1, values.length)
}
