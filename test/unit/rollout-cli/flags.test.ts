import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Config, loadConfig } from '../../../functions/config.ts'
import { hasJobs, shadowPath } from '../../../functions/rollout/stage.ts'
import { planAdvance } from '../../../scripts/rollout/advance.ts'
import type { Manner } from '../../../scripts/rollout/arguments.ts'
import { flagsFor, plainWish, problemsOf, type Wish, withChanges } from '../../../scripts/rollout/flags.ts'
import type { FlagChanges } from '../../../scripts/rollout/platform.ts'
import { planRollback, type Way } from '../../../scripts/rollout/rollback.ts'
import type { Step } from '../../../scripts/rollout/steps.ts'
import { FLAGS } from '../../support/memory-platform.ts'

const ENVIRONMENTS = ['local', 'qa', 'production']
const STORAGES = ['json', 'firestore'] as const
const LOOPS = ['on', 'off', null]
const SHADOWS = ['true', 'false', null]
const CANARIES: readonly FlagChanges[] = [
  {},
  { ROLLOUT_CANARY_PERCENT: '20' },
  { ROLLOUT_CANARY_JOBS: 'a,b' },
  { ROLLOUT_CANARY_PERCENT: '5', ROLLOUT_CANARY_JOBS: 'a' },
  { ROLLOUT_CANARY_SPLIT: 'alternate' },
]

/** Every combination of flags that a service may stand at. */
const PLACES = ENVIRONMENTS.flatMap((ENVIRONMENT) =>
  STORAGES.flatMap((SCHEDULER_STORAGE) =>
    LOOPS.flatMap((ROLLOUT_LEGACY_LOOP) =>
      SHADOWS.flatMap((SCHEDULER_SHADOW_MODE) =>
        CANARIES.flatMap((canary) =>
          [0, 1, 2, 3, 4, 5].map((stage) =>
            withChanges(FLAGS, {
              ENVIRONMENT,
              SCHEDULER_STORAGE,
              SCHEDULER_ALLOW_JSON_IN_PRODUCTION: SCHEDULER_STORAGE === 'json' ? 'yes' : null,
              ROLLOUT_LEGACY_LOOP,
              SCHEDULER_SHADOW_MODE,
              ROLLOUT_STAGE: String(stage),
              ...canary,
            }),
          ),
        ),
      ),
    ),
  ),
).filter((env) => problemsOf(env).length === 0)

const WISHES: readonly Omit<Wish, 'to'>[] = [null, 0, 30].flatMap((percent) =>
  [null, '', 'a,b'].flatMap((jobs) =>
    [false, true].flatMap((shadow) =>
      [null, true, false].flatMap((loop) =>
        [null, ...STORAGES].flatMap((storage) =>
          [false, true].map((alternate) => ({ percent, jobs, shadow, loop, storage, alternate })),
        ),
      ),
    ),
  ),
)

function changesIn(steps: readonly Step[]): FlagChanges {
  return Object.assign({}, ...steps.map((step) => (step.kind === 'deploy' ? step.changes : {})))
}

const place = fc.constantFrom(...PLACES)
const wish = fc
  .record({ to: fc.nat(5), rest: fc.constantFrom(...WISHES) })
  .map(({ to, rest }) => ({ to, ...rest }))
const way = fc.record({
  manner: fc.constantFrom<Manner>('full', 'partial', 'throttle', 'stage'),
  to: fc.nat(5),
  reason: fc.constant(null),
  loop: fc.constantFrom(null, true, false),
  storage: fc.constantFrom(null, ...STORAGES),
})

/** What each way back promises of the flags. */
const PROMISES: Readonly<Record<Manner, (after: Config, wanted: Way) => void>> = {
  full: (after) => expect(hasJobs('tick', after)).toBe(false),
  stage: (after, { to }) => expect(after.stage).toBe(to),
  partial: (after, { storage }) => expect(after.storage).toBe(storage ?? 'json'),
  throttle: (after) => {
    expect(after).toMatchObject({ concurrency: 1, batch_size: 5, cadence: '*/10 * * * *' })
    expect(after.lanes.every(({ dwell_seconds }) => dwell_seconds === null)).toBe(true)
  },
}

