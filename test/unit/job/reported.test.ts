import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pause } from '../../../functions/job/definition.ts'
import { type Job, runId } from '../../../functions/job/job.ts'
import { nearestOccurrence } from '../../../functions/job/nearest.ts'
import { plan } from '../../../functions/job/plan.ts'
import { type Reception, type Report, receive } from '../../../functions/job/reported.ts'
import { settlement } from '../../../functions/job/settlement.ts'
import { occurrences } from '../../../functions/schedule/schedule.ts'
import {
  definition,
  LEASE,
  look,
  MINUTE,
  minutes,
  newMinutely,
  noChance,
  only,
  running,
  SECOND,
  short,
  T0,
} from './fixtures.ts'

const at = (minute: number) => T0 + minute * MINUTE
const run = (minute: number) => runId('digest', at(minute))
const report = (started: number, scheduled_for: number | null = null): Report => ({
  started_at: started,
  scheduled_for,
  skew_ms: 10 * SECOND,
})

/** What came of a report, in short. */
function told({ plan: { attempt, skips, job, deaths }, refusal }: Reception) {
  return {
    starts: attempt === null ? null : [attempt.run, attempt.attempt, attempt.path],
    skips: skips.map(short),
    deaths: deaths.map(({ entry, fate }) => `${minutes(entry.scheduled_for)} ${fate}`),
    next: minutes(job.next_run_at),
    refused: refusal?.code ?? null,
  }
}

const legacy = (now: number) => ({ ...look(now, 'legacy:a:1'), path: 'legacy' as const })
const received = (job: Job, now: number, one: Report = report(now)) => told(receive(job, legacy(now), one))
const outcome = (starts: unknown, more: object = {}) => ({
  starts,
  skips: [],
  deaths: [],
  refused: null,
  ...more,
})

describe('without scheduledFor a report', () => {
  test('takes the occurrence that it is half an interval behind at the most', () => {
    expect(received(newMinutely(), at(1.5))).toEqual(outcome([run(1), 1, 'legacy'], { next: 2 }))
  })

  test('later than that is a run of its own instant, and moves nothing', () => {
    expect(received(newMinutely(), at(1) + 31 * SECOND)).toEqual(
      outcome([runId('digest', at(1) + 31 * SECOND), 1, 'legacy'], { next: 1 }),
    )
  })

  test('takes an occurrence that it is ahead of by what clocks may differ, and by no more', () => {
    expect(received(newMinutely(), at(1) - 10 * SECOND).starts).toEqual([run(1), 1, 'legacy'])
    expect(received(newMinutely(), at(1) - 11 * SECOND).starts).not.toEqual([run(1), 1, 'legacy'])
  })

  test('of an occurrence that has its outcome is done, and no extra run', () => {
    const job = { ...newMinutely(), next_run_at: at(2) }
    expect(received(job, at(1) + 20 * SECOND)).toEqual(outcome(null, { next: 2, refused: 'already_done' }))
  })

  test('finds the nearest occurrence as a list of all of them does', () => {
    const schedules = ['*/7 * * * *', '0 9-17 * * 1-5', '30 2 29 2 *', '0,1 * * * *'].map((expression) => ({
      kind: 'cron' as const,
      expression,
      time_zone: 'Europe/Berlin',
    }))
    const cases = fc.record({
      schedule: fc.constantFrom(...schedules),
      began: fc.integer({ min: T0, max: T0 + 400 * 86_400_000 }),
    })
    fc.assert(
      fc.property(cases, ({ schedule, began }) => {
        const job = newMinutely({}, { schedule })
        const found = nearestOccurrence(job, began, 0)
        const [next = Number.NaN] = occurrences(schedule, began + 1, began + 9e11, 1)
        const between = found === null ? [] : occurrences(schedule, found + 1, began, 10)
        expect(between).toEqual([])
        if (found !== null) {
          expect(occurrences(schedule, found, found, 1)).toEqual([found])
          expect(began - found).toBeLessThanOrEqual(next - began)
        } else expect(occurrences(schedule, 2 * began - next, began, 1)).toEqual([])
      }),
      { numRuns: 60 },
    )
  })
})

