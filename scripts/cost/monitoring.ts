import type { Lane } from '../../functions/config/lanes.ts'
import catalog from '../../infra/catalog.json' with { type: 'json' }
import type { Month } from './job-set.ts'
import { ALERT_PRICES, OLDER_CONDITION, type Price } from './prices.ts'

/** One point of a counter, and one of a distribution, as Monitoring bills them: quoted, not read on its page. */
const POINT_BYTES = { counter: 8, distribution: 80 } as const
/** How many values of a label other than the lane come every minute: assumed, a good one and a bad one. */
const VALUES = 2
const POINTS_A_DAY = 1_440
/** How often each alert is looked at. */
const EVALUATED_SECONDS = 30
const DAY_SECONDS = 86_400
const MIB = 2 ** 20

interface Metric {
  readonly labels: Readonly<Record<string, string>>
  readonly value: string | null
}

const METRICS: readonly Metric[] = Object.values(catalog.metrics)

/** What the log-based metrics take in so many days, in MiB. Each series is taken to have a point every minute: no more can come. */
export function metricMib(lanes: readonly Lane[], days: number): number {
  const bytes = METRICS.reduce((sum, metric) => sum + seriesOf(metric, lanes) * bytesOf(metric), 0)
  return (bytes * POINTS_A_DAY * days) / MIB
}

function seriesOf({ labels }: Metric, lanes: readonly Lane[]): number {
  return Object.keys(labels).reduce((sum, label) => sum * (label === 'lane' ? lanes.length : VALUES), 1)
}

function bytesOf({ value }: Metric): number {
  return value === null ? POINT_BYTES.counter : POINT_BYTES.distribution
}

/** What the alerts of the catalog would cost a month. */
export interface AlertBill {
  readonly lines: readonly { readonly price: Price; readonly amount: number; readonly dollars: number }[]
  readonly dollars: number
  /** The same at the price of older pages. */
  readonly older_dollars: number
}

/** One condition each, which gives one series whenever it is looked at. */
export function alertsFor({ days }: Month): AlertBill {
  const conditions = Object.keys(catalog.alerts).length
  const series = (conditions * days * DAY_SECONDS) / EVALUATED_SECONDS
  const lines = [lineOf(ALERT_PRICES.conditions, conditions), lineOf(ALERT_PRICES.series, series)]
  const dollars = lines.reduce((sum, line) => sum + line.dollars, 0)
  const more = conditions * (OLDER_CONDITION - ALERT_PRICES.conditions.dollars)
  return { lines, dollars, older_dollars: dollars + more }
}

function lineOf(price: Price, amount: number) {
  return { price, amount, dollars: (amount / price.per) * price.dollars }
}

/** What had to be assumed for both, in sentences. */
export const MONITORING_ASSUMED = [
  `each series of a log-based metric has a point a minute, of ${POINT_BYTES.counter} bytes or, a distribution, ${POINT_BYTES.distribution}; a label has ${VALUES} values, the lane its own`,
  `each alert gives one series every ${EVALUATED_SECONDS} s, also while it is switched off`,
] as const
