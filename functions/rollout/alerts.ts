import {
  counted,
  increase,
  type Match,
  orNone,
  percentile,
  platform,
  platformPercentile,
  total,
  values,
} from '../observe/promql.ts'

/** One condition that is watched at all times, as an alert policy has it. */
export interface Alert {
  readonly title: string
  /** In one sentence, for somebody who has just been woken. */
  readonly meaning: string
  /** As Cloud Monitoring grades policies: lost or doubled work is critical. */
  readonly severity: 'CRITICAL' | 'ERROR' | 'WARNING'
  /** PromQL, whose value is compared; `$WINDOW` and `$SERVICE` are filled in by Terraform. */
  readonly query: string
  readonly compare: '<' | '>'
  readonly threshold: number
  /** How far the query looks back. */
  readonly window_seconds: number
  /** How long it has to be so; 0: at once. */
  readonly for_seconds: number
  /** The stages at which it watches. */
  readonly stages: readonly number[]
  /** What it goes by: Tickover's log lines, or Cloud Run's own metrics. */
  readonly source: 'log' | 'platform'
}

const ALWAYS = [0, 1, 2, 3, 4, 5]
/** Where Cloud Scheduler posts ticks. */
const TICKING = [1, 2, 3, 4, 5]
/** Where ticks claim: every job, or at stage 3 the canary's share. */
const CLAIMING = [2, 3, 4, 5]

/** Five minutes that have been so for five minutes: one failure alone wakes nobody. */
const STEADY = { window_seconds: 300, for_seconds: 300 } as const
/** At once, and for as long as it is within five minutes. */
const AT_ONCE = { window_seconds: 300, for_seconds: 0 } as const
const AN_HOUR = { window_seconds: 3600, for_seconds: 0 } as const
/**
 * For alerts on lines that fail to come. Lines reach the metrics up to ten minutes late
 * (cloud.google.com/logging/docs/logs-based-metrics/troubleshooting), so a window must be longer than the five minutes
 * that the guides give: none within it, and for five minutes so, is a quarter of an hour of silence. What compares
 * figures of the same lines needs no such patience: late lines leave it without a value, and silent.
 */
const SILENCE = { window_seconds: 600, for_seconds: 300 } as const

const DIED = counted('holders_died', 'fate="failed"')
const FAILED = `(${orNone(counted('runs', 'outcome!="succeeded"'))} + ${orNone(DIED)})`
const ENDED = `(${orNone(counted('runs'))} + ${orNone(DIED)})`
/** Of the jobs that run often, and of those that run seldom, which would drown among the others. */
const FAILED_BY_PACE = byPace('outcome!="succeeded"')
const ENDED_BY_PACE = byPace()
const BAD_ANSWERS = answers('response_code_class="5xx"')
/** Calls of the tick route that found no store at all leave no tick that could tell. */
const NO_STORE = orNone(counted('requests_refused', 'code="store_unreachable"'))