describe('whatever is wished for wherever a service stands', () => {
  test('there are enough places to tell', () => {
    expect(PLACES.length).toBeGreaterThan(150)
    expect(new Set(PLACES.map(({ ROLLOUT_STAGE }) => ROLLOUT_STAGE)).size).toBe(6)
  })

  test('an advance leads to flags that a service starts with, at the stage asked for, or is refused in a sentence', () => {
    fc.assert(
      fc.property(place, wish, (env, wanted) => {
        const plan = planAdvance(wanted, env, { reason: null, forced: [] })
        if (plan.kind === 'refused') return /^[A-Z-].*[.]$/.test(plan.reason)
        const after = loadConfig(withChanges(env, changesIn(plan.steps)))
        expect(after.stage).toBe(wanted.to)
        if (wanted.storage !== null) expect(after.storage).toBe(wanted.storage)
        if (wanted.alternate) expect(after.canary_split).toBe('alternate')
        if (wanted.percent !== null) expect(after.canary_percent).toBe(wanted.percent)
        expect(shadowPath(after) === 'legacy').toBe(wanted.to === 4 && wanted.shadow)
        return true
      }),
      { numRuns: 4_000 },
    )
  })

  test('a rollback leads to flags that a service starts with, or is refused in a sentence', () => {
    fc.assert(
      fc.property(place, way, (env, wanted) => {
        const plan = planRollback(wanted, env)
        if (plan.kind === 'refused') return /^[A-Z-].*[.]$/.test(plan.reason)
        const after = loadConfig(withChanges(env, changesIn(plan.steps)))
        PROMISES[wanted.manner](after, wanted)
        return true
      }),
      { numRuns: 4_000 },
    )
  })

  test('a full rollback is never refused', () => {
    for (const env of PLACES)
      expect(
        planRollback({ manner: 'full', to: null, reason: null, loop: null, storage: null }, env).kind,
      ).toBe('steps')
  })

  test('the plain way from stage to stage is open from every place that has a next', () => {
    for (const env of PLACES) {
      const { stage, environment } = loadConfig(env)
      if (stage === 5) continue
      const to = stage === 1 && environment === 'production' ? 3 : stage + 1
      expect(planAdvance(plainWish(to), env, { reason: null, forced: [] }).kind).toBe('steps')
    }
  })
})

/** The flags after a wish; fails when it is refused. */
function flagsAfter(env: typeof FLAGS | ReturnType<typeof withChanges>, wanted: Wish) {
  const planned = flagsFor(wanted, env)
  if (planned.kind === 'refused') throw new Error(planned.reason)
  return withChanges(env, planned.changes)
}

describe('the in-process loop', () => {
  const looping = { ...FLAGS, ROLLOUT_LEGACY_LOOP: 'on' }

  test('is set off, not unset, where a stage has no use for it, and comes back with the way back', () => {
    const cutover = flagsAfter(flagsAfter(looping, plainWish(3)), plainWish(4))
    expect(cutover).toMatchObject({ ROLLOUT_STAGE: '4', ROLLOUT_LEGACY_LOOP: 'off' })
    expect(flagsAfter(cutover, plainWish(3))).toMatchObject({ ROLLOUT_STAGE: '3', ROLLOUT_LEGACY_LOOP: 'on' })
    expect(flagsAfter(flagsAfter(cutover, plainWish(5)), plainWish(1))).toMatchObject({
      ROLLOUT_LEGACY_LOOP: 'on',
    })
  })

  test('goes on in shadow at stage 4 with --shadow', () => {
    expect(flagsAfter(flagsAfter(looping, plainWish(3)), plainWish(4, { shadow: true }))).toMatchObject({
      ROLLOUT_LEGACY_LOOP: 'on',
      SCHEDULER_SHADOW_MODE: 'true',
    })
  })

  test('never begins by itself where the legacy path is an outside scheduler', () => {
    const cutover = flagsAfter(flagsAfter(FLAGS, plainWish(3)), plainWish(4))
    expect(flagsAfter(cutover, plainWish(1))).not.toHaveProperty('ROLLOUT_LEGACY_LOOP')
    const off = { ...FLAGS, ROLLOUT_LEGACY_LOOP: 'off' }
    expect(flagsAfter(off, plainWish(3))).toMatchObject({ ROLLOUT_LEGACY_LOOP: 'off' })
  })

  test('can be said to be the legacy path, or not to be', () => {
    const cutover = { ...FLAGS, ROLLOUT_STAGE: '4' }
    expect(flagsAfter(cutover, plainWish(1, { loop: true }))).toMatchObject({ ROLLOUT_LEGACY_LOOP: 'on' })
    expect(flagsAfter(looping, plainWish(3, { loop: false }))).not.toHaveProperty('ROLLOUT_LEGACY_LOOP')
  })
})

