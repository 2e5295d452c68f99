import type { Logged } from './entries.ts'
import { type Case, evaluate, type Rule } from './promtool.ts'
import { type LogMetric, type Series, type Span, seriesOf } from './series.ts'

/** By alert, the minutes of the hour at which it fires. */
export type Firing = ReadonlyMap<string, readonly number[]>

export const MINUTES = 60
/** Between two points, in seconds. */
export const STEP = 30
const STEPS = (MINUTES * 60) / STEP + 1

/** When there are values in an hour. */
export function spanOf(began: number): Span {
  return { from: began, step: STEP * 1000, steps: STEPS }
}

/** What Cloud Monitoring keeps of an hour. */
export function seriesOfHour(metrics: readonly LogMetric[], { began, entries }: Logged): readonly Series[] {
  return metrics.flatMap((metric) => seriesOf(metric, entries, spanOf(began)))
}

/**
 * The alert as it would be evaluated while each line reaches the metrics so much too late, in seconds: of a window it
 * then sees only the part that has come.
 */
export function seenLate<R extends Rule>(rule: R, seconds: number): R {
  const windowed = (_: string, whole: string) =>
    `[${Math.max(1, Number(whole) - seconds)}s] offset ${seconds}s`
  return { ...rule, expr: rule.expr.replaceAll(/\[(\d+)s\]/g, windowed) }
}

/** Which of the alerts fire when, in each of these hours. */
export async function firingIn(
  alerts: readonly Rule[],
  hours: readonly (readonly Series[])[],
): Promise<readonly Firing[]> {
  const minutes = Array.from({ length: MINUTES + 1 }, (_, minute) => minute)
  const questions = minutes.map((minute) => ({
    expr: 'ALERTS{alertstate="firing"}',
    at_seconds: minute * 60,
  }))
  const cases: readonly Case[] = hours.map((series) => ({ series, step_seconds: STEP, questions }))
  const answers = await evaluate(alerts, cases)
  return answers.map((hour) => {
    const at = (id: string) =>
      minutes.filter((minute) => hour[minute]?.some(({ labels }) => labels.alertname === id))
    return new Map(alerts.map(({ id }) => [id, at(id)] as const).filter(([, fired]) => fired.length > 0))
  })
}
