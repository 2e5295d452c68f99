import { type Entry, fieldOf, parseFilter } from './filter.ts'

/** A log-based metric, as Cloud Logging is told to keep it. */
export interface LogMetric {
  /** As in `tickover/runs`. */
  readonly name: string
  readonly filter: string
  /** Of each label, the field that it is taken from: `EXTRACT(jsonPayload.outcome)`. */
  readonly labels: Readonly<Record<string, string>>
  /** The field whose values are distributed over `bounds`; null: lines are counted. */
  readonly value: string | null
  readonly bounds: readonly number[] | null
}

type Labels = Readonly<Record<string, string>>

/** One series as PromQL sees it: a value at each step; null before there is any. */
export interface Series {
  readonly name: string
  readonly labels: Labels
  readonly values: readonly (number | null)[]
}

/** From when on there are values, one a step; both in ms. */
export interface Span {
  readonly from: number
  readonly step: number
  readonly steps: number
}

/** By how much a counter rises at an instant, in ms; or a value that is distributed. */
export interface Rise {
  readonly at: number
  readonly by: number
}

/**
 * What Cloud Monitoring makes of log entries: running totals of a counter; of a distribution the totals of its values, of
 * their number, and of those under each bound. A series exists from its first entry on, and begins at 0 just before,
 * since every delta says from when on it counts.
 */
export function seriesOf(metric: LogMetric, entries: readonly Entry[], span: Span): readonly Series[] {
  const matches = parseFilter(metric.filter)
  const groups = Map.groupBy(
    entries.filter(
      (entry) => matches(entry) && (metric.value === null || numberIn(entry, metric.value) !== null),
    ),
    (entry) => JSON.stringify(labelsOf(metric, entry)),
  )
  return [...groups].flatMap(([text, group]) => {
    const labels: Readonly<Record<string, string>> = JSON.parse(text)
    const name = promName(`logging.googleapis.com/user/${metric.name}`)
    if (metric.value === null || metric.bounds === null)
      return counter(
        name,
        labels,
        group.map(({ time }) => ({ at: time, by: 1 })),
        span,
      )
    const { value, bounds } = metric
    return distribution(
      name,
      labels,
      bounds,
      group.map((one) => ({ at: one.time, by: numberIn(one, value) ?? 0 })),
      span,
    )
  })
}

/** The one series of a counter. */
export function counter(name: string, labels: Labels, rises: readonly Rise[], span: Span): Series {
  return { name, labels, values: totals(rises, span) }
}

/** The series of a distribution, whose bounds rise. */
export function distribution(
  name: string,
  labels: Labels,
  bounds: readonly number[],
  samples: readonly Rise[],
  span: Span,
): readonly Series[] {
  // A value that stands on a bound belongs to the bucket above it: not as Prometheus would have it.
  const under = (bound: number) => samples.map(({ at, by }) => ({ at, by: by < bound ? 1 : 0 }))
  const all = under(Number.POSITIVE_INFINITY)
  const bucket = (le: string, rises: readonly Rise[]) =>
    counter(`${name}_bucket`, { ...labels, le }, rises, span)
  return [
    counter(`${name}_sum`, labels, samples, span),
    counter(`${name}_count`, labels, all, span),
    ...bounds.map((bound) => bucket(String(bound), under(bound))),
    bucket('+Inf', all),
  ]
}

/** A metric's type as PromQL names it: the first `/` becomes `:`, whatever else is no letter or digit `_`. */
export function promName(type: string): string {
  const [domain = '', ...path] = type.split('/')
  return `${plain(domain)}:${plain(path.join('/'))}`
}

function plain(text: string): string {
  return text.replaceAll(/[^a-zA-Z0-9_]/g, '_')
}

function totals(rises: readonly Rise[], { from, step, steps }: Span): readonly (number | null)[] {
  const first = rises.reduce((least, { at }) => Math.min(least, at), Number.POSITIVE_INFINITY)
  const sums = Array.from({ length: steps }, () => 0)
  for (const { at, by } of rises) {
    const index = Math.ceil((at - from) / step)
    if (index >= 0 && index < steps) sums[index] = (sums[index] ?? 0) + by
  }
  let total = 0
  return sums.map((sum, index) => {
    total += sum
    return from + (index + 1) * step < first ? null : total
  })
}

function labelsOf({ labels }: LogMetric, entry: Entry): Readonly<Record<string, string>> {
  const extracted = Object.entries(labels).map(([label, extractor]) => {
    const value = fieldOf(entry, pathIn(extractor))
    return [label, typeof value === 'string' ? value : isScalar(value) ? String(value) : ''] as const
  })
  return {
    monitored_resource: entry.resource.type,
    ...entry.resource.labels,
    ...Object.fromEntries(extracted),
  }
}

function isScalar(value: unknown): value is number | boolean {
  return typeof value === 'number' || typeof value === 'boolean'
}

function numberIn(entry: Entry, extractor: string): number | null {
  const value = fieldOf(entry, pathIn(extractor))
  return typeof value === 'number' ? value : null
}

function pathIn(extractor: string): string {
  const path = /^EXTRACT\((jsonPayload\.[\w.]+)\)$/.exec(extractor)?.[1]
  if (path === undefined) throw new Error(`${extractor} takes no field of a line`)
  return path
}