describe('the canary', () => {
  const shadowing = { ...FLAGS, ROLLOUT_STAGE: '3' }

  test('is changed flag by flag within stage 3, and gone outside it', () => {
    const ten = flagsAfter(shadowing, plainWish(3, { percent: 10 }))
    const both = flagsAfter(ten, plainWish(3, { jobs: 'a,b' }))
    expect(both).toMatchObject({ ROLLOUT_CANARY_PERCENT: '10', ROLLOUT_CANARY_JOBS: 'a,b' })
    const taken = flagsAfter(both, plainWish(3, { alternate: true }))
    expect(taken).toMatchObject({ ROLLOUT_CANARY_SPLIT: 'alternate' })
    expect(taken).not.toHaveProperty('ROLLOUT_CANARY_PERCENT')
    expect(Object.keys(flagsAfter(both, plainWish(4))).filter((name) => name.includes('CANARY'))).toEqual([])
  })

  test('of nothing is no canary', () => {
    const ten = flagsAfter(shadowing, plainWish(3, { percent: 10, jobs: 'a' }))
    expect(flagsAfter(ten, plainWish(3, { percent: 0, jobs: '' }))).toEqual(shadowing)
  })
})

describe('the storage', () => {
  test('changes on the way to stage 4, where the state is copied between stop and deploy', () => {
    const env = { ...FLAGS, ROLLOUT_STAGE: '3' }
    const plan = planAdvance(plainWish(4, { storage: 'firestore' }), env, { reason: null, forced: [] })
    expect(plan).toMatchObject({
      steps: [
        { kind: 'stop' },
        { kind: 'copy', from: 'json', to: 'firestore' },
        { kind: 'deploy', changes: { SCHEDULER_STORAGE: 'firestore', ROLLOUT_STAGE: '4' } },
        { kind: 'schedule' },
        { kind: 'resume' },
        { kind: 'record' },
        { kind: 'retire' },
        { kind: 'verify' },
      ],
    })
  })

  test('of production is json only by saying so, and that is taken back with it', () => {
    const env = { ...FLAGS, ENVIRONMENT: 'production', SCHEDULER_STORAGE: 'firestore', ROLLOUT_STAGE: '4' }
    const partial = { manner: 'partial', to: null, reason: null, loop: null } as const
    const there = planRollback({ ...partial, storage: null }, env)
    expect(there.kind === 'steps' && changesIn(there.steps)).toEqual({
      SCHEDULER_STORAGE: 'json',
      SCHEDULER_ALLOW_JSON_IN_PRODUCTION: 'yes',
    })
    const json = { ...env, SCHEDULER_STORAGE: 'json', SCHEDULER_ALLOW_JSON_IN_PRODUCTION: 'yes' }
    const back = planRollback({ ...partial, storage: 'firestore' }, json)
    expect(back.kind === 'steps' && changesIn(back.steps)).toEqual({
      SCHEDULER_STORAGE: 'firestore',
      SCHEDULER_ALLOW_JSON_IN_PRODUCTION: null,
    })
  })
})

describe('an advance', () => {
  test.each([
    ['skips a stage', { ROLLOUT_STAGE: '1' }, 4, /not skipped: from stage 1 it goes to 2/],
    ['skips qa outside production', { ROLLOUT_STAGE: '1' }, 3, /from stage 1 it goes to 2/],
    ['goes back', { ROLLOUT_STAGE: '3' }, 1, /rollback --to 1/],
  ])('is refused when it %s', (_, env, to, reason) => {
    const plan = planAdvance(plainWish(to), { ...FLAGS, ...env }, { reason: null, forced: [] })
    expect(plan).toEqual({ kind: 'refused', reason: expect.stringMatching(reason) })
  })

  test('that is forced is recorded with its reason before anything is changed', () => {
    const plan = planAdvance(plainWish(2), FLAGS, { reason: 'Friday', forced: ['stage_age: inconclusive'] })
    expect(plan).toMatchObject({
      steps: [
        {
          kind: 'record',
          record: {
            action: 'rollout_forced',
            before: { ROLLOUT_STAGE: '1' },
            after: { ROLLOUT_STAGE: '2' },
            reason: 'Friday (did not pass: stage_age: inconclusive)',
          },
        },
        { kind: 'deploy' },
        ...['schedule', 'resume', 'record', 'retire', 'verify'].map((kind) => ({ kind })),
      ],
    })
  })
})
