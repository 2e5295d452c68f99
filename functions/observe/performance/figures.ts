import { percentile } from '../../tick/report.ts'

/** What many values come to; null of none. */
export interface Figure {
  readonly samples: number
  readonly avg: number | null
  readonly min: number | null
  readonly max: number | null
}

/** The same with percentiles. */
export interface Spread extends Figure {
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
}

export function figureOf(values: readonly number[]): Figure {
  const { samples, avg, min, max } = spreadOf(values)
  return { samples, avg, min, max }
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const total = sorted.reduce((sum, value) => sum + value, 0)
  return {
    samples: sorted.length,
    avg: sorted.length === 0 ? null : total / sorted.length,
    min: sorted[0] ?? null,
    max: sorted.at(-1) ?? null,
    p50: percentile(sorted, 0.5),
    p95: percentile(sorted, 0.95),
    p99: percentile(sorted, 0.99),
  }
}
