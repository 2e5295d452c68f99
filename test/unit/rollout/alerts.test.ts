import { describe, expect, it } from 'vitest'
import { ALERTS, type AlertId } from '../../../functions/rollout/alerts.ts'
import { CHARTS } from '../../../scripts/catalog/charts.ts'
import { evaluate, NO_PROMTOOL } from '../../monitoring/promtool.ts'
import {
  always,
  answers,
  counter,
  drawn,
  every,
  firing,
  from,
  once,
  platform,
  type Rate,
  type Rising,
  rising,
  SHARES,
  STARTS,
  STEP,
  spread,
  until,
} from './rates.ts'

const MINUTES = 40

/** Forty minutes of a service that is well, a hiccup of each kind among them. */
const GOOD = {
  runs: [
    counter('runs', { outcome: 'succeeded' }, always(3)),
    counter('runs', { outcome: 'retry' }, once(60)),
  ],
  attempts: [
    counter('attempts', { outcome: 'succeeded' }, always(3)),
    counter('attempts', { outcome: 'failed' }, once(20)),
  ],
  run_ms: spread('run_ms', always(400), always(3)),
  items: [
    ...spread('items', always(10), every(1)),
    ...spread('item_ms', always(1000), every(1)),
    ...spread('items_run_ms', always(10_000), every(1)),
  ],
  ticks: [counter('ticks_alive', { lane: 'fast' }, every(5)), counter('ticks', { status: 'ok' }, every(5))],
  jobs: [...spread('jobs_due', always(6), every(1)), ...spread('jobs_executed', always(6), every(1))],
  tick_ms: spread('tick_ms', (step) => (step === 30 ? 9000 : 800), every(1)),
  store: [...spread('store_calls', always(8), every(1)), ...spread('store_errors', once(30), every(1))],
  store_permits: spread('store_permits', always(0.3), every(1)),
  cache: [...spread('cache_hits', always(9), every(1)), ...spread('cache_misses', always(1), every(1))],
  overdue: spread('overdue', once(20, 4), every(5)),
  died: [counter('holders_died', { fate: 'retry' }, once(30, 2))],
  refused: [
    counter('ticks_refused', { status: '401' }, once(30)),
    counter('requests_refused', { status: '404', code: 'not_found' }, every(2)),
  ],
  cpu: platform('container_cpu_utilizations', SHARES, always(0.4)),
  memory: platform('container_memory_utilizations', SHARES, always(0.4)),
  start: platform('container_startup_latencies', STARTS, always(3000)),
  /** What is not there at all while all is well. */
  rare: [],
  answers: [answers('2xx', always(5)), answers('5xx', once(24))],
} as const satisfies Readonly<Record<string, readonly Rising[]>>

type Part = keyof typeof GOOD

/** The same with some parts changed. */
const but = (changes: Partial<Record<Part, readonly Rising[]>>): readonly Rising[] =>
  Object.values({ ...GOOD, ...changes }).flat()

const runs = (outcome: string, rate: Rate) => counter('runs', { outcome }, rate)
const attempts = (outcome: string, rate: Rate) => counter('attempts', { outcome }, rate)

/** From minute 10 on the one size, before that the other. */
const turns =
  (good: number, bad: number): Rate =>
  (step) =>
    step * STEP >= 600 ? bad : good

