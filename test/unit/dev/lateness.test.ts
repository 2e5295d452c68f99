import { describe, expect, it } from 'vitest'
import { isInTime, measure, startOf } from '../../../scripts/bench/lateness/measure.ts'

const AT = Date.parse('2030-01-31T12:00:00Z')
const line = (seconds: number, lateness_ms: number, attempt = 1) =>
  JSON.stringify({
    job: 'beat',
    run: `beat@${new Date(AT + seconds * 1000).toISOString()}`,
    attempt,
    lateness_ms,
  })
const starts = (...lines: string[]) => lines.map(startOf).filter((start) => start !== null)
const WANTED = { job: 'beat', seconds: 5, from: AT, to: AT + 15_000 }

describe('the measure of lateness', () => {
  it('counts the first attempts in its stretch of time', () => {
    const seen = starts(line(-5, 9), line(0, 1), line(5, 3), line(5, 900, 2), line(10, 2), line(15, 9), 'x')
    const measured = measure(seen, WANTED)
    expect(measured).toEqual({ job: 'beat', runs: 3, expected: 3, p50: 2, p95: 3, p99: 3 })
    expect(isInTime(measured, 1000)).toBe(true)
  })

  it('misses its bar when an occurrence had no run, or one was late', () => {
    expect(isInTime(measure(starts(line(0, 1), line(10, 2)), WANTED), 1000)).toBe(false)
    expect(isInTime(measure(starts(line(0, 1), line(5, 1001), line(10, 2)), WANTED), 1000)).toBe(false)
    expect(isInTime(measure([], WANTED), 1000)).toBe(false)
  })
})
