import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addDaily, type EndedRun, startOfDays, sumDaily } from '../../../functions/job/daily.ts'

const DAY = 86_400_000
/** The end of February in a leap year. */
const T0 = Date.UTC(2028, 1, 29, 23, 59, 59, 999)

const run = (at: number, changes: Partial<EndedRun> = {}): EndedRun => ({
  at,
  outcome: 'succeeded',
  duration_ms: 1000,
  items: 2,
  ...changes,
})

const runs: fc.Arbitrary<EndedRun[]> = fc.array(
  fc.record({
    at: fc.integer({ min: T0 - 300 * DAY, max: T0 }),
    outcome: fc.constantFrom('succeeded' as const, 'failed' as const, 'cancelled' as const),
    duration_ms: fc.integer({ min: 0, max: 1e6 }),
    items: fc.integer({ min: 0, max: 1000 }),
  }),
  { maxLength: 60 },
)

describe('the sums of days', () => {
  test('are those of the runs of these days, in whatever order they came', () => {
    fc.assert(
      fc.property(runs, fc.integer({ min: 1, max: 365 }), (added, days) => {
        const from = startOfDays(T0, days)
        const within = added.filter(({ at }) => at >= from)
        const sum = (of: (one: EndedRun) => number) => within.reduce((all, one) => all + of(one), 0)
        expect(sumDaily(added.reduce(addDaily, ''), from, T0)).toEqual({
          runs: within.length,
          succeeded: sum(({ outcome }) => Number(outcome === 'succeeded')),
          failed: sum(({ outcome }) => Number(outcome === 'failed')),
          duration_ms: sum(({ duration_ms }) => duration_ms),
          items: sum(({ items }) => items),
        })
      }),
    )
  })

  test('a day begins and ends at midnight UTC, over the end of a month too', () => {
    const text = [run(T0), run(T0 + 1)].reduce(addDaily, '')
    expect(sumDaily(text, T0, T0).runs).toBe(1)
    expect(sumDaily(text, T0 + 1, T0 + 1).runs).toBe(1)
    expect(new Date(startOfDays(T0 + 1, 1)).toISOString()).toBe('2028-03-01T00:00:00.000Z')
    expect(new Date(startOfDays(T0 + 1, 2)).toISOString()).toBe('2028-02-29T00:00:00.000Z')
    expect(new Date(startOfDays(T0, 365)).toISOString()).toBe('2027-03-02T00:00:00.000Z')
  })

  test('a year and its edges are kept, what is older goes, and all of it is a few kilobytes', () => {
    const days = Array.from({ length: 800 }, (_, day) => run(T0 + day * DAY))
    const text = days.reduce(addDaily, '')
    const now = T0 + 799 * DAY
    expect(sumDaily(text, 0, now).runs).toBe(367)
    expect(sumDaily(text, startOfDays(now, 365), now).runs).toBe(365)
    expect(text.length).toBeLessThan(16_384)
  })

  test('what a hand broke is left out, the others stay', () => {
    const text = `nonsense;1,2;${addDaily('', run(T0))};1,2,3,x,5,6`
    expect(sumDaily(text, T0, T0)).toMatchObject({ runs: 1, items: 2 })
    expect(sumDaily(addDaily(text, run(T0)), T0, T0).runs).toBe(2)
  })
})
