import { beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Mismatch } from '../../functions/shadow/compare/judge.ts'
import type { ShadowReport } from '../../functions/shadow/report.ts'
import {
  type Context,
  defineJob,
  type JobDefinition,
  type JobOptions,
} from '../../functions/target/handler.ts'
import type { Ask } from '../../functions/target/intents.ts'
import { mismatchesOf } from '../support/mismatches.ts'
import { moving } from '../support/moving.ts'
import { type OutsideAttempt, type OutsideJob, startOutside } from '../support/outside-scheduler.ts'

type Here = Partial<JobOptions<unknown>>
type There = Partial<OutsideJob>

const START = Date.parse('2030-01-31T19:31:00Z')
const DEPLOY = Date.parse('2030-02-01T06:31:00Z')
const OUTAGE = { from: Date.parse('2030-01-31T22:25:00Z'), to: Date.parse('2030-01-31T22:55:00Z') }
const END = Date.parse('2030-02-01T20:31:00Z')

/** One difference between both job files; a side that is null does not have the job. */
interface Planted {
  readonly what: string
  /** What both files say. */
  readonly schedule?: string
  /** The older scheduler's own way. */
  readonly there?: There | null
  /** The new job file's own way. */
  readonly here?: Here | null
  /** The job as the second revision has it; null: that has it no more. */
  readonly redefined?: Here | null
  readonly found: readonly Mismatch[]
}

const PLANTED: Readonly<Record<string, Planted>> = {
  'unknown-here': { what: 'a job that the new path misses', here: null, found: ['only_legacy'] },
  'dropped-there': { what: 'a job that the old path runs no more', there: null, found: ['only_tick'] },
  'extra-here': {
    what: 'a run in between that the new path adds',
    there: { schedule: '0 */6 * * *' },
    found: ['only_tick'],
  },
  'twice-here': {
    what: 'half the period on the new path',
    there: { schedule: '0 */2 * * *' },
    here: { schedule: '@every 1h' },
    found: ['only_tick'],
  },
  'half-here': {
    what: 'twice the period on the new path',
    there: { schedule: '0 * * * *' },
    here: { schedule: '0 */2 * * *' },
    found: ['only_legacy'],
  },
  'other-payload': {
    what: 'another payload',
    there: { payload: { city: 'Köln' } },
    here: { with: { city: 'Bonn' } },
    found: ['intents_differ'],
  },
  'other-input': {
    what: 'another input of an effect',
    there: { effects: () => [{ key: 'post', input: { to: 'all' } }] },
    here: { run: asking(() => [{ key: 'post', input: { to: 'none' } }]) },
    found: ['intents_differ'],
  },
  'one-more': {
    what: 'one effect more',
    here: { run: asking(posts(['post', 'mail'])) },
    found: ['intents_differ'],
  },
  'one-less': { what: 'one effect less', here: { run: asking(() => []) }, found: ['intents_differ'] },
  'other-key': {
    what: 'another key of an effect',
    here: { run: asking(posts(['send'])) },
    found: ['intents_differ'],
  },
  'fails-here': {
    what: 'a failure on the new path',
    here: { run: () => Promise.reject(new Error('not my day')) },
    found: ['outcome_differs'],
  },
  'fails-there': {
    what: 'a failure on the old path',
    there: { fails: () => true, effects: () => [] },
    found: ['outcome_differs'],
  },
  'lost-retry': {
    what: 'a retry that is lost',
    there: { fails: ({ attempt }) => attempt === 1 },
    here: {
      policies: { max_attempts: 1 },
      run: async ({ attempt }) => {
        if (attempt === 1) throw new Error('only the second time')
      },
    },
    found: ['outcome_differs'],
  },
  'no-handler': {
    what: 'a handler that a deploy has lost',
    redefined: null,
    found: ['outcome_differs'],
  },
  'wrong-zone': {
    what: 'a wrong time zone',
    there: { schedule: { cron: '30 4 * * *', time_zone: 'Europe/Berlin' } },
    here: { schedule: '30 4 * * *' },
    found: ['only_legacy', 'only_tick'],
  },
  'wrong-day': {
    what: 'a day of the month that is off by one',
    there: { schedule: '0 20 31 * *' },
    here: { schedule: '0 20 1 * *' },
    found: ['only_legacy', 'only_tick'],
  },
  'jittered-here': {
    what: 'an offset that the new path adds',
    here: { policies: { jitter_seconds: 3600 } },
    found: ['only_legacy', 'only_tick'],
  },
  'off-there': {
    what: 'a job that the old path switches off one day',
    there: { off_at: DEPLOY },
    found: ['only_tick'],
  },
  'changed-here': {
    what: 'a new schedule that the old path was not told of',
    redefined: { schedule: '45 */3 * * *' },
    found: ['only_legacy', 'only_tick'],
  },
  'told-here': {
    what: 'a new payload that the old path was not told of',
    there: { payload: { limit: 10 } },
    here: { with: { limit: 10 } },
    redefined: { with: { limit: 20 } },
    found: ['intents_differ'],
  },
  'longer-there': {
    what: 'a run that is still under way on the old path when the next falls due',
    schedule: '*/20 12-13 * * *',
    there: { lasts_ms: 25 * 60_000 },
    found: ['only_tick'],
  },
  'by-wall-clock': {
    what: 'an effect made of the instant at which it is performed',
    there: { effects: ({ now }) => [{ key: 'post', input: now }] },
    found: ['intents_differ'],
  },
  'clock-behind': {
    what: 'a reporter whose clock is behind',
    here: { policies: { shadow_tolerance_seconds: 4 } },
    found: ['late'],
  },
  'clock-wrong': { what: 'a reporter whose clock is too far off to be let in', found: ['only_tick'] },
  'late-lane': {
    what: 'a cadence of the ticks that is too slow',
    schedule: '5 */3 * * *',
    here: { lane: 'rare' },
    found: ['late'],
  },
  'after-the-gap': {
    what: 'half an hour without a tick',
    schedule: '30 */2 * * *',
    here: { lane: 'gap' },
    found: ['late'],
  },
  'in-the-gap': {
    what: 'what nobody looked at during that half hour, and is not made up for',
    schedule: '*/10 22 * * *',
    here: { lane: 'gap' },
    found: ['only_legacy', 'late'],
  },
  'dropped-here': {
    what: 'a catch-up window that drops on one side',
    schedule: '30 */2 * * *',
    here: { lane: 'gap', policies: { catchup_window_seconds: 600 } },
    found: ['only_legacy'],
  },
  agrees: { what: 'a job that both have', found: [] },
  'agrees-without-effects': {
    what: 'a job that both have, of which the old one reports no effects',
    there: { effects: () => [] },
    here: { policies: { shadow: 'plan' } },
    found: [],
  },
  'agrees-often': { what: 'a frequent job that both have', schedule: '*/15 * * * *', found: [] },
  'agrees-daily': { what: 'a daily job that both have', schedule: '30 4 * * *', found: [] },
  'agrees-though-it-fails': {
    what: 'a job that fails on both paths',
    there: { fails: () => true, effects: () => [] },
    here: { run: () => Promise.reject(new Error('never')) },
    found: [],
  },
  'agrees-when-retried': {
    what: 'a job that succeeds at the second attempt on both paths',
    there: { fails: ({ attempt }) => attempt === 1 },
    here: {
      run: async (context) => {
        if (context.attempt === 1) throw new Error('only the second time')
        await asking(posts(['post']))(context)
      },
    },
    found: [],
  },
  'agrees-in-the-rare-lane': {
    what: 'a job in time with the slow ticks',
    schedule: '0 */3 * * *',
    here: { lane: 'rare' },
    found: [],
  },
  'agrees-around-the-gap': {
    what: 'a job that is not due in that half hour',
    schedule: '0 * * * *',
    here: { lane: 'gap' },
    found: [],
  },
}

