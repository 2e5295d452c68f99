import { describe, expect, it } from 'vitest'
import type { AlertId } from '../../../functions/rollout/alerts.ts'
import { NO_PROMTOOL } from '../../monitoring/promtool.ts'
import { always, answers, counter, every, firing, from, once, type Rising, spread } from './rates.ts'

/** What happens to a team, its hours, and what may fire then. */
type Case = readonly [what: string, series: readonly Rising[], alerts: readonly AlertId[]]

const MINUTES = 90
/** As often as a `for` of five minutes needs. */
const EVERY_SECONDS = 60

const often = { seldom: 'false' }
const seldom = { seldom: 'true' }
const MINUTELY = counter('ticks_alive', { lane: 'main' }, every(1))
const WELL = spread('overdue', always(0), every(5, 1, 1))
const HEARTBEAT = counter('runs', { outcome: 'succeeded', ...often }, every(1))
/** A tick each minute, a watch that finds nothing, and Cloud Run's word for both. */
const QUIET = [MINUTELY, ...WELL, answers('2xx', every(1))]

const failed = (pace: typeof often | typeof seldom, rate: (step: number) => number) =>
  counter('runs', { outcome: 'failed', ...pace }, rate)
const succeeded = (pace: typeof often | typeof seldom, rate: (step: number) => number) =>
  counter('runs', { outcome: 'succeeded', ...pace }, rate)

/** Of a lane without dwell: one job every so many minutes, which the tick of that minute executes. */
const working = (minutes: number, ms: number): Rising[] => [
  ...spread('jobs_due', always(1), every(minutes)),
  ...spread('jobs_executed', always(1), every(minutes)),
  ...spread('run_ms', always(ms), every(minutes)),
  ...spread('tick_ms', always(120), every(minutes)),
  succeeded(minutes > 15 ? seldom : often, every(minutes)),
  counter('attempts', { outcome: 'succeeded' }, every(minutes)),
]

/** Teams that are well, however few their runs, and what their everyday trouble is called where it has a name. */
const HEALTHY: readonly Case[] = [
  ['has no jobs', QUIET, []],
  ['runs one job every half hour', [...QUIET, ...working(30, 400)], []],
  [
    'has one lane with one job of a quarter of an hour, once an hour, whose tick tells every two minutes that it is alive',
    [
      counter('ticks_alive', {}, (step) => (step % 120 < 30 ? every(2)(step) : every(1)(step))),
      ...WELL,
      ...working(60, 900_000),
    ],
    [],
  ],
  [
    'has a tick every five minutes',
    [counter('ticks_alive', {}, every(5)), ...WELL, ...working(5, 400), answers('2xx', every(5))],
    [],
  ],
  ['was throttled to a tick every ten minutes', [counter('ticks_alive', {}, every(10, 1, 4)), ...WELL], []],
  [
    'has a job of eight seconds every five minutes, which is its runs’ duration and not its ticks’',
    [...QUIET, ...working(5, 8_000)],
    ['run_duration_high'],
  ],
  [
    'is large, and two runs in a hundred fail, of either kind',
    [
      ...QUIET,
      succeeded(often, always(98)),
      failed(often, always(2)),
      succeeded(seldom, every(1, 98)),
      failed(seldom, every(1, 2)),
    ],
    [],
  ],
  ['has replaced many a holder', [...QUIET, counter('holders_died', { fate: 'replaced' }, every(1, 5))], []],
  [
    'meets a stray caller twice in ten minutes',
    [...QUIET, counter('ticks_refused', { status: '401' }, every(5))],
    [],
  ],
  [
    'has two failures in one hour, which are not an hour’s alarm',
    [...QUIET, succeeded(often, every(10)), failed(often, (step) => once(100)(step) + once(140)(step))],
    ['runs_fail_daily'],
  ],
  [
    'has nine runs of items and 99 look-ups an hour, too few to judge',
    [
      ...QUIET,
      ...spread('items', always(1), every(60, 9, 30)),
      ...spread('items_run_ms', always(600_000), every(60, 9, 30)),
      ...spread('cache_hits', always(0), every(60, 1, 30)),
      ...spread('cache_misses', always(98), every(60, 1, 30)),
    ],
    [],
  ],
]

/** What must not stay unseen, however small the team. */
const DISASTERS: readonly Case[] = [
  [
    'all runs of a job fail, one every ten minutes',
    [...QUIET, failed(often, every(10))],
    ['runs_fail_daily', 'success_rate_critical'],
  ],
  [
    'all runs of a job fail, one every ten minutes, beside a heartbeat that is well',
    [...QUIET, HEARTBEAT, failed(often, every(10))],
    ['runs_fail_daily'],
  ],
  [
    'a nightly job fails, beside a heartbeat that is well',
    [...QUIET, HEARTBEAT, failed(seldom, once(100))],
    ['runs_fail_daily'],
  ],
  [
    'a nightly job dies with its process, beside a heartbeat that is well',
    [...QUIET, HEARTBEAT, counter('holders_died', { fate: 'failed', ...seldom }, once(100))],
    ['runs_fail_daily'],
  ],
  [
    'three nightly jobs fail, and nothing else runs',
    [...QUIET, failed(seldom, (step) => once(100)(step) + once(140, 2)(step))],
    ['runs_fail_daily', 'success_rate_critical'],
  ],
  [
    'no tick comes, while the legacy path works',
    [...WELL, HEARTBEAT, counter('attempts', { outcome: 'succeeded' }, every(1))],
    ['ticks_missing'],
  ],
  [
    'a tick every minute finds a nightly job due, and does not execute it',
    [...QUIET, ...spread('jobs_due', always(1), from(30, every(1))), ...spread('jobs_executed', always(0))],
    ['no_runs'],
  ],
  [
    'the ticks of one lane of two fail to come, so that the watch finds its jobs overdue and is answered 503',
    [MINUTELY, ...spread('overdue', always(2), every(5, 1, 1)), ...onlyTheWatchFails()],
    ['jobs_overdue'],
  ],
  [
    'the only tick in five minutes is answered 500 as often as it is tried again',
    [...QUIET.slice(0, -1), answers('2xx', every(5)), answers('5xx', every(5, 3, 1))],
    ['server_errors'],
  ],
  [
    'three ticks in ten minutes are refused',
    [...QUIET, counter('ticks_refused', { status: '403' }, (step) => (step % 20 < 3 ? 1 : 0))],
    ['ticks_refused'],
  ],
]

function onlyTheWatchFails(): Rising[] {
  return [
    answers('2xx', every(5)),
    answers('5xx', every(5, 1, 1)),
    counter('requests_refused', { status: '503', code: 'jobs_overdue' }, every(5, 1, 1)),
  ]
}

describe.skipIf(NO_PROMTOOL !== null)('the alerts of an hour and a half', () => {
  it.each([
    ['of a team that is well', HEALTHY],
    ['in which something goes badly', DISASTERS],
  ])('%s are those that say it, and no other', async (_, cases) => {
    const fired = await firing(
      cases.map(([, series]) => series),
      MINUTES,
      EVERY_SECONDS,
    )
    expect(Object.fromEntries(cases.map(([what], index) => [what, fired[index]]))).toEqual(
      Object.fromEntries(cases.map(([what, , alerts]) => [what, alerts])),
    )
  })
})