/** Faults that have nothing to do with each other, together, and all the alerts that they set off. */
const FAULTS: readonly (readonly [string, Partial<Record<Part, readonly Rising[]>>, readonly AlertId[]])[] = [
  [
    'one run in ten fails, ticks and items and a start are slow, the cache is cold, three jobs wait, a clock is off',
    {
      runs: [runs('succeeded', always(9)), runs('failed', from(10, always(1)))],
      tick_ms: spread('tick_ms', turns(800, 7000), every(1)),
      items: [
        ...spread('items', always(50)),
        ...spread('item_ms', turns(100, 6000)),
        ...spread('items_run_ms', always(10_000)),
      ],
      start: platform('container_startup_latencies', STARTS, always(15_000), once(60)),
      cache: [...spread('cache_hits', until(10, always(5)), every(1)), ...spread('cache_misses', always(9))],
      overdue: spread('overdue', from(10, always(3)), every(5)),
      rare: [counter('ticks', { status: 'clock_skew' }, once(60))],
    },
    [
      'cache_hits_low',
      'clock_skew',
      'item_duration_high',
      'jobs_overdue',
      'runs_fail_daily',
      'start_slow',
      'success_rate_low',
      'tick_latency_high',
    ],
  ],
  [
    'every run fails and none has ever succeeded, one is performed twice, a call in fifty has no answer, the CPU is busy',
    {
      runs: [runs('retry', from(10, always(1))), runs('succeeded', until(10, always(1)))],
      attempts: [attempts('succeeded', until(10, always(1))), attempts('retry', from(10, always(1)))],
      store: [...spread('store_calls', always(50)), ...spread('store_errors', from(10, always(1)))],
      cpu: platform('container_cpu_utilizations', SHARES, turns(0.4, 0.95)),
      rare: [counter('duplicates', {}, once(60))],
    },
    [
      'cpu_high',
      'duplicates',
      'error_rate_high',
      'runs_fail_daily',
      'store_errors',
      'success_rate_critical',
      'success_rate_low',
    ],
  ],
  [
    'ticks are refused, so that none comes, the watch is silent, a document is damaged',
    {
      runs: [runs('succeeded', until(10, always(3)))],
      attempts: [attempts('succeeded', until(10, always(3)))],
      ticks: [counter('ticks_alive', { lane: 'fast' }, until(10, every(1)))],
      jobs: [],
      overdue: spread('overdue', always(0), until(10, every(5))),
      refused: [counter('ticks_refused', { status: '401' }, from(10, every(3)))],
      rare: [counter('damaged', {}, once(60))],
    },
    ['job_damaged', 'ticks_missing', 'ticks_refused', 'watch_silent'],
  ],
  [
    'attempts take a minute, ten items take one, the permits are in use, the memory is full, processes die with their runs, and then none executes what is due',
    {
      runs: [],
      jobs: [...spread('jobs_due', always(6), every(1)), ...spread('jobs_executed', turns(6, 0), every(1))],
      run_ms: spread('run_ms', turns(400, 60_000), always(3)),
      items: [...spread('items', always(1), every(1)), ...spread('items_run_ms', always(6000), every(1))],
      store_permits: spread('store_permits', turns(0.3, 1), every(1)),
      memory: platform('container_memory_utilizations', SHARES, turns(0.4, 0.95)),
      died: [counter('holders_died', { fate: 'failed' }, from(10, always(1)))],
    },
    [
      'holders_dying',
      'memory_high',
      'no_runs',
      'run_duration_high',
      'runs_fail_daily',
      'store_connections_high',
      'success_rate_critical',
      'success_rate_low',
      'throughput_low',
    ],
  ],
  [
    'no tick finds the store, and one answer in ten is an error',
    {
      store: [],
      refused: [
        counter('requests_refused', { status: '503', code: 'store_unreachable' }, from(10, every(1))),
      ],
      /** What is not there at all while all is well. */
      rare: [],
      answers: [answers('2xx', always(9)), answers('5xx', from(10, always(1)))],
    },
    ['server_errors', 'store_errors'],
  ],
]

describe.skipIf(NO_PROMTOOL !== null)('the alerts, as Prometheus evaluates them,', () => {
  it('are all silent while the service is well, a hiccup of each kind among it', async () => {
    expect(await firing([but({})], MINUTES)).toEqual([[]])
  })

  it('fire without any line only where lines are missing', async () => {
    expect(await firing([[]], MINUTES)).toEqual([['ticks_missing', 'watch_silent']])
  })

  it('fire, and no other, for what goes wrong', async () => {
    const fired = await firing(
      FAULTS.map(([, changes]) => but(changes)),
      MINUTES,
    )
    expect(Object.fromEntries(FAULTS.map(([what], index) => [what, fired[index]]))).toEqual(
      Object.fromEntries(FAULTS.map(([what, , alerts]) => [what, alerts])),
    )
  })

  it('have a fault each', () => {
    expect([...new Set(FAULTS.flatMap(([, , alerts]) => alerts))].toSorted()).toEqual(
      Object.keys(ALERTS).toSorted(),
    )
  })

  it('share their language with the charts, each line of which has values', async () => {
    const lines = CHARTS.flatMap(({ lines }) =>
      lines.map(({ query }) => query.replaceAll('$SERVICE', 'tickover')),
    )
    const log = rising('logging_googleapis_com:log_entry_count', { severity: 'INFO' }, always(1))
    const series = [
      ...but({ rare: [counter('duplicates', {}, once(30)), counter('damaged', {}, once(30))] }),
      ...spread('lateness_ms', always(400)),
      counter('ticks', { status: 'ok', path: 'tick', lane: 'fast' }, every(1)),
      rising(
        'run_googleapis_com:container_instance_count',
        { service_name: 'tickover', state: 'active' },
        once(1),
      ),
      { ...log, labels: { ...log.labels, monitored_resource: 'cloud_scheduler_job' } },
    ]
    const questions = lines.map((expr) => ({ expr, at_seconds: 1000 }))
    const asked = { series: series.map((one) => drawn(one, MINUTES)), step_seconds: STEP, questions }
    const [told = []] = await evaluate([], [asked])
    expect(lines.filter((_, index) => (told[index] ?? []).length === 0)).toEqual([])
  })
})
