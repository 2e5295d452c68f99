import {
  counted,
  percentile,
  platform,
  platformPercentile,
  series,
  total,
  values,
} from '../../functions/observe/promql.ts'

/** One tile of the dashboard: lines over time. `unit` as Cloud Monitoring writes units. */
export interface Chart {
  readonly title: string
  readonly unit: 's' | 'ms' | '10^2.%' | '1'
  readonly lines: readonly Line[]
}

interface Line {
  /** What the legend says; empty: the labels of each series say it. */
  readonly legend: string
  readonly query: string
}

/** What a line looks back at each of its points. */
const WINDOW = '300s'

const line = (legend: string, query: string): Line => ({ legend, query: query.replaceAll('$WINDOW', WINDOW) })
const chart = (title: string, unit: Chart['unit'], ...lines: readonly Line[]): Chart => ({
  title,
  unit,
  lines,
})

/** Cloud Scheduler has no metric of its own: its log has two entries for each execution, of severity ERROR when it failed. */
const EXECUTIONS =
  'sum by (severity) (increase(logging_googleapis_com:log_entry_count{monitored_resource="cloud_scheduler_job"}[$WINDOW]))'

const LOOK_UPS = `(${total('cache_hits')} + ${total('cache_misses')})`

/** The dashboard, row by row from left to right: is it alive, does it work, is it in time, what does it ask for. */
export const CHARTS: readonly Chart[] = [
  chart('Cloud Scheduler: log entries in 5 minutes', '1', line('', EXECUTIONS)),
  chart(
    'Ticks in 5 minutes, by lane and status',
    '1',
    line('', `sum by (lane, status) (increase(${series('ticks', ['path="tick"'])}[$WINDOW]))`),
  ),
  chart(
    'Duration of ticks without dwell, less that of their runs',
    'ms',
    line('p50', percentile(0.5, 'tick_ms')),
    line('p99', percentile(0.99, 'tick_ms')),
  ),
  chart(
    'Runs that ended in 5 minutes, by outcome',
    '1',
    line('', `sum by (outcome) (increase(${series('runs')}[$WINDOW]))`),
  ),
  chart(
    'Runs that succeeded',
    '10^2.%',
    line('of those that ended', `${counted('runs', 'outcome="succeeded"')} / (${counted('runs')} > 0)`),
  ),
  chart(
    'Lateness of first attempts',
    'ms',
    line('p50 of ticks', percentile(0.5, 'lateness_ms')),
    line('p99 of ticks', percentile(0.99, 'lateness_ms')),
  ),
  chart('Runs a minute', '1', line('runs', `60 * sum(rate(${series('runs')}[$WINDOW]))`)),
  chart(
    'Duration of attempts',
    'ms',
    line('p50', percentile(0.5, 'run_ms')),
    line('p95', percentile(0.95, 'run_ms')),
  ),
  chart(
    'Store calls in 5 minutes',
    '1',
    line('calls', total('store_calls')),
    line('without an answer', total('store_errors')),
  ),
  chart(
    'Overdue jobs, as the watch finds them',
    '1',
    line('overdue', `${total('overdue')} / (${values('overdue')} > 0)`),
  ),
  chart(
    'Trouble in 5 minutes',
    '1',
    line('performed twice', counted('duplicates')),
    line('holders died', counted('holders_died')),
    line('damaged', counted('damaged')),
  ),
  chart(
    'Requests refused in 5 minutes, by code',
    '1',
    line('', `sum by (code) (increase(${series('requests_refused')}[$WINDOW]))`),
  ),
  chart('Cache hits', '10^2.%', line('of look-ups', `${total('cache_hits')} / (${LOOK_UPS} > 0)`)),
  chart('Instances', '1', line('', `sum by (state) (${platform('container_instance_count')})`)),
  chart(
    'CPU and memory in use',
    '10^2.%',
    line('CPU, p95', platformPercentile(0.95, 'container_cpu_utilizations')),
    line('memory, p95', platformPercentile(0.95, 'container_memory_utilizations')),
  ),
]
