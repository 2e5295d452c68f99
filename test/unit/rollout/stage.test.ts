import { type Arbitrary, array, assert, constantFrom, integer, property, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../../functions/config.ts'
import { TickoverError } from '../../../functions/errors.ts'
import {
  dutyOf,
  epochOf,
  handoverAfter,
  hasJobs,
  MOVED,
  mayClaim,
  mayShadow,
  ownerOf,
  type Rollout,
  shadowPath,
} from '../../../functions/rollout/stage.ts'

const NOON = Date.UTC(2030, 0, 31, 12)
const MINUTE = 60_000

const at = (stage: number, changes: Partial<Rollout> = {}): Rollout => ({ ...MOVED, stage, ...changes })

/** Any flags, forbidden combinations among them: who may claim must not depend on their being right. */
const rollouts: Arbitrary<Rollout> = record({
  stage: integer({ min: 0, max: 5 }),
  shadow_mode: constantFrom(null, true, false),
  canary_percent: integer({ min: 0, max: 100 }),
  canary_jobs: array(constantFrom('a', 'b', 'c'), { maxLength: 2 }),
  canary_split: constantFrom('stable', 'alternate'),
  legacy_loop: constantFrom('on', 'off'),
})
const instants = integer({ min: NOON, max: NOON + 86_400_000 })
const jobs = constantFrom('a', 'b', 'c', 'weekly-digest', 'route-broadcast')

describe('who may claim', () => {
  it('is always exactly one of both paths', () => {
    assert(
      property(rollouts, jobs, instants, (rollout, job, now) => {
        const paths = (['legacy', 'tick'] as const).filter((path) => mayClaim(path, job, now, rollout))
        expect(paths).toEqual([ownerOf(job, now, rollout)])
      }),
    )
  })

  it.each([
    [0, 'legacy', 'answer', null],
    [1, 'legacy', 'plan', null],
    [2, 'tick', 'work', null],
    [3, 'legacy', 'plan', 'tick'],
    [4, 'tick', 'work', null],
    [5, 'tick', 'work', null],
  ] as const)(
    'at stage %i is %s, the tick is there to %s, and in shadow runs %s',
    (stage, path, duty, shadow) => {
      expect([ownerOf('a', NOON, at(stage)), dutyOf(at(stage)), shadowPath(at(stage))]).toEqual([
        path,
        duty,
        shadow,
      ])
    },
  )

  it('at stage 3 is the ticks for about the canary’s share of the jobs, always the same ones', () => {
    const names = Array.from({ length: 2000 }, (_, n) => `job-${n}`)
    const canaries = (percent: number) =>
      names.filter((job) => mayClaim('tick', job, NOON, at(3, { canary_percent: percent })))
    expect(canaries(0)).toEqual([])
    expect(canaries(100)).toEqual(names)
    expect(Math.abs(canaries(10).length - 200)).toBeLessThan(60)
    expect(canaries(10).every((job) => canaries(20).includes(job))).toBe(true)
  })

  it('at stage 3 is the ticks for the jobs named', () => {
    const rollout = at(3, { canary_jobs: ['b'] })
    expect(['a', 'b', 'c'].map((job) => ownerOf(job, NOON, rollout))).toEqual(['legacy', 'tick', 'legacy'])
    expect(dutyOf(rollout)).toBe('work')
  })

  it('alternates by quarter hours: the legacy path from :00 and :30, the ticks from :15 and :45', () => {
    const rollout = at(3, { canary_split: 'alternate' })
    const owners = [0, 14, 15, 29, 30, 45, 59, 60].map((minute) =>
      ownerOf('a', NOON + minute * MINUTE, rollout),
    )
    expect(owners).toEqual(['legacy', 'legacy', 'tick', 'tick', 'legacy', 'tick', 'tick', 'legacy'])
    expect(handoverAfter(NOON + MINUTE, rollout)).toBe(NOON + 15 * MINUTE)
    expect(handoverAfter(NOON + 15 * MINUTE, rollout)).toBe(NOON + 30 * MINUTE)
  })

  it('changes by itself at a handover only', () => {
    assert(
      property(rollouts, jobs, instants, (rollout, job, now) => {
        const next = Math.min(handoverAfter(now, rollout), now + 86_400_000)
        expect(ownerOf(job, next - 1, rollout)).toBe(ownerOf(job, now, rollout))
      }),
    )
  })

  it('has jobs where it may claim one', () => {
    assert(
      property(rollouts, jobs, instants, (rollout, job, now) => {
        expect(hasJobs(ownerOf(job, now, rollout), rollout)).toBe(true)
      }),
    )
  })
})

describe('a shadow', () => {
  it('runs no job that its path has live, and none where no path is in shadow', () => {
    assert(
      property(rollouts, jobs, instants, (rollout, job, now) => {
        for (const path of ['legacy', 'tick'] as const) {
          if (!mayShadow(path, job, now, rollout)) continue
          expect(mayClaim(path, job, now, rollout)).toBe(false)
          expect(shadowPath(rollout)).toBe(path)
        }
      }),
    )
  })

  it('can be switched off at stage 3, and on at stage 4', () => {
    expect(shadowPath(at(3, { shadow_mode: false }))).toBeNull()
    expect(shadowPath(at(4, { shadow_mode: true }))).toBe('legacy')
  })

  it('begins a new comparison when stage or canary change, and with nothing else', () => {
    const names = [at(3), at(4), at(3, { canary_percent: 5 }), at(3, { canary_jobs: ['a'] })].map(epochOf)
    expect(new Set(names).size).toBe(4)
    expect(epochOf(at(3, { canary_jobs: ['b', 'a'] }))).toBe(epochOf(at(3, { canary_jobs: ['a', 'b'] })))
  })
})

describe('a forbidden combination of flags', () => {
  const AWAY = {
    SCHEDULER_OIDC_AUDIENCE: 'https://x.example',
    SCHEDULER_SERVICE_ACCOUNT: 't@p.iam.gserviceaccount.com',
    SCHEDULER_STORAGE: 'firestore',
  }

  it.each([
    [
      'qa’s stage in production',
      { ...AWAY, ENVIRONMENT: 'production', ROLLOUT_STAGE: '2' },
      'ROLLOUT_STAGE',
      '1 to 3',
    ],
    ['a canary without a stage', { ROLLOUT_CANARY_PERCENT: '5' }, 'ROLLOUT_STAGE', 'must be named'],
    ['a loop without a stage', { ROLLOUT_LEGACY_LOOP: 'on' }, 'ROLLOUT_STAGE', 'must be named'],
    [
      'the loop at cleanup',
      { ROLLOUT_STAGE: '5', ROLLOUT_LEGACY_LOOP: 'on' },
      'ROLLOUT_LEGACY_LOOP',
      'set off',
    ],
    ['the loop at qa', { ROLLOUT_STAGE: '2', ROLLOUT_LEGACY_LOOP: 'on' }, 'ROLLOUT_LEGACY_LOOP', 'set off'],
    [
      'a live loop at cutover',
      { ROLLOUT_STAGE: '4', ROLLOUT_LEGACY_LOOP: 'on' },
      'ROLLOUT_LEGACY_LOOP',
      'SHADOW_MODE=true',
    ],
    [
      'a shadow of nothing',
      { ROLLOUT_STAGE: '1', SCHEDULER_SHADOW_MODE: 'true' },
      'SCHEDULER_SHADOW_MODE',
      'unset it',
    ],
    [
      'a shadow without a loop',
      { ROLLOUT_STAGE: '4', SCHEDULER_SHADOW_MODE: 'true' },
      'SCHEDULER_SHADOW_MODE',
      'LEGACY_LOOP=on',
    ],
    [
      'a canary after cutover',
      { ROLLOUT_STAGE: '4', ROLLOUT_CANARY_PERCENT: '5' },
      'ROLLOUT_CANARY_PERCENT',
      'stage 3 only',
    ],
    [
      'two ways to split',
      { ROLLOUT_STAGE: '3', ROLLOUT_CANARY_SPLIT: 'alternate', ROLLOUT_CANARY_JOBS: 'a' },
      'ROLLOUT_CANARY_SPLIT',
      'unset',
    ],
    [
      'a shadow of paths in turn',
      { ROLLOUT_STAGE: '3', ROLLOUT_CANARY_SPLIT: 'alternate', SCHEDULER_SHADOW_MODE: 'true' },
      'SCHEDULER_SHADOW_MODE',
      'in turn',
    ],
  ] as const)('is refused with what to do: %s', (_, env, field, advice) => {
    const problems = problemsOf(env)
    expect(problems.map((problem) => problem.field)).toContain(field)
    expect(problems.map(({ message }) => message).join()).toContain(advice)
  })

  it.each([
    { ROLLOUT_STAGE: '0', ROLLOUT_LEGACY_LOOP: 'on' },
    { ROLLOUT_STAGE: '1', ROLLOUT_LEGACY_LOOP: 'off' },
    { ROLLOUT_STAGE: '2' },
    {
      ROLLOUT_STAGE: '3',
      ROLLOUT_LEGACY_LOOP: 'on',
      ROLLOUT_CANARY_PERCENT: '10',
      ROLLOUT_CANARY_JOBS: 'a, b',
    },
    { ROLLOUT_STAGE: '3', ROLLOUT_CANARY_SPLIT: 'alternate' },
    { ROLLOUT_STAGE: '4', ROLLOUT_LEGACY_LOOP: 'on', SCHEDULER_SHADOW_MODE: 'true' },
    { ROLLOUT_STAGE: '5' },
    {},
  ])('is none of %o', (env) => {
    expect(problemsOf(env)).toEqual([])
  })

  it('names a misspelt flag', () => {
    expect(problemsOf({ ROLLOUT_STGAE: '3' })[0]?.message).toContain('did you mean ROLLOUT_STAGE?')
  })
})

function problemsOf(env: Readonly<Record<string, string>>) {
  try {
    loadConfig(env)
    return []
  } catch (error) {
    if (error instanceof TickoverError) return error.problems
    throw error
  }
}
