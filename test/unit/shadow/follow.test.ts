import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  closeAccounts,
  type Definition,
  definitionOf,
  pause,
  redefine,
  unpause,
} from '../../../functions/job/definition.ts'
import type { Job } from '../../../functions/job/job.ts'
import { plan } from '../../../functions/job/plan.ts'
import { settlement } from '../../../functions/job/settlement.ts'
import { claimableAt } from '../../../functions/job/stored.ts'
import { begin, follow } from '../../../functions/shadow/follow.ts'
import { schedule } from '../job/arbitraries.ts'
import { definition, HOUR, look, MINUTE, newMinutely, running, SECOND, short, T0 } from '../job/fixtures.ts'

const SUCCEEDED = { kind: 'succeeded', result: null, items: null } as const

/** Everything that is due is performed at once. Answers the job then, and what was performed. */
function serve(job: Job, now: number): { job: Job; performed: string[] } {
  const performed: string[] = []
  let served = job
  for (let looks = 0; (claimableAt(served) ?? Number.POSITIVE_INFINITY) <= now; looks++) {
    if (looks > 500) throw new Error('it never ends')
    const planned = plan(served, look(now))
    served = planned.job
    if (planned.attempt === null) continue
    performed.push(planned.attempt.run)
    served = settlement(served, planned.attempt, SUCCEEDED, now, () => 0)?.job ?? served
  }
  return { job: served, performed }
}

/** As registration does. */
function redefined(job: Job, next: Definition, now: number): Job {
  return redefine(closeAccounts(job, now).job, next, now)
}

const recurring = schedule.filter(({ kind }) => kind !== 'at')
const moment = fc.record({
  after: fc.integer({ min: 1, max: 90 * SECOND }),
  what: fc.oneof(
    fc.constantFrom(
      'live looks' as const,
      'shadow looks' as const,
      'shadow looks' as const,
      'toggle' as const,
    ),
    fc.record({ schedule: recurring, payload: fc.constantFrom('{}', '{"to":"all"}') }),
  ),
})
type Moment = typeof moment extends fc.Arbitrary<infer T> ? T : never

/** Both have looked after the last change. */
const THE_END: readonly Moment[] = [
  { after: HOUR, what: 'live looks' },
  { after: 0, what: 'shadow looks' },
]

/** A live job and its shadow, whose runs are counted. */
class Both {
  now = T0
  live = newMinutely()
  shadow = begin(this.live, T0, T0).job
  readonly performed: string[] = []

  act(what: Moment['what']): void {
    if (what === 'live looks') this.live = serve(this.live, this.now).job
    else if (what === 'shadow looks') this.shadowLooks()
    else if (what === 'toggle')
      this.live = this.live.enabled ? pause(this.live, this.now) : unpause(this.live, this.now).job
    else this.live = redefined(this.live, definition(what), this.now)
  }

  shadowLooks(): void {
    const { job, performed } = serve(follow(this.shadow, this.live)?.job ?? this.shadow, this.now)
    this.shadow = job
    this.performed.push(...performed)
  }
}

test('a shadow that follows at any moments ends where the live job stands, and performs nothing twice', () => {
  fc.assert(
    fc.property(fc.array(moment, { maxLength: 25 }), (moments) => {
      const both = new Both()
      for (const { after, what } of [...moments, ...THE_END]) {
        both.now += after
        both.act(what)
      }
      const { live, shadow, performed } = both
      expect(definitionOf(shadow)).toEqual(definitionOf(live))
      expect([shadow.enabled, shadow.defined_at]).toEqual([live.enabled, live.defined_at])
      if (live.enabled) expect([shadow.next_run_at, shadow.entries]).toEqual([live.next_run_at, []])
      expect(new Set(performed).size).toBe(performed.length)
    }),
    { numRuns: 300 },
  )
})

describe('a shadow’s job begins', () => {
  test('as the live one did, where it was watched from its birth', () => {
    const live = serve(newMinutely(), T0 + 3 * MINUTE).job
    const { job, since } = begin(live, T0 - 1, T0 + 3 * MINUTE)
    expect([job.next_run_at, job.created_at, since]).toEqual([T0 + MINUTE, T0, T0 - 1])
  })

  test('where the live one stands, where that was there before', () => {
    const live = serve(newMinutely(), T0 + 3 * MINUTE).job
    const { job, since } = begin(live, T0 + 1, T0 + 3.5 * MINUTE)
    expect([job.next_run_at, since]).toEqual([T0 + 4 * MINUTE, T0 + 3.5 * MINUTE])
  })

  test('to be compared once the live runs of that moment have ended', () => {
    const live = running(newMinutely({ timeout_seconds: 600 }), T0 + MINUTE)
    const { job, since } = begin(live, T0 + 1, T0 + 2 * MINUTE)
    expect(since).toBe(T0 + 11 * MINUTE)
    expect(job.entries).toEqual([])
  })

  test('paused where the live one is', () => {
    expect(begin(pause(newMinutely(), T0 + 1), T0, T0 + MINUTE).job).toMatchObject({
      enabled: false,
      defined_at: T0 + 1,
    })
  })

  test('with no fence and no history of the live one', () => {
    const live = serve(newMinutely(), T0 + 3 * MINUTE).job
    expect(begin(live, T0 + 1, T0 + 3 * MINUTE).job).toMatchObject({
      fence: 0,
      last_run: null,
      totals: { runs: 0 },
    })
  })
})

describe('a change of the live job', () => {
  const shadow = begin(newMinutely(), T0, T0).job

  test('that was followed is not followed again', () => {
    expect(follow(shadow, newMinutely())).toBeNull()
  })

  test('counts from the instant at which it was made: what fell due before is judged as it stood then', () => {
    const live = redefined(newMinutely(), definition({ payload: '{"to":"all"}' }), T0 + 2.5 * MINUTE)
    const followed = follow(shadow, live)
    expect(followed?.job.entries.map(({ run }) => run)).toEqual(['digest@2030-01-31T12:02:00.000Z'])
    expect(followed?.skips.map(short)).toEqual(['coalesced 1-1 (1)'])
    expect(followed?.job).toMatchObject({ payload: '{"to":"all"}', next_run_at: T0 + 3 * MINUTE })
  })

  test('to a pause leaves open what was not looked at, and its end closes that as paused', () => {
    const paused = pause(newMinutely(), T0 + 1.5 * MINUTE)
    const followed = follow(shadow, paused)
    expect(followed?.job).toMatchObject({ enabled: false, next_run_at: T0 + MINUTE })
    const woken = follow(followed?.job ?? shadow, unpause(paused, T0 + 3.5 * MINUTE).job)
    expect(woken?.skips.map(short)).toEqual(['paused 1-3 (3)'])
    expect(woken?.job).toMatchObject({ enabled: true, next_run_at: T0 + 4 * MINUTE })
  })

  test('leaves the comparison as it began', () => {
    expect(follow(shadow, pause(newMinutely(), T0 + 1))?.since).toBeNull()
  })
})
