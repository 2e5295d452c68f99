import { METRICS } from '../../../functions/observe/metrics.ts'
import { ALERTS, type Alert } from '../../../functions/rollout/alerts.ts'
import { type Case, evaluate } from '../../monitoring/promtool.ts'
import type { Series } from '../../monitoring/series.ts'

/** Between two points, in seconds. */
export const STEP = 30
/** Bounds of Cloud Run's own distributions, as good as others. */
export const SHARES = [0.2, 0.5, 0.8, 0.9, 1]
export const STARTS = [1000, 5000, 10_000, 20_000]

/** What comes in a step: step 1 is the first after the beginning. */
export type Rate = (step: number) => number

/** A series of PromQL that rises by a rate, for as long as it is looked at. */
export interface Rising {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly rate: Rate
}

export const always =
  (by: number): Rate =>
  () =>
    by
export const once =
  (step: number, by = 1): Rate =>
  (now) =>
    now === step ? by : 0
/** From an instant on, in minutes. */
export const from =
  (minutes: number, rate: Rate): Rate =>
  (step) =>
    step * STEP >= minutes * 60 ? rate(step) : 0
export const until =
  (minutes: number, rate: Rate): Rate =>
  (step) =>
    step * STEP < minutes * 60 ? rate(step) : 0
/** Every so many minutes, at the minute of them that is told. */
export const every =
  (minutes: number, by = 1, at = 0): Rate =>
  (step) =>
    (step * STEP) % (minutes * 60) === at * 60 ? by : 0

export function rising(name: string, labels: Readonly<Record<string, string>>, rate: Rate): Rising {
  return { name, labels: { monitored_resource: 'cloud_run_revision', ...labels }, rate }
}

export const counter = (
  name: keyof typeof METRICS,
  labels: Readonly<Record<string, string>>,
  rate: Rate,
): Rising => rising(`logging_googleapis_com:user_tickover_${name}`, labels, rate)

/** A distribution to which a rate of values is added, each of the size that the step has. */
export function spread(name: keyof typeof METRICS, size: Rate, rate: Rate = always(1)): Rising[] {
  return spreadOf(`logging_googleapis_com:user_tickover_${name}`, {}, METRICS[name].bounds ?? [], size, rate)
}

/** One of Cloud Run's own distributions. */
export const platform = (name: string, bounds: readonly number[], size: Rate, rate?: Rate) =>
  spreadOf(`run_googleapis_com:${name}`, { service_name: 'tickover' }, bounds, size, rate)

/** What Cloud Run answered. */
export const answers = (response_code_class: string, rate: Rate) =>
  rising('run_googleapis_com:request_count', { service_name: 'tickover', response_code_class }, rate)

function spreadOf(
  name: string,
  labels: Readonly<Record<string, string>>,
  bounds: readonly number[],
  size: Rate,
  rate: Rate = always(1),
): Rising[] {
  const buckets = [...bounds, Number.POSITIVE_INFINITY].map((bound) =>
    rising(`${name}_bucket`, { ...labels, le: Number.isFinite(bound) ? String(bound) : '+Inf' }, (step) =>
      size(step) <= bound ? rate(step) : 0,
    ),
  )
  const sum = rising(`${name}_sum`, labels, (step) => rate(step) * size(step))
  return [...buckets, sum, rising(`${name}_count`, labels, rate)]
}

/** The series with its values for so many minutes. */
export function drawn({ name, labels, rate }: Rising, minutes: number): Series {
  let sum = 0
  const steps = (minutes * 60) / STEP
  return { name, labels, values: Array.from({ length: steps }, (_, step) => (sum += step && rate(step))) }
}

const RULES = Object.entries<Alert>(ALERTS).map(
  ([id, { query, compare, threshold, window_seconds, for_seconds }]) => ({
    id,
    expr: `(${query.replaceAll('$WINDOW', `${window_seconds}s`).replaceAll('$SERVICE', 'tickover')}) ${compare} ${threshold}`,
    for_seconds,
  }),
)

/** For each of these, what fired within so many minutes, evaluated every so many seconds. */
export async function firing(
  cases: readonly (readonly Rising[])[],
  minutes: number,
  every_seconds = STEP,
): Promise<readonly (readonly string[])[]> {
  const fired = { expr: `max_over_time(ALERTS{alertstate="firing"}[${minutes}m])`, at_seconds: minutes * 60 }
  const asked: readonly Case[] = cases.map((all) => ({
    series: all.map((one) => drawn(one, minutes)),
    step_seconds: STEP,
    questions: [fired],
  }))
  const told = await evaluate(RULES, asked, every_seconds)
  return told.map((of) => [...new Set(of.flat().map(({ labels }) => labels.alertname ?? ''))].toSorted())
}
