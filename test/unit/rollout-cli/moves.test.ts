import { describe, expect, test } from 'vitest'
import type { Env } from '../../../functions/config.ts'
import { planAdvance } from '../../../scripts/rollout/advance.ts'
import { plainWish } from '../../../scripts/rollout/flags.ts'
import { setUp } from '../../../scripts/rollout/jobs.ts'
import { type Ended, performAll } from '../../../scripts/rollout/perform.ts'
import { planRollback, type Way } from '../../../scripts/rollout/rollback.ts'
import { FLAGS, handsOf, memoryPlatform, type World, worldOf } from '../../support/memory-platform.ts'
import { until } from '../../support/until.ts'

const CUTOVER = {
  ...FLAGS,
  ROLLOUT_STAGE: '4',
  ROLLOUT_LEGACY_LOOP: 'off',
  SCHEDULER_STORAGE: 'firestore',
  SCHEDULER_LANES: 'high:dwell,low',
}
const WAYS: readonly Way[] = (['full', 'partial', 'throttle', 'stage'] as const).map((manner) => ({
  manner,
  to: manner === 'stage' ? 3 : null,
  reason: 'rehearsal',
  loop: null,
  storage: null,
}))

/** A world that has run for long with these flags, its Cloud Scheduler set up. */
async function running(env: Env = CUTOVER): Promise<World> {
  const world = worldOf(env)
  await setUp(memoryPlatform(world), env, false)
  world.log.length = 0
  return world
}

/** Carries the rollback out as the command does, planned anew from what stands; the clock moves by itself. */
async function rollBack(world: World, way: Way): Promise<Ended> {
  const plan = planRollback(way, world.env)
  if (plan.kind === 'refused') throw new Error(plan.reason)
  return timed(world, performAll(plan.steps, handsOf(world)))
}

async function timed<T>(world: World, work: Promise<T>): Promise<T> {
  let over = false
  void work.then(
    () => (over = true),
    () => (over = true),
  )
  await until(() => {
    void world.clock.advance(1_000)
    return over
  }, 'the steps are carried out')
  return work
}

/** What must be the same however often a rollback was cut off. */
function standing({ env, jobs, state, leases, revisions }: World) {
  const posts = jobs.map(({ spec, state }) => `${spec.id} ${spec.schedule} ${state}`).toSorted()
  return { env, posts, state, leases, serves: revisions.some(({ serves }) => serves) }
}

describe.each(WAYS)('a rollback ($manner)', (way) => {
  test('ends as it should, with nothing found wrong, and is recorded', async () => {
    const world = await running()
    expect((await rollBack(world, way)).problems).toEqual([])
    expect(world.records).toMatchObject([{ action: 'rollout_rolled_back', reason: 'rehearsal' }])
  })

  test('that is cut off anywhere and run again ends the same', async () => {
    const whole = await running()
    await rollBack(whole, way)
    const cuts = whole.log.flatMap((_, at) =>
      (['before', 'after'] as const).map((moment) => ({ at, moment })),
    )
    expect(cuts.length).toBeGreaterThan(3)
    for (const { at, moment } of cuts) {
      const world = await running()
      let made = 0
      world.disturb = (what, when) => {
        if (when !== moment) return
        if (made++ === at && what !== 'record') throw new Error('killed')
      }
      await rollBack(world, way).catch(() => undefined)
      world.disturb = () => undefined
      expect((await rollBack(world, way)).problems).toEqual([])
      expect(standing(world)).toEqual(standing(whole))
    }
  })

  test('that is done changes nothing when it is run again, but for its record', async () => {
    const world = await running()
    await rollBack(world, way)
    const before = standing(world)
    world.log.length = 0
    await rollBack(world, way)
    expect(standing(world)).toEqual(before)
    expect(world.log.filter((what) => !/^(pause|resume) |^record$/.test(what))).toEqual([])
  })
})

describe('a full rollback', () => {
  const [full] = WAYS

  test('pauses Cloud Scheduler, then sets the flags, then frees what is past its end', async () => {
    const world = await running()
    world.leases = { alive: 0, past_end: 2 }
    await rollBack(world, full!)
    expect(world.log).toEqual([
      'pause tickover-high-even',
      'pause tickover-high-odd',
      'pause tickover-low',
      'deploy 1',
      'free',
      'record',
    ])
    expect(world.env).toMatchObject({ ROLLOUT_STAGE: '1', ROLLOUT_LEGACY_LOOP: 'on' })
  })

  test('waits for living leases, and says for what', async () => {
    const world = await running()
    world.leases = { alive: 1, past_end: 0 }
    void world.clock.sleep(42_000).then(() => (world.leases = { alive: 0, past_end: 1 }))
    const { seconds, problems } = await rollBack(world, full!)
    expect(problems).toEqual([])
    expect(seconds).toBeGreaterThanOrEqual(42)
    expect(world.said.join('\n')).toContain('the ticks hold 1 living leases')
  })

  test('does not wait for ever, and does not pass with a lease that lives on', async () => {
    const world = await running()
    world.leases = { alive: 1, past_end: 0 }
    const { seconds, problems } = await rollBack(world, full!)
    expect(problems).toContain('the ticks hold 1 living leases')
    expect(seconds).toBeLessThan(75 + 300 + 60)
  })

  test('is not held up by an audit that cannot be written, and says so', async () => {
    const world = await running()
    world.disturb = (what) => {
      if (what === 'record') throw new Error('the store is away')
    }
    const { problems } = await rollBack(world, full!)
    expect(problems).toEqual(['the audit was not written: the store is away'])
  })
})

