import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { backfillOf, MOST_BACKFILLED } from '../../../functions/job/backfill.ts'
import { isFinished, type Job } from '../../../functions/job/job.ts'
import { parentOf } from '../../../functions/job/name.ts'
import { plan } from '../../../functions/job/plan.ts'
import { settlement } from '../../../functions/job/settlement.ts'
import { look, MINUTE, newMinutely, noChance, T0 } from './fixtures.ts'

const NOW = T0 + 60 * MINUTE
const OUTCOME = { kind: 'succeeded', result: null, items: null } as const
const range = (from: number, to: number) => ({ from: T0 + from, to: T0 + to })

/** Lets the job run to its end, one run after another; the occurrences it ran, in order. */
function exhaust(job: Job): { ran: number[]; end: Job } {
  const ran: number[] = []
  let end = job
  for (let now = NOW; now < NOW + 100 * MINUTE && !isFinished(end); now += 1000) {
    const { job: begun, attempt } = plan(end, look(now))
    if (attempt === null) return { ran, end: begun }
    ran.push(attempt.scheduled_for)
    expect(begun.entries).toHaveLength(1)
    end = settlement(begun, attempt, OUTCOME, now + 500, noChance)?.job ?? begun
  }
  return { ran, end }
}

describe('a backfill', () => {
  test('runs every occurrence of its range, ends included, in order, one at a time, and is over', () => {
    const policies = {
      max_instances: 3,
      misfire: 'coalesce',
      overlap: 'skip',
      catchup_window_seconds: 1,
    } as const
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 3_000_000 }),
        fc.integer({ min: 0, max: 600_000 }),
        (from, length) => {
          const { job, count } = backfillOf(newMinutely(policies), range(from, from + length), 'id', NOW)
          const first = Math.ceil(from / MINUTE)
          const expected = Array.from(
            { length: Math.floor((from + length) / MINUTE) - first + 1 },
            (_, n) => T0 + (first + n) * MINUTE,
          )
          const { ran, end } = exhaust(job)
          expect(ran).toEqual(expected)
          expect(count).toBe(expected.length)
          expect(isFinished(end)).toBe(true)
        },
      ),
      { numRuns: 30 },
    )
  })

  test('is a job of its own, with the parent’s work, and leaves the parent alone', () => {
    const parent = newMinutely({}, { payload: '{"a":1}', lane: 'slow' })
    const { job } = backfillOf(parent, range(0, MINUTE), 'c0ffee', NOW)
    expect(job).toMatchObject({ kind: 'backfill', payload: '{"a":1}', lane: 'slow', target: parent.target })
    expect(job.name).not.toBe(parent.name)
    expect(parentOf(job.name)).toBe(parent.name)
    expect(job.totals.runs).toBe(0)
  })

  test('falls due at the very instants of its parent, which a jitter has moved', () => {
    const parent = newMinutely({ jitter_seconds: 50 })
    const next = parent.next_run_at ?? 0
    const { job } = backfillOf(parent, { from: next, to: next }, 'id', NOW)
    expect(exhaust(job).ran).toEqual([next])
  })

  test('of too long a range is not counted to its end', () => {
    const { count } = backfillOf(newMinutely(), range(0, 1e9), 'id', NOW)
    expect(count).toBe(MOST_BACKFILLED + 1)
  })
})