describe('a report of an open occurrence', () => {
  test('closes what is open before it, each once: it is made up for by this run', () => {
    expect(received(newMinutely(), at(5))).toEqual(
      outcome([run(5), 1, 'legacy'], { skips: ['coalesced 1-4 (4)'], next: 6 }),
    )
  })

  test('leaves what comes after it open', () => {
    expect(received(newMinutely(), at(5), report(at(5), at(3)))).toEqual(
      outcome([run(3), 1, 'legacy'], { skips: ['coalesced 1-2 (2)'], next: 4 }),
    )
  })

  test('says of those before it what the policies say: expired, overlapped, coalesced', () => {
    const free = { ...newMinutely({ catchup_window_seconds: 240 }), full_since: at(3), full_until: at(4) }
    expect(received(free, at(7)).skips).toEqual([
      'expired 1-2 (2)',
      'coalesced 3-3 (1)',
      'overlap 4-4 (1)',
      'coalesced 5-6 (2)',
    ])
    expect(received({ ...newMinutely({ misfire: 'all' }) }, at(4)).skips).toEqual(['coalesced 1-3 (3)'])
  })

  test.each([1, 60, 24 * 60, 30 * 24 * 60])('loses none of them after %i minutes without a look', (past) => {
    const { plan: planned } = receive(newMinutely(), legacy(at(past)), report(at(past)))
    expect(planned.skips.reduce((sum, skip) => sum + skip.count, 1)).toBe(past)
    expect(planned.skips.length).toBeLessThanOrEqual(1)
    expect(minutes(planned.job.next_run_at)).toBe(past + 1)
    expect(planned.job.totals.skipped).toBe(past - 1)
  })
})

describe('a report of any other instant', () => {
  test('is a run of its own: another time zone over there keeps nobody from performing', () => {
    const nine = { kind: 'cron', expression: '0 9 * * *', time_zone: 'UTC' } as const
    const job = newMinutely({}, { schedule: nine })
    const scheduled = at(0)
    const { plan: planned } = receive(job, legacy(at(0.1)), report(at(0.1), scheduled))
    expect(planned.attempt?.scheduled_for).toBe(scheduled)
    expect(planned.job.next_run_at).toBe(job.next_run_at)
  })

  test('also when it is an occurrence that is still to come: what falls due before it stays open', () => {
    expect(received(newMinutely(), at(1), report(at(1), at(120)))).toEqual(
      outcome([run(120), 1, 'legacy'], { next: 1 }),
    )
  })

  test('also from before the job was defined as it is: then the records decide', () => {
    expect(received(newMinutely(), at(1), report(at(1), at(-3))).starts).toEqual([run(-3), 1, 'legacy'])
  })

  test('and of a job that is known from reports only', () => {
    const job = newMinutely({}, { kind: 'reported', schedule: { kind: 'at', at: T0 } })
    const known = { ...job, next_run_at: null }
    expect(received(known, at(1) + 7)).toEqual(
      outcome([runId('digest', at(1) + 7), 1, 'legacy'], { next: null }),
    )
    expect(received(known, at(1), report(at(1), T0)).starts).toEqual([run(0), 1, 'legacy'])
  })
})

