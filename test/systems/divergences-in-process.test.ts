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
import { mismatchesOf } from '../support/mismatches.ts'
import { type Flags, moving } from '../support/moving.ts'
import type { VirtualClock } from '../support/virtual-clock.ts'

const START = Date.parse('2030-02-01T01:31:00Z')
const END = Date.parse('2030-02-01T05:31:00Z')

/** A loop that looks every five minutes only; what it starts that late is accepted, but for the jobs that say otherwise. */
const SLOW_LOOP = {
  ROLLOUT_LEGACY_LOOP: 'on',
  ROLLOUT_LEGACY_POLL_SECONDS: '300',
  ROLLOUT_TOLERANCE_SECONDS: '400',
}

interface Planted extends Omit<JobOptions<unknown>, 'name' | 'payload'> {
  readonly found: readonly Mismatch[]
}

/** One job file, which both paths go by: they differ in what they are, and in what the handlers make of that. */
const planted = (clock: VirtualClock): Readonly<Record<string, Planted>> => ({
  'looked-at-too-seldom': {
    schedule: '7 * * * *',
    policies: { shadow_tolerance_seconds: 60 },
    run: post,
    found: ['late'],
  },
  starved: { schedule: '5 * * * *', run: post, found: ['late'] },
  'starves-others': {
    schedule: '0 3 * * *',
    policies: { timeout_seconds: 3000 },
    run: async () => clock.sleep(20 * 60_000),
    found: [],
  },
  'coalesced-by-the-slow-loop': { schedule: '@every 60s', run: post, found: ['only_tick'] },
  'by-wall-clock': {
    schedule: '50 * * * *',
    run: async ({ effect }) => effect('post', clock.now(), async () => 'done', { shadow: 'done' }),
    found: ['intents_differ'],
  },
  'tries-once': {
    schedule: '25 * * * *',
    policies: { max_attempts: 1 },
    run: async ({ attempt }) => {
      if (attempt === 1) throw new Error('only the second time')
    },
    found: ['outcome_differs'],
  },
  'answered-badly': {
    schedule: '35 * * * *',
    run: async ({ effect }) => {
      const { id } = await effect('order', {}, async () => ({ id: '7' }), { shadow: {} as { id: string } })
      return id.length
    },
    found: ['outcome_differs'],
  },
  agrees: { schedule: '*/20 * * * *', run: post, found: [] },
  'agrees-when-planned': { schedule: '45 * * * *', policies: { shadow: 'plan' }, run: post, found: [] },
})

describe.each([
  ['3', 'the ticks are the shadow of the loop', {}],
  ['4', 'the loop is the shadow of the ticks', { SCHEDULER_SHADOW_MODE: 'true' }],
])('at stage %s, where %s', (stage, _, flags) => {
  let report: ShadowReport

  beforeAll(async () => {
    report = await reportOf({ ...SLOW_LOOP, ...flags, ROLLOUT_STAGE: stage })
  })

  test.each(Object.keys(planted({} as VirtualClock)))('%s is judged right', (name) => {
    expect(mismatchesOf(report, name)).toEqual(planted({} as VirtualClock)[name]?.found)
  })

  test('the loop is what starts late', () => {
    for (const { verdict, legacy, tick } of report.jobs.flatMap(({ examples }) => examples))
      if (verdict === 'late')
        expect(Date.parse(legacy.started_at!)).toBeGreaterThan(Date.parse(tick.started_at!))
  })
})

async function reportOf(flags: Flags): Promise<ShadowReport> {
  const world = moving({ start: START })
  const jobs = Object.entries(planted(world.clock)).map(([name, options]): JobDefinition => {
    return defineJob({
      ...options,
      name,
      payload: z.unknown(),
      policies: { shadow: 'run', ...options.policies },
    })
  })
  const revision = world.deploy(flags, jobs)
  world.ticking('default', () => revision)
  await world.clock.advanceTo(END)
  const { json } = await revision.call('operator', 'GET', '/api/shadow/report')
  revision.stop()
  await world.close()
  return json
}

async function post({ effect, scheduled_for }: Context<unknown>): Promise<void> {
  await effect('post', { at: scheduled_for.getTime() }, async () => 'done', { shadow: 'done' })
}
