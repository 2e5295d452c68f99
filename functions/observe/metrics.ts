import type { Aside, TickReport } from '../tick/report.ts'
import type { Event } from './events.ts'

type Kind = Event['kind']
type Of<K extends Kind> = Extract<Event, { kind: K }>

/** The fields of the line that an event of this kind becomes. */
type Field<K extends Kind> = K extends 'tick_completed'
  ? 'status' | keyof TickReport | keyof Aside
  : Exclude<keyof Of<K> & string, 'kind'>

/** What a field must be: this value, any other than this one, or a number of at least 0, which null is not. */
type Is = string | number | boolean | { readonly not: string } | typeof MEASURED

type Where<K extends Kind> = Readonly<Partial<Record<Field<K>, Is>>>

/** Lines of one kind, of which fields are as told. */
interface Lines<K extends Kind = Kind> {
  readonly event: K
  readonly where: Where<K> | null
}

/** A log-based metric: a counter of lines where `value` is null, else the distribution of that field over `bounds`. */
export interface Metric {
  readonly description: string
  /** The lines that count, of one kind or several. */
  readonly lines: readonly Lines[]
  /** Of each label, the field that it is taken from. Of few values: never a job, a run or a tick. */
  readonly labels: readonly string[]
  readonly value: string | null
  /** As Cloud Monitoring writes units. */
  readonly unit: 'ms' | '1'
  /** Upper ends of the buckets, rising; those of alerts stand at their thresholds. */
  readonly bounds: readonly number[] | null
}

/** Of a field that is null where there was nothing to measure. */
const MEASURED = { least: 0 } as const

const MS_BOUNDS = [
  5, 10, 25, 50, 100, 200, 300, 500, 750, 1_000, 1_500, 2_000, 3_000, 5_000, 7_500, 10_000, 15_000, 30_000,
  60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000,
] as const
const COUNT_BOUNDS = [
  0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 7.5, 10.5, 15.5, 20.5, 30.5, 50.5, 75.5, 100.5, 200.5, 500.5, 1_000.5,
] as const
const SHARE_BOUNDS = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99] as const

const lines = <K extends Kind>(event: K, where?: Where<K>): Lines<K> => ({ event, where: where ?? null })

const counter = <K extends Kind>(
  description: string,
  counted: readonly Lines<K>[],
  labels: readonly Field<K>[] = [],
): Metric => ({ description, lines: counted, labels, value: null, unit: '1', bounds: null })

const distribution = <K extends Kind>(
  description: string,
  measured: Lines<K>,
  value: Field<K>,
  bounds: readonly number[],
): Metric => ({
  description,
  lines: [measured],
  labels: [],
  value,
  unit: bounds === MS_BOUNDS ? 'ms' : '1',
  bounds,
})

/** The lines of attempts that processed items. */
const WITH_ITEMS = lines('run_settled', { item_duration_ms: MEASURED })
const PASSES = lines('tick_completed')
const TICKS = lines('tick_completed', { path: 'tick' })

/** Every log-based metric, by name; Cloud Monitoring calls it `logging.googleapis.com/user/tickover/NAME`. */
export const METRICS = {
  runs: counter(
    'Runs that ended by the word of their last attempt',
    [lines('run_settled', { ended: true })],
    ['outcome', 'seldom'],
  ),
  attempts: counter(
    'Attempts that ended; one that its target accepted ends by the target’s word',
    [lines('run_settled', { outcome: { not: 'accepted' } })],
    ['outcome'],
  ),
  run_ms: distribution('Duration of an attempt', lines('run_settled'), 'duration_ms', MS_BOUNDS),
  items: distribution('Items that an attempt processed', WITH_ITEMS, 'items_processed', COUNT_BOUNDS),
  item_ms: distribution(
    'Duration of an attempt for each of its items',
    WITH_ITEMS,
    'item_duration_ms',
    MS_BOUNDS,
  ),
  items_run_ms: distribution(
    'Duration of an attempt that processed items',
    WITH_ITEMS,
    'duration_ms',
    MS_BOUNDS,
  ),
  ticks_alive: counter(
    'Signs of life of ticks: that they begin, and, where they are long, that they go on',
    [lines('tick_started'), lines('tick_alive')],
    ['lane'],
  ),
  ticks: counter('Ticks that ended, passes of the loop among them', [PASSES], ['lane', 'path', 'status']),
  tick_ms: distribution(
    'Duration of a tick of a lane without dwell, less the time in which it had a run alive',
    lines('tick_completed', { path: 'tick', dwells: false }),
    'own_ms',
    MS_BOUNDS,
  ),
  jobs_due: distribution('Jobs that a tick found due', TICKS, 'jobs_due', COUNT_BOUNDS),
  jobs_executed: distribution('Attempts of a tick that ended', TICKS, 'jobs_executed', COUNT_BOUNDS),
  lateness_ms: distribution(
    'How late the first attempts of a tick began: its 99th percentile',
    lines('tick_completed', { lateness_p99_ms: MEASURED }),
    'lateness_p99_ms',
    MS_BOUNDS,
  ),
  store_calls: distribution('Store calls of a tick', PASSES, 'store_calls', COUNT_BOUNDS),
  store_errors: distribution(
    'Store calls of a tick that had no answer or none that counts',
    PASSES,
    'store_errors',
    COUNT_BOUNDS,
  ),
  store_permits: distribution(
    'The largest share of its lane’s store permits that a call of a tick found in use',
    PASSES,
    'store_permits_peak',
    SHARE_BOUNDS,
  ),
  cache_hits: distribution('Cache hits of a process since its last tick', PASSES, 'cache_hits', COUNT_BOUNDS),
  cache_misses: distribution(
    'Cache misses of a process since its last tick',
    PASSES,
    'cache_misses',
    COUNT_BOUNDS,
  ),
  duplicates: counter('Runs that were performed twice, and effects that were begun twice', [
    lines('lease_lost', { performed: true }),
    lines('effect_repeated'),
    lines('report_refused'),
  ]),
  damaged: counter('Documents of jobs that could not be read', [lines('job_damaged')]),
  holders_died: counter(
    'Attempts whose holder did not come back',
    [lines('holder_died')],
    ['fate', 'seldom'],
  ),
  ticks_refused: counter(
    'Calls of the tick route that were refused for who called',
    [
      lines('request_refused', { path: '/cron/tick', status: 401 }),
      lines('request_refused', { path: '/cron/tick', status: 403 }),
    ],
    ['status'],
  ),
  requests_refused: counter('Requests that were refused', [lines('request_refused')], ['status', 'code']),
  overdue: distribution(
    'Overdue jobs, as the watch finds them',
    lines('overdue_checked'),
    'overdue',
    COUNT_BOUNDS,
  ),
} as const satisfies Readonly<Record<string, Metric>>

export type MetricName = keyof typeof METRICS

/** The lines that a metric counts, in Cloud Logging's filter language. */
export function filterOf({ lines }: Metric): string {
  const parts = lines.map(({ event, where }) =>
    [
      comparison('event', event),
      ...Object.entries<Is>(where ?? {}).map(([field, is]) => comparison(field, is)),
    ].join(' AND '),
  )
  return parts.length === 1 ? parts.join('') : parts.map((part) => `(${part})`).join(' OR ')
}

function comparison(field: string, is: Is): string {
  const name = `jsonPayload.${field}`
  if (typeof is !== 'object') return `${name}=${JSON.stringify(is)}`
  return 'not' in is ? `${name}!=${JSON.stringify(is.not)}` : `(${name}=0 OR ${name}>0)`
}
