import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseDuration } from '../../../functions/schedule/duration.ts'
import { parseInstant } from '../../../functions/schedule/instant.ts'

const NOON = Date.UTC(2026, 2, 8, 12)

describe('an instant', () => {
  test('that was printed is read back', () => {
    const dates = fc.date({
      min: new Date(0),
      max: new Date('2999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    })
    fc.assert(
      fc.property(dates, (date) => {
        expect(parseInstant(date.toISOString())).toEqual({ at: date.getTime(), assumed_utc: false })
      }),
    )
  })

  test.each([
    ['2026-03-08T12:00:00Z', NOON, false],
    ['2026-03-08T12:00Z', NOON, false],
    ['2026-03-08t12:00:00z', NOON, false],
    ['2026-03-08T13:30:00+01:30', NOON, false],
    ['2026-03-08T08:00:00-0400', NOON, false],
    ['2026-03-08T08:00:00-04', NOON, false],
    ['2026-03-08 12:00:00.123456+00:00', NOON + 123, false],
    ['2026-03-08T12:00:00.5Z', NOON + 500, false],
    ['2026-03-08T12:00:00', NOON, true],
    ['2026-03-08T12:00:00.123456', NOON + 123, true],
    ['2026-03-08', NOON - 12 * 3_600_000, true],
  ])('%s', (text, at, assumed_utc) => {
    expect(parseInstant(text)).toEqual({ at, assumed_utc })
  })

  test.each([
    '',
    'tomorrow',
    '1772971200',
    '2026-3-8T12:00:00Z',
    '2026-02-30T12:00:00Z',
    '2026-13-01T12:00:00Z',
    '2026-03-08T24:00:00Z',
    '2026-03-08T12:60:00Z',
    '2026-03-08T12:00:60Z',
    '2026-03-08T12:00:00+25:00',
    '2026-03-08T12:00:00 Europe/Berlin',
    '0026-03-08T12:00:00Z',
  ])('%s is none', (text) => {
    expect(parseInstant(text)).toBeNull()
  })
})

describe('a duration', () => {
  test.each([
    ['90s', 90],
    ['5m', 300],
    ['2h', 7_200],
    ['1h30m', 5_400],
    ['1h0m5s', 3_605],
  ])('%s is %d seconds', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds)
  })

  test.each(['', 's', '90', '1d', '-5s', '1.5h', '30m1h', '1h 30m', '5S'])('%j is none', (text) => {
    expect(parseDuration(text)).toBeNull()
  })
})