test('a rollback that leaves the jobs to ticks which are all paused does not pass', async () => {
  const world = await running()
  world.jobs = world.jobs.map((job) => ({ ...job, state: 'PAUSED' }))
  const { problems } = await rollBack(world, { ...WAYS[3]!, to: 4 })
  expect(problems).toEqual([expect.stringContaining('no tick comes')])
})

test('a throttled lane does not dwell, and its second Cloud Scheduler job is gone', async () => {
  const world = await running()
  await rollBack(world, WAYS[2]!)
  expect(standing(world).posts).toEqual([
    'tickover-high */10 * * * * ENABLED',
    'tickover-low */10 * * * * ENABLED',
  ])
})

test('a partial rollback copies the state while nothing ticks and nobody is at it', async () => {
  const world = await running({ ...CUTOVER, SCHEDULER_LANES: 'default' })
  await rollBack(world, WAYS[1]!)
  expect(world.log).toEqual([
    'pause tickover-default',
    'stop',
    'copy firestore json',
    'deploy 4',
    'resume tickover-default',
    'record',
  ])
})

test('a partial rollback whose copy fails leaves the service up where its state is', async () => {
  const world = await running()
  world.disturb = (what) => {
    if (what.startsWith('copy')) throw new Error('out of reach')
  }
  await expect(rollBack(world, WAYS[1]!)).rejects.toThrow('out of reach')
  expect(standing(world)).toMatchObject({ serves: true, env: { SCHEDULER_STORAGE: 'firestore' } })
})

/** At stage 1 after a rollback: the loop is live, and nothing posts. */
async function rolledBack(): Promise<World> {
  const world = await running({ ...FLAGS, ROLLOUT_LEGACY_LOOP: 'on' })
  world.jobs = world.jobs.map((job) => ({ ...job, state: 'PAUSED' }))
  return world
}

async function toQa(world: World): Promise<Ended> {
  const plan = planAdvance(plainWish(2), world.env, { reason: 'go', forced: [] })
  if (plan.kind === 'refused') throw new Error(plan.reason)
  return timed(world, performAll(plan.steps, handsOf(world)))
}

/** From stage 3 to 4, the state moved to Firestore. */
async function advance(world: World, forced: readonly string[] = []): Promise<Ended> {
  const plan = planAdvance(plainWish(4, { storage: 'firestore' }), world.env, { reason: 'go', forced })
  if (plan.kind === 'refused') throw new Error(plan.reason)
  return timed(world, performAll(plan.steps, handsOf(world)))
}

describe('an advance', () => {
  const shadowing = { ...FLAGS, ROLLOUT_STAGE: '3' }

  test('copies the state while nobody is at it, and is recorded', async () => {
    const world = await running(shadowing)
    expect((await advance(world)).problems).toEqual([])
    expect(world.log).toEqual(['stop', 'copy json firestore', 'deploy 4', 'record'])
    expect(world.state.firestore).toBe('the jobs')
  })

  test('resumes what a rollback paused', async () => {
    const world = await running(shadowing)
    world.jobs = world.jobs.map((job) => ({ ...job, state: 'PAUSED' }))
    await advance(world)
    expect(standing(world).posts).toEqual(['tickover-default * * * * * ENABLED'])
  })

  test('that is cut off anywhere is finished by an advance to the stage that then stands', async () => {
    const whole = await rolledBack()
    await toQa(whole)
    for (const what of ['deploy 2', 'resume tickover-default', 'record']) {
      const world = await rolledBack()
      world.disturb = (made, moment) => {
        if (made === what && moment === 'after') throw new Error('killed')
      }
      await expect(toQa(world)).rejects.toThrow('killed')
      world.disturb = () => undefined
      expect((await toQa(world)).problems).toEqual([])
      expect(standing(world)).toEqual(standing(whole))
    }
  })

  test('ends two cadences after the last claim of an older revision that is still there', async () => {
    const world = await running({ ...shadowing, SCHEDULER_STORAGE: 'firestore' })
    const { platform } = handsOf(world)
    const began = world.clock.now()
    world.evidence = {
      revisions: [{ revision: 'r-1', last_tick_at: began, last_claimed_at: began + 30_000 }],
    }
    const plan = planAdvance(plainWish(4), world.env, { reason: null, forced: [] })
    if (plan.kind === 'refused') throw new Error(plan.reason)
    const old = { name: 'r-1', serves: false }
    const hands = {
      ...handsOf(world),
      platform: { ...platform, revisions: async () => [...(await platform.revisions()), old] },
    }
    const { seconds, problems } = await timed(world, performAll(plan.steps, hands))
    expect(problems).toEqual([])
    expect(seconds).toBeGreaterThanOrEqual(150)
    expect(seconds).toBeLessThan(170)
  })

  test('that is forced changes nothing when the force cannot be recorded', async () => {
    const world = await running(shadowing)
    world.disturb = (what) => {
      if (what === 'record') throw new Error('403')
    }
    await expect(advance(world, ['stage_age: inconclusive'])).rejects.toThrow('403')
    expect(world.log).toEqual([])
  })
})
