import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { delayBefore } from '../../../functions/schedule/backoff.ts'
import { offsetOf } from '../../../functions/schedule/jitter.ts'

const RETRY = { base_seconds: 30, factor: 2, cap_seconds: 3_600, jitter: 0 }
const retries = fc.record({
  base_seconds: fc.double({ min: 0, max: 86_400, noNaN: true }),
  factor: fc.double({ min: 1, max: 10, noNaN: true }),
  cap_seconds: fc.double({ min: 0, max: 86_400, noNaN: true }),
  jitter: fc.double({ min: 0, max: 1, noNaN: true }),
})
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

describe('the stable offset of a job', () => {
  test('is a whole number of milliseconds below its jitter, the same each time', () => {
    fc.assert(
      fc.property(fc.string(), fc.double({ min: 0, max: 3_600, noNaN: true }), (name, jitter) => {
        const offset = offsetOf(name, jitter)
        expect(Number.isInteger(offset) && offset >= 0 && (offset < jitter * 1_000 || jitter === 0)).toBe(
          true,
        )
        expect(offsetOf(name, jitter)).toBe(offset)
      }),
    )
  })

  test('does not change between releases, since it would move every occurrence', () => {
    expect(
      ['nightly', 'nightly-1', 'nightly-2', ''].map((name) => offsetOf(name, 60)),
    ).toMatchInlineSnapshot(`
      [
        35360,
        21684,
        49102,
        40135,
      ]
    `)
  })

  test('spreads names that differ in a digit evenly: each tenth gets its share of 1,000 jobs', () => {
    const tenths = Array.from({ length: 10 }, () => 0)
    for (let n = 0; n < 1_000; n++) {
      const tenth = Math.floor(offsetOf(`job-${n}`, 60) / 6_000)
      tenths[tenth] = (tenths[tenth] ?? 0) + 1
    }
    expect(Math.min(...tenths)).toBeGreaterThan(70)
    expect(Math.max(...tenths)).toBeLessThan(130)
  })
})

describe('the delay before a retry', () => {
  test('begins with the base, grows by the factor, and stops at the cap', () => {
    expect([2, 3, 4, 8, 9, 20].map((attempt) => delayBefore(attempt, RETRY, () => 0))).toEqual([
      30_000, 60_000, 120_000, 1_920_000, 3_600_000, 3_600_000,
    ])
  })

  test('with factor 1 it is the same each time: five minutes, as the agents have it', () => {
    const fixed = { base_seconds: 300, factor: 1, cap_seconds: 300, jitter: 0 }
    expect([2, 3, 4].map((attempt) => delayBefore(attempt, fixed, () => 0.5))).toEqual([
      300_000, 300_000, 300_000,
    ])
  })

  test('is spread over [d * (1 - jitter), d]', () => {
    fc.assert(
      fc.property(retries, fc.integer({ min: 2, max: 2_000 }), random, (retry, attempt, chance) => {
        const full = delayBefore(attempt, { ...retry, jitter: 0 }, () => 0)
        const delay = delayBefore(attempt, retry, () => chance)
        expect(full).toBeLessThanOrEqual(retry.cap_seconds * 1_000 + 1)
        expect(delay).toBeLessThanOrEqual(full)
        expect(delay).toBeGreaterThanOrEqual(full * (1 - retry.jitter) - 1)
        expect(Number.isInteger(delay)).toBe(true)
      }),
    )
  })

  test('is never less than what the target asked for, of which at most a day counts', () => {
    expect(delayBefore(2, RETRY, () => 0, 90)).toBe(90_000)
    expect(delayBefore(2, RETRY, () => 0, 10)).toBe(30_000)
    expect(delayBefore(2, RETRY, () => 0, 1e9)).toBe(86_400_000)
    expect(delayBefore(2, RETRY, () => 0, Infinity)).toBe(86_400_000)
    expect(delayBefore(2, RETRY, () => 0, -5)).toBe(30_000)
    expect(delayBefore(2, RETRY, () => 0, Number.NaN)).toBe(30_000)
  })
})
