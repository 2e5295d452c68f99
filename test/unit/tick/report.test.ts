import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { newTally, percentile, reportOf } from '../../../functions/tick/report.ts'

const COUNTS = { calls: 3, read: 20, written: 10, checked: 1, failed: 0, ms: 0, permits_peak: 0 }

describe('a percentile', () => {
  test('is the smallest value that so many do not exceed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer(), { minLength: 1 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (values, share) => {
          const sorted = values.toSorted((a, b) => a - b)
          const found = percentile(sorted, share)!
          const within = (limit: number) => sorted.filter((value) => value <= limit).length
          expect(within(found)).toBeGreaterThanOrEqual(sorted.length * share - 1e-9)
          const smaller = sorted.filter((value) => value < found)
          if (smaller.length > 0) expect(within(smaller.at(-1)!)).toBeLessThan(sorted.length * share + 1e-9)
        },
      ),
    )
  })

  test('of nothing is nothing', () => {
    expect(percentile([], 0.5)).toBeNull()
  })
})

const BY = { lane: 'x', stage: 5, path: 'tick', revision: 'r' } as const

describe('the report of a tick', () => {
  test('tells of lateness in any order of arrival', () => {
    const lateness = Array.from({ length: 100 }, (_, n) => 100 - n)
    expect(reportOf(BY, { ...newTally(), lateness }, COUNTS, 7, 8)).toMatchObject({
      lateness_p50_ms: 50,
      lateness_p95_ms: 95,
      lateness_p99_ms: 99,
      event_loop_delay_ms: 7,
      duration_ms: 8,
    })
  })

  test('in which nothing happened is all zeros, and no lateness', () => {
    const { lane, stage, path, revision, store_calls, store_reads, store_writes, ...rest } = reportOf(
      BY,
      newTally(),
      COUNTS,
      0,
      0,
    )
    expect({ lane, stage, path, revision }).toEqual(BY)
    expect([store_calls, store_reads, store_writes]).toEqual([3, 20, 10])
    expect(new Set(Object.values(rest))).toEqual(new Set([0, null]))
  })
})