/** The alerts, by id. */
export const ALERTS = {
  success_rate_low: {
    title: 'Runs fail',
    meaning: 'Less than 95 % of the runs that ended in five minutes succeeded.',
    severity: 'ERROR',
    query: `1 - ${FAILED} / (${ENDED} > 0)`,
    compare: '<',
    threshold: 0.95,
    ...STEADY,
    stages: ALWAYS,
    source: 'log',
  },
  success_rate_critical: {
    title: 'Many runs fail',
    meaning:
      'Less than 80 % of the runs of the last hour succeeded, and at least three failed: the rollback of the guides.',
    severity: 'CRITICAL',
    query: `1 - ${FAILED} / (${ENDED} > 0 and round(${FAILED}) >= 3)`,
    compare: '<',
    threshold: 0.8,
    ...AN_HOUR,
    stages: ALWAYS,
    source: 'log',
  },
  runs_fail_daily: {
    title: 'Runs fail again and again',
    meaning:
      'Less than 95 % of the runs of a day succeeded: of the jobs that run every quarter of an hour, or of those that run less often.',
    severity: 'ERROR',
    query: `1 - ${FAILED_BY_PACE} / ${ENDED_BY_PACE}`,
    compare: '<',
    threshold: 0.95,
    window_seconds: 86_400,
    for_seconds: 0,
    stages: ALWAYS,
    source: 'log',
  },
  error_rate_high: {
    title: 'Attempts fail',
    meaning: 'More than 5 % of the attempts of five minutes failed, whether or not they were tried again.',
    severity: 'WARNING',
    query: `${orNone(counted('attempts', 'outcome=~"failed|retry|unresponsive"'))} / (${counted('attempts')} > 0)`,
    compare: '>',
    threshold: 0.05,
    ...STEADY,
    stages: ALWAYS,
    source: 'log',
  },
  no_runs: {
    title: 'Nothing runs',
    meaning: 'The ticks of five minutes found jobs due, and executed none.',
    severity: 'CRITICAL',
    // How often a team's jobs run is not known here: a team of nightly jobs is idle all day, and nothing is amiss.
    query: `${total('jobs_executed')} and ${total('jobs_due')} > 0`,
    compare: '<',
    threshold: 1,
    ...STEADY,
    stages: CLAIMING,
    source: 'log',
  },
  duplicates: {
    title: 'Something was performed twice',
    meaning: 'A run or an effect was performed, or begun, a second time.',
    severity: 'CRITICAL',
    query: counted('duplicates'),
    compare: '>',
    threshold: 0,
    ...AT_ONCE,
    stages: ALWAYS,
    source: 'log',
  },
  tick_latency_high: {
    title: 'Ticks are slow',
    meaning:
      'One tick in a hundred, of lanes without dwell, took longer than five seconds, the time of its runs not counted.',
    severity: 'WARNING',
    query: `${percentile(0.99, 'tick_ms')} / 1000`,
    compare: '>',
    threshold: 5,
    ...STEADY,
    stages: TICKING,
    source: 'log',
  },
  store_errors: {
    title: 'The store does not answer',
    meaning: 'More than 1 % of the store’s calls had no answer.',
    severity: 'CRITICAL',
    query: `(${orNone(total('store_errors'))} + ${NO_STORE}) / ((${orNone(total('store_calls'))} + ${NO_STORE}) > 0)`,
    compare: '>',
    threshold: 0.01,
    ...STEADY,
    stages: ALWAYS,
    source: 'log',
  },
  run_duration_high: {
    title: 'Runs are slow',
    meaning: 'One attempt in twenty took longer than five seconds.',
    severity: 'WARNING',
    query: `${percentile(0.95, 'run_ms')} / 1000`,
    compare: '>',
    threshold: 5,
    ...STEADY,
    stages: ALWAYS,
    source: 'log',
  },
  item_duration_high: {
    title: 'Items are slow',
    meaning: 'One run of items in twenty took longer than five seconds an item.',
    severity: 'WARNING',
    query: `${percentile(0.95, 'item_ms')} / 1000`,
    compare: '>',
    threshold: 5,
    ...STEADY,
    stages: ALWAYS,
    source: 'log',
  },
  throughput_low: {
    title: 'Few items are processed',
    meaning: 'Runs of items got through less than 30 items for each minute that they worked, over an hour.',
    severity: 'WARNING',
    query: `60000 * ${total('items')} / (${total('items_run_ms')} > 0) and ${values('items_run_ms')} >= 10`,
    compare: '<',
    threshold: 30,
    ...AN_HOUR,
    stages: ALWAYS,
    source: 'log',
  },
  store_connections_high: {
    title: 'Store permits run out',
    meaning: 'On average, ticks found more than 80 % of their lane’s parallel store calls in use.',
    severity: 'WARNING',
    query: `${total('store_permits')} / (${values('store_permits')} > 0)`,
    compare: '>',
    threshold: 0.8,
    ...STEADY,
    stages: ALWAYS,
    source: 'log',
  },
  cache_hits_low: {
    title: 'The cache seldom has the answer',
    meaning: 'Of at least 100 look-ups in an hour, the cache answered less than 70 %.',
    severity: 'WARNING',
    query: `${total('cache_hits')} / ((${total('cache_hits')} + ${total('cache_misses')}) >= 100)`,
    compare: '<',
    threshold: 0.7,
    ...AN_HOUR,
    stages: ALWAYS,
    source: 'log',
  },
  cpu_high: {
    title: 'The CPU is busy',
    meaning: 'Instances have used more than 80 % of their CPU for five minutes.',
    severity: 'WARNING',
    query: platformPercentile(0.95, 'container_cpu_utilizations'),
    compare: '>',
    threshold: 0.8,
    ...STEADY,
    stages: ALWAYS,
    source: 'platform',
  },
  memory_high: {
    title: 'The memory is nearly full',
    meaning:
      'Instances have used more than 80 % of their memory for five minutes: a killed one loses its runs.',
    severity: 'ERROR',
    query: platformPercentile(0.95, 'container_memory_utilizations'),
    compare: '>',
    threshold: 0.8,
    ...STEADY,
    stages: ALWAYS,
    source: 'platform',
  },
  start_slow: {
    title: 'Instances start slowly',
    meaning: 'Instances took longer than ten seconds to start.',
    severity: 'WARNING',
    query: `${platformPercentile(0.95, 'container_startup_latencies')} / 1000`,
    compare: '>',
    threshold: 10,
    ...AT_ONCE,
    stages: ALWAYS,
    source: 'platform',
  },
  ticks_missing: {
    title: 'No ticks come',
    meaning: 'For a quarter of an hour no tick began, and no earlier one was alive.',
    severity: 'CRITICAL',
    // Of all lanes: one that is dead among others has jobs that wait, and jobs_overdue tells.
    query: orNone(counted('ticks_alive')),
    compare: '<',
    threshold: 1,
    ...SILENCE,
    stages: TICKING,
    source: 'log',
  },
  jobs_overdue: {
    title: 'Jobs wait past their instant',
    meaning: 'Every look of the watch in ten minutes found jobs that should have run long ago.',
    severity: 'CRITICAL',
    // The tenth part of the looks that found the least: half a job is more than none.
    query: percentile(0.1, 'overdue'),
    compare: '>',
    threshold: 0.5,
    window_seconds: 600,
    for_seconds: 60,
    stages: CLAIMING,
    source: 'log',
  },
  watch_silent: {
    title: 'The watch is silent',
    meaning: 'For twenty minutes the dead-man’s switch has had no answer from the service.',
    severity: 'CRITICAL',
    query: orNone(values('overdue')),
    compare: '<',
    threshold: 1,
    // It looks every five minutes, and what it finds may be ten minutes late. One that has just been switched on has not
    // looked yet: time for its first look.
    window_seconds: 900,
    for_seconds: 360,
    stages: TICKING,
    source: 'log',
  },
  clock_skew: {
    title: 'A clock is wrong',
    meaning: 'A tick claimed nothing, since its own clock and the store’s are too far apart.',
    severity: 'ERROR',
    query: counted('ticks', 'status="clock_skew"'),
    compare: '>',
    threshold: 0,
    ...AT_ONCE,
    stages: ALWAYS,
    source: 'log',
  },
  job_damaged: {
    title: 'A job cannot be read',
    meaning: 'A job’s document makes no sense: it was set aside, and does not run until somebody mends it.',
    severity: 'ERROR',
    query: counted('damaged'),
    compare: '>',
    threshold: 0,
    ...AT_ONCE,
    stages: ALWAYS,
    source: 'log',
  },
  holders_dying: {
    title: 'Processes die with their runs',
    meaning: 'At least three attempts in half an hour ended because their process was gone.',
    severity: 'ERROR',
    query: `round(${counted('holders_died', 'fate=~"retry|failed"')})`,
    compare: '>',
    threshold: 2,
    window_seconds: 1800,
    for_seconds: 0,
    stages: ALWAYS,
    source: 'log',
  },
  ticks_refused: {
    title: 'Ticks are refused',
    meaning:
      'For ten minutes the service has refused calls of the tick route for who called (401, 403), more than two in ten minutes.',
    severity: 'CRITICAL',
    query: `round(${counted('ticks_refused')})`,
    compare: '>',
    threshold: 2,
    window_seconds: 600,
    for_seconds: 600,
    stages: TICKING,
    source: 'log',
  },
  server_errors: {
    title: 'The service answers with errors',
    meaning: 'More than 5 % of the requests of five minutes were answered with 5xx, and at least two.',
    severity: 'ERROR',
    // While jobs are overdue the watch's own look is answered 503, once in five minutes: that alone is jobs_overdue's.
    query: `${BAD_ANSWERS} / (${answers()} > 0) and round(${BAD_ANSWERS}) >= 2`,
    compare: '>',
    threshold: 0.05,
    ...STEADY,
    stages: ALWAYS,
    source: 'platform',
  },
} as const satisfies Readonly<Record<string, Alert>>

export type AlertId = keyof typeof ALERTS

/** The runs that ended, those that died with their process among them, by how often their jobs run. */
function byPace(...matches: readonly Match[]): string {
  return `sum by (seldom) (${increase('runs', ...matches)} or ${increase('holders_died', 'fate="failed"')})`
}

/** How many requests Cloud Run answered, in the alert's window. */
function answers(...matches: readonly Match[]): string {
  return `sum(increase(${platform('request_count', matches)}[$WINDOW]))`
}
