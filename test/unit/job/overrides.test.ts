import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { definitionOf } from '../../../functions/job/definition.ts'
import type { Job } from '../../../functions/job/job.ts'
import {
  chooseEnabled,
  chooseSchedule,
  isRegisteredAs,
  registrationOf,
  reregister,
  reset,
} from '../../../functions/job/overrides.ts'
import type { Schedule } from '../../../functions/schedule/schedule.ts'
import { definition, MINUTE, newMinutely, T0 } from './fixtures.ts'

const every = (seconds: number): Schedule => ({ kind: 'every', seconds, anchor_at: 0 })
const by = (at: number) => ({ by: 'ana', at, reason: 'why' })

/** What may happen to a registered job. */
type Step =
  | { readonly kind: 'register'; readonly seconds: number; readonly enabled: boolean | null }
  | { readonly kind: 'enable'; readonly enabled: boolean }
  | { readonly kind: 'schedule'; readonly seconds: number }
  | { readonly kind: 'reset' }

const seconds = fc.constantFrom(60, 90, 120)
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('register' as const), seconds, enabled: fc.option(fc.boolean()) }),
    fc.record({ kind: fc.constant('enable' as const), enabled: fc.boolean() }),
    fc.record({ kind: fc.constant('schedule' as const), seconds }),
    fc.record({ kind: fc.constant('reset' as const) }),
  ),
  { maxLength: 12 },
)

function take(job: Job, step: Step, now: number): Job {
  switch (step.kind) {
    case 'register':
      return reregister(
        job,
        { definition: definition({ schedule: every(step.seconds) }), enabled: step.enabled },
        now,
      )
    case 'enable':
      return chooseEnabled(job, step.enabled, by(now))
    case 'schedule':
      return chooseSchedule(job, every(step.seconds), by(now))
    case 'reset':
      return reset(job, now)
  }
}

/** The same, as an operator would tell it: what is registered, and what was chosen in its place. */
interface Told {
  readonly registered: { readonly seconds: number; readonly enabled: boolean }
  readonly chosen: { readonly seconds: number | null; readonly enabled: boolean | null }
}

function tell({ registered, chosen }: Told, step: Step): Told {
  switch (step.kind) {
    case 'register':
      return {
        registered: { seconds: step.seconds, enabled: step.enabled ?? registered.enabled },
        chosen,
      }
    case 'enable':
      return {
        registered,
        chosen: { ...chosen, enabled: step.enabled === registered.enabled ? null : step.enabled },
      }
    case 'schedule':
      return {
        registered,
        chosen: { ...chosen, seconds: step.seconds === registered.seconds ? null : step.seconds },
      }
    case 'reset':
      return { registered, chosen: { seconds: null, enabled: null } }
  }
}

describe('overrides', () => {
  test('in any order of registering, choosing and resetting, the last choice counts, and the last registration stands behind it', () => {
    fc.assert(
      fc.property(steps, (done) => {
        let job = newMinutely()
        let told: Told = {
          registered: { seconds: 60, enabled: true },
          chosen: { seconds: null, enabled: null },
        }
        for (const [n, step] of done.entries()) {
          job = take(job, step, T0 + n * MINUTE)
          told = tell(told, step)
          const { registered, chosen } = told
          expect(job.schedule).toEqual(every(chosen.seconds ?? registered.seconds))
          expect(job.enabled).toBe(chosen.enabled ?? registered.enabled)
          expect(job.overrides.schedule?.registered ?? job.schedule).toEqual(every(registered.seconds))
          expect(job.overrides.enabled !== null).toBe(chosen.enabled !== null)
          expect(job.overrides.schedule !== null).toBe(chosen.seconds !== null)
          expect(registrationOf(job)).toEqual({
            definition: definitionOf(definition({ schedule: every(registered.seconds) })),
            enabled: registered.enabled,
          })
        }
      }),
    )
  })

  test('the same registration again is known as such, whatever was chosen', () => {
    const registration = { definition: definition(), enabled: true }
    const chosen = chooseSchedule(chooseEnabled(newMinutely(), false, by(T0)), every(90), by(T0))
    expect(isRegisteredAs(chosen, registration)).toBe(true)
    expect(isRegisteredAs(chosen, { ...registration, enabled: null })).toBe(true)
    expect(isRegisteredAs(chosen, { ...registration, enabled: false })).toBe(false)
    expect(isRegisteredAs(chosen, { ...registration, definition: definition({ schedule: every(90) }) })).toBe(
      false,
    )
  })

  test('an override says who chose, when and why', () => {
    const { overrides } = chooseEnabled(newMinutely(), false, by(T0 + 5))
    expect(overrides).toEqual({
      enabled: { registered: true, by: 'ana', at: T0 + 5, reason: 'why' },
      schedule: null,
    })
  })

  test('what changes nothing is the very same job, so that nothing is written', () => {
    const job = newMinutely()
    for (const same of [
      chooseEnabled(job, true, by(T0)),
      chooseSchedule(job, every(60), by(T0)),
      reset(job, T0),
    ])
      expect(same).toBe(job)
  })

  test('another schedule begins with its first occurrence after the choice; the registered one again does too', () => {
    const at = T0 + 10 * MINUTE + 1
    const chosen = chooseSchedule(newMinutely(), every(3600), by(at))
    expect(chosen.next_run_at).toBe(T0 + 60 * MINUTE)
    expect(reset(chosen, at).next_run_at).toBe(T0 + 11 * MINUTE)
  })
})
