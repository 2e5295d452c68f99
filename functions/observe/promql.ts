import type { MetricName } from './metrics.ts'

/** One labelled value, as PromQL writes it: `outcome!="succeeded"`. */
export type Match = `${string}"`

/** A log-based metric's series; of a distribution one of its parts. */
export function series(name: MetricName, matches: readonly Match[] = [], part = ''): string {
  const all = ['monitored_resource="cloud_run_revision"', ...matches]
  return `logging_googleapis_com:user_tickover_${name}${part}{${all.join(',')}}`
}

/** How many lines each series of a counter has, in the alert's window. */
export function increase(name: MetricName, ...matches: readonly Match[]): string {
  return `increase(${series(name, matches)}[$WINDOW])`
}

/** How many lines of a counter, in the alert's window. Empty where it has none. */
export function counted(name: MetricName, ...matches: readonly Match[]): string {
  return `sum(${increase(name, ...matches)})`
}

/** The sum of a distribution's values in the window. Empty where it has none. */
export function total(name: MetricName): string {
  return `sum(increase(${series(name, [], '_sum')}[$WINDOW]))`
}

/** How many values a distribution has in the window. Empty where it has none. */
export function values(name: MetricName): string {
  return `sum(increase(${series(name, [], '_count')}[$WINDOW]))`
}

/** The percentile of a distribution in the window. Empty, or not a number, where it has no values. */
export function percentile(share: number, name: MetricName): string {
  return quantile(share, series(name, [], '_bucket'))
}

/** The percentile of one of Cloud Run's own distributions of this service, as the last part of its name tells. */
export function platformPercentile(share: number, name: string): string {
  return quantile(share, platform(`${name}_bucket`))
}

/** One of Cloud Run's own series of this service. */
export function platform(name: string, matches: readonly Match[] = []): string {
  const all = ['monitored_resource="cloud_run_revision"', 'service_name="$SERVICE"', ...matches]
  return `run_googleapis_com:${name}{${all.join(',')}}`
}

/** 0 instead of nothing. */
export function orNone(query: string): string {
  return `(${query} or vector(0))`
}

function quantile(share: number, buckets: string): string {
  return `histogram_quantile(${share}, sum by (le) (rate(${buckets}[$WINDOW])))`
}
