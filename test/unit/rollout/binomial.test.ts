import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  atMost,
  cleanNeeded,
  isOver,
  isUnder,
  lowerBound,
  upperBound,
} from '../../../functions/rollout/binomial.ts'

/** The sum itself, term by term: each from the one before. Exact as long as the first is not too small for a number. */
function slowAtMost(bad: number, n: number, rate: number): number {
  let term = (1 - rate) ** n
  let sum = 0
  for (let k = 0; k <= bad; k++) {
    sum += term
    term *= ((n - k) / (k + 1)) * (rate / (1 - rate))
  }
  return sum
}

const samples = fc
  .integer({ min: 1, max: 600 })
  .chain((n) => fc.record({ n: fc.constant(n), bad: fc.integer({ min: 0, max: n }) }))
const rates = fc.double({ min: 0.001, max: 0.6, noNaN: true })

describe('the bounds of a rate', () => {
  it('come from the same sum as the slow way', () => {
    fc.assert(
      fc.property(samples, rates, ({ n, bad }, rate) => {
        expect(atMost(bad, n, rate)).toBeCloseTo(slowAtMost(bad, n, rate), 9)
      }),
    )
  })

  it('are where that sum leaves 5 % on either side', () => {
    fc.assert(
      fc.property(samples, ({ n, bad }) => {
        const [low, high] = [lowerBound(bad, n), upperBound(bad, n)]
        expect(low).toBeLessThanOrEqual(bad / n)
        expect(high).toBeGreaterThanOrEqual(bad / n)
        if (bad < n && high < 0.6) expect(slowAtMost(bad, n, high)).toBeCloseTo(0.05, 6)
        if (bad > 0 && low < 0.6) expect(1 - slowAtMost(bad - 1, n, low)).toBeCloseTo(0.05, 6)
      }),
    )
  })

  it('agree with the verdicts under and over a limit, which exclude each other', () => {
    fc.assert(
      fc.property(samples, rates, ({ n, bad }, limit) => {
        fc.pre(Math.abs(upperBound(bad, n) - limit) > 1e-9 && Math.abs(lowerBound(bad, n) - limit) > 1e-9)
        expect(isUnder(limit, bad, n)).toBe(upperBound(bad, n) < limit)
        expect(isOver(limit, bad, n)).toBe(lowerBound(bad, n) > limit)
        expect(isUnder(limit, bad, n) && isOver(limit, bad, n)).toBe(false)
      }),
    )
  })

  it('are told to be within reach after exactly so many clean samples', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 20 }),
        fc.integer({ min: 20, max: 2000 }),
        fc.double({ min: 0.001, max: 0.2, noNaN: true }),
        (bad, n, limit) => {
          const needed = cleanNeeded(limit, bad, n)
          expect(isUnder(limit, bad, n + needed)).toBe(true)
          if (needed > 0) expect(isUnder(limit, bad, n + needed - 1)).toBe(false)
        },
      ),
    )
  })

  it('need 299 clean samples for 1 %, 2,995 for 0.1 %, 59 for 5 % and 29 for 10 %', () => {
    expect([0.01, 0.001, 0.05, 0.1].map((limit) => cleanNeeded(limit, 0, 0))).toEqual([299, 2995, 59, 29])
  })

  it('bound a clean hour of 60 ticks by 4.9 % only', () => {
    expect(upperBound(0, 60)).toBeCloseTo(0.0487, 4)
  })

  it('hold to the digits that are published for 10 of 100 (0.0553 and 0.1637, 90 % two-sided)', () => {
    expect(lowerBound(10, 100)).toBeCloseTo(0.0553, 4)
    expect(upperBound(10, 100)).toBeCloseTo(0.1637, 4)
  })

  it('say nothing of no samples', () => {
    expect([lowerBound(0, 0), upperBound(0, 0)]).toEqual([0, 1])
    expect([isUnder(0.99, 0, 0), isOver(0.01, 0, 0)]).toEqual([false, false])
  })

  it('stand for a hundred thousand samples too', () => {
    expect(upperBound(500, 100_000)).toBeCloseTo(0.00538, 5)
    expect(lowerBound(50_000, 100_000)).toBeCloseTo(0.4974, 4)
  })
})