describe('a run in flight', () => {
  test('that is held is refused, with who has it and until when', () => {
    const { refusal, plan: planned } = receive(
      running(newMinutely(), at(1)),
      legacy(at(1.1)),
      report(at(1.1)),
    )
    expect(refusal?.code).toBe('already_running')
    expect(refusal?.reason).toContain('the path tick until 2030-01-31T12:06:00.000Z')
    expect(planned.attempt).toBeNull()
  })

  test('keeps its slot from a later occurrence, and leaves other slots free', () => {
    expect(received(running(newMinutely(), at(1)), at(2)).refused).toBe('already_running')
    const two = received(running(newMinutely({ max_instances: 2 }), at(1)), at(2))
    expect(two).toEqual(outcome([run(2), 1, 'legacy'], { next: 3 }))
  })

  test('is never replaced here: what performs elsewhere cannot be told to stop', () => {
    const job = running(newMinutely({ overlap: 'replace' }), at(1))
    expect(received(job, at(2)).refused).toBe('already_running')
  })

  test('that waits for its next attempt is resumed, early or not', () => {
    const held = running(newMinutely(), at(1))
    const failed = { kind: 'retry', error: 'no', items: null, after_seconds: null } as const
    const waiting = settlement(held, only(held), failed, at(1.1), noChance)?.job
    if (waiting === undefined) throw new Error('lost')
    expect(received(waiting, at(1.2))).toEqual(outcome([run(1), 2, 'legacy'], { next: 2 }))
    expect(received(waiting, at(3), report(at(3), at(1))).starts).toEqual([run(1), 2, 'legacy'])
  })

  test('that only waits gives way to a later one, which nobody else would start', () => {
    const held = running(newMinutely(), at(1))
    const failed = { kind: 'retry', error: 'no', items: null, after_seconds: 3600 } as const
    const waiting = settlement(held, only(held), failed, at(1.1), noChance)?.job
    if (waiting === undefined) throw new Error('lost')
    const reception = receive(waiting, legacy(at(2)), report(at(2)))
    expect(told(reception)).toEqual(outcome([run(2), 1, 'legacy'], { deaths: ['1 replaced'], next: 3 }))
    expect(only(reception.plan.job).run).toBe(run(2))
    expect(reception.plan.job.last_run).toMatchObject({ run: run(1), outcome: 'cancelled' })
    expect(reception.plan.without.entries.map((entry) => entry.run)).toEqual([run(1)])
  })
})

const dead = (changes = {}) => running(newMinutely(changes), at(1), at(1), at(2))

describe('a dead holder', () => {
  test('is buried first: its own run is taken over', () => {
    expect(received(dead(), at(2), report(at(2), at(1)))).toEqual(
      outcome([run(1), 2, 'legacy'], { deaths: ['1 retry'], next: 2 }),
    )
  })

  test('is buried first: its slot goes to a later one', () => {
    expect(received(dead(), at(2)).deaths).toEqual(['1 retry', '1 replaced'])
    expect(received(dead({ max_attempts: 1 }), at(2))).toEqual(
      outcome([run(2), 1, 'legacy'], { deaths: ['1 failed'], next: 3 }),
    )
  })

  test('without an attempt left has ended its run, and is buried by the refusal', () => {
    const refused = received(dead({ max_attempts: 1 }), at(2), report(at(2), at(1)))
    expect(refused).toEqual(outcome(null, { deaths: ['1 failed'], next: 2, refused: 'already_done' }))
  })

  test('of an instant of its own has ended that run just so', () => {
    const known = { ...dead({ max_attempts: 1 }), kind: 'reported' as const, next_run_at: null }
    const refused = received(known, at(2), report(at(2), at(1)))
    expect(refused).toEqual(outcome(null, { deaths: ['1 failed'], next: null, refused: 'already_done' }))
  })

  test('lives until its lease is over', () => {
    expect(received(dead(), at(2) - 1, report(at(2) - 1, at(1))).refused).toBe('already_running')
  })
})

test('a paused job starts nothing', () => {
  expect(received(pause(newMinutely(), at(0)), at(1)).refused).toBe('paused')
})

test('never are there more entries than slots, also when there are fewer slots than before', () => {
  const two = running(running(newMinutely({ max_instances: 2 }), at(1)), at(2))
  const bury = plan({ ...two, enabled: false }, look(at(2) + LEASE))
  const one = { ...bury.job, enabled: true, policies: definition().policies }
  expect(receive(one, legacy(at(9)), report(at(9))).plan.job.entries).toHaveLength(1)
})
