import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addRecent, type RecentRun, readRecent } from '../../../functions/job/recent.ts'

const runs: fc.Arbitrary<RecentRun[]> = fc.array(
  fc.record({
    at: fc.integer({ min: 0, max: 4e12 }),
    outcome: fc.constantFrom('succeeded' as const, 'failed' as const, 'cancelled' as const),
    duration_ms: fc.integer({ min: 0, max: 1e9 }),
    lateness_ms: fc.integer({ min: -1e6, max: 1e9 }),
  }),
  { maxLength: 50 },
)

describe('the recent runs', () => {
  test('are the last twenty, oldest first, as they were', () => {
    fc.assert(
      fc.property(runs, (added) => {
        expect(readRecent(added.reduce(addRecent, ''))).toEqual(added.slice(-20))
      }),
    )
  })

  test('take little room, however many there were', () => {
    fc.assert(fc.property(runs, (added) => added.reduce(addRecent, '').length < 20 * 60))
  })

  test('what a hand broke is left out, the others stay', () => {
    const good = addRecent('', { at: 5, outcome: 'failed', duration_ms: 6, lateness_ms: 7 })
    expect(readRecent(`1,s,2;nonsense;9,x,1,1;${good};NaN,s,1,1`)).toEqual([
      { at: 5, outcome: 'failed', duration_ms: 6, lateness_ms: 7 },
    ])
    expect(readRecent('')).toEqual([])
  })
})
