import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Retry } from '../../../scripts/dev/cloud-scheduler/job.ts'
import { backoff, retryAt } from '../../../scripts/dev/cloud-scheduler/retry.ts'

const retry = (more: Partial<Retry> = {}): Retry => ({
  retry_count: 5,
  max_retry_ms: 0,
  min_backoff_ms: 10_000,
  max_backoff_ms: 300_000,
  max_doublings: 3,
  ...more,
})

describe('the wait between attempts', () => {
  test('doubles, then grows by one step, then stays: the example of the API’s own description', () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => backoff(retry(), n) / 1000)
    expect(waits).toEqual([10, 20, 40, 80, 160, 240, 300, 300])
  })

  test('never shrinks and stays within its bounds', () => {
    fc.assert(
      fc.property(
        fc.nat(16),
        fc.integer({ min: 1, max: 30 }),
        fc.nat(3_600_000),
        (max_doublings, n, more) => {
          const r = retry({ max_doublings, max_backoff_ms: 10_000 + more })
          expect(backoff(r, n)).toBeGreaterThanOrEqual(10_000)
          expect(backoff(r, n)).toBeLessThanOrEqual(r.max_backoff_ms)
          expect(backoff(r, n + 1)).toBeGreaterThanOrEqual(backoff(r, n))
        },
      ),
    )
  })
})

describe('a failed execution', () => {
  const tries = { made: 1, first_at: 0, now: 1000, next_at: 60_000 }

  test('is not tried again with retry_count 0, also within max_retry_duration', () => {
    expect(retryAt(retry({ retry_count: 0, max_retry_ms: 50_000 }), tries)).toBeNull()
  })

  test('is tried again retry_count times', () => {
    expect(retryAt(retry({ retry_count: 2 }), { ...tries, made: 2 })).toBe(21_000)
    expect(retryAt(retry({ retry_count: 2 }), { ...tries, made: 3 })).toBeNull()
  })

  test('goes on until both limits are reached', () => {
    const both = retry({ retry_count: 1, max_retry_ms: 30_000 })
    expect(retryAt(both, { ...tries, made: 2, now: 29_999 })).toBe(49_999)
    expect(retryAt(both, { ...tries, made: 2, now: 30_000 })).toBeNull()
  })

  test('is never tried again at or after the next scheduled execution', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.nat(100_000), fc.nat(100_000), (made, now, next_at) => {
        const at = retryAt(retry(), { made, first_at: 0, now, next_at })
        if (at !== null) expect(at).toBeLessThan(next_at)
      }),
    )
  })
})