describe('against an outside scheduler with a job file of its own', () => {
  let report: ShadowReport

  beforeAll(async () => {
    report = await withOutside()
  })

  test.each(Object.entries(PLANTED))('%s is judged right', (name, { found }) => {
    expect(mismatchesOf(report, name)).toEqual(found)
  })

  test('nothing but what was planted is found', () => {
    expect(report.jobs.map(({ job }) => job)).toEqual(Object.keys(PLANTED).toSorted())
  })
})

async function withOutside(): Promise<ShadowReport> {
  const world = moving({ start: START })
  const flags = {
    ROLLOUT_STAGE: '3',
    SCHEDULER_LANES: 'default,gap,rare',
    SCHEDULER_TIMEZONE: 'UTC',
  }
  let serving = world.deploy(flags, newJobs(false))
  const isGap = () => OUTAGE.from <= world.clock.now() && world.clock.now() < OUTAGE.to
  world.ticking('default', () => serving)
  world.ticking('gap', () => (isGap() ? null : serving))
  world.ticking('rare', () => serving, 600_000)
  const stop = new AbortController()
  const common = { clock: world.clock, time_zone: 'UTC', serving: () => serving, stop: stop.signal }
  const [behind, wrong] = ['clock-behind', 'clock-wrong']
  startOutside({ ...common, jobs: oldJobs().filter(({ name }) => name !== behind && name !== wrong) })
  startOutside({ ...common, jobs: oldJobs().filter(({ name }) => name === behind), ahead_ms: -8_000 })
  startOutside({ ...common, jobs: oldJobs().filter(({ name }) => name === wrong), ahead_ms: 60_000 })
  await world.clock.advanceTo(DEPLOY)
  serving.stop()
  serving = world.deploy(flags, newJobs(true))
  await world.clock.advanceTo(END)
  const { json } = await serving.call(
    'operator',
    'GET',
    `/api/shadow/report?from=${new Date(START).toISOString()}`,
  )
  stop.abort()
  await world.close()
  return json

  function newJobs(second: boolean): JobDefinition[] {
    return Object.entries(PLANTED).flatMap(([name, { schedule, here = {}, redefined = {} }]) => {
      if (here === null || (second && redefined === null)) return []
      const base = { payload: z.unknown(), schedule: schedule ?? '0 */3 * * *', run: asking(posts(['post'])) }
      const chosen = { ...base, ...here, ...(second && redefined) }
      const run =
        name === 'by-wall-clock' ? asking(() => [{ key: 'post', input: world.clock.now() }]) : chosen.run
      return [defineJob({ ...chosen, name, run, policies: { shadow: 'run', ...here.policies } })]
    })
  }
}

function oldJobs(): OutsideJob[] {
  return Object.entries(PLANTED).flatMap(([name, { schedule = '0 */3 * * *', there = {} }]) =>
    there === null ? [] : [{ schedule, effects: posts(['post']), ...there, name }],
  )
}

/** The effects that most of these jobs have: a post about the instant that they were due. */
function posts(keys: readonly string[]): (attempt: Pick<OutsideAttempt, 'scheduled_for'>) => Ask[] {
  return ({ scheduled_for }) => keys.map((key) => ({ key, input: { at: scheduled_for } }))
}

function asking(effects: (attempt: Pick<OutsideAttempt, 'scheduled_for'>) => readonly Ask[]) {
  return async ({ effect, scheduled_for }: Context<unknown>) => {
    for (const { key, input } of effects({ scheduled_for: scheduled_for.getTime() }))
      await effect(key, input, async () => 'done', { shadow: 'done' })
  }
}
