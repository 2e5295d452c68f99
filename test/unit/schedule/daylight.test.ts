import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cronProblems } from '../../../functions/schedule/cron.ts'
import { nextAfter, occurrences, type Schedule } from '../../../functions/schedule/schedule.ts'
import { localText } from '../../../functions/schedule/zone.ts'
import { daily, expressions, fixed } from './expressions.ts'
import { CHANGES, changeHours, walk, wallOf, windowAround, ZONES } from './oracle.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

function cron(expression: string, zone: string): Schedule {
  return { kind: 'cron', expression, time_zone: zone }
}

function locals(expression: string, zone: string, from: string, to: string): string[] {
  const listed = occurrences(cron(expression, zone), Date.parse(from), Date.parse(to), 1_000)
  return listed.map((at) => localText(zone, at))
}

describe('around every kind of clock change, the occurrences are those of a walk through the minutes', () => {
  test.each(CHANGES)('%s, %s', (zone, near) => {
    const window = windowAround(zone, Date.parse(near))
    const to = window.from + window.walls.length * 60_000 - 1
    const offsets = new Set(window.walls.map((wall, index) => wall - (window.from + index * 60_000)))
    expect(offsets.size).toBe(2)
    fc.assert(
      fc.property(fc.oneof(fixed, daily, expressions), (made) => {
        fc.pre(cronProblems(made.text).length === 0)
        expect(occurrences(cron(made.text, zone), window.from, to, 10_000)).toEqual(walk(made, window))
      }),
      { numRuns: 30 },
    )
  })
})

test('an occurrence is the same wherever one begins to look', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...CHANGES),
      fc.oneof(fixed, daily),
      fc.integer({ min: -30 * HOUR, max: 30 * HOUR }),
      ([zone, near], made, shift) => {
        const from = Date.parse(near) - 40 * HOUR
        const schedule = cron(made.text, zone)
        const all = occurrences(schedule, from, from + 80 * HOUR, 10_000)
        const middle = from + 40 * HOUR + shift
        expect(nextAfter(schedule, middle)).toBe(
          all.find((at) => at > middle) ?? nextAfter(schedule, from + 80 * HOUR),
        )
      },
    ),
    { numRuns: 500 },
  )
})

test('a fixed time runs exactly once for each calendar day, whether the day has that time or a gap swallows it', () => {
  fc.assert(
    fc.property(fc.constantFrom(...ZONES), fc.nat(23), fc.nat(59), fc.nat(20), (zone, hour, minute, year) => {
      const from = Date.UTC(1995 + year, 0, 15, 12)
      const to = Date.UTC(1999 + year, 0, 15, 12)
      const time = (hour * 60 + minute) * 60_000
      const days = Math.floor((wallOf(zone, to) - time) / DAY) - Math.floor((wallOf(zone, from) - time) / DAY)
      const listed = occurrences(cron(`${minute} ${hour} * * *`, zone), from + 1, to, 2_000)
      expect(listed).toHaveLength(days)
      expect(new Set(listed).size).toBe(days)
    }),
    { numRuns: 100 },
  )
})

describe('an interval-like job never falls silent longer than its period across a clock change', () => {
  test.each(ZONES)('%s, 2015 to 2025', (zone) => {
    for (const change of changeHours(zone, Date.UTC(2015, 0, 1), Date.UTC(2025, 0, 1))) {
      for (const period of [1, 5, 10, 15, 30]) {
        const listed = occurrences(
          cron(`*/${period} * * * *`, zone),
          change - 6 * HOUR,
          change + 6 * HOUR,
          1_000,
        )
        const gaps = listed.slice(1).map((at, index) => at - (listed[index] ?? 0))
        expect(Math.max(...gaps)).toBe(period * 60_000)
        expect(Math.min(...gaps)).toBeGreaterThan(0)
      }
    }
  })
})

describe('some changes, in plain words', () => {
  test('what a gap swallows becomes one occurrence at its end, also when several times are swallowed', () => {
    expect(locals('10,20,30 2 * * *', 'America/New_York', '2024-03-10T00:00Z', '2024-03-11T00:00Z')).toEqual([
      '2024-03-10T03:00:00-04:00',
    ])
  })

  test('beside a regular occurrence at the same instant there is no second one', () => {
    expect(locals('0,30 2-3 * * *', 'America/New_York', '2024-03-10T00:00Z', '2024-03-11T00:00Z')).toEqual([
      '2024-03-10T03:00:00-04:00',
      '2024-03-10T03:30:00-04:00',
    ])
  })

  test('a gap at midnight moves the midnight job to one o’clock of the same day', () => {
    expect(locals('0 0 * * *', 'America/Sao_Paulo', '2018-11-03T12:00Z', '2018-11-05T12:00Z')).toEqual([
      '2018-11-04T01:00:00-02:00',
      '2018-11-05T00:00:00-02:00',
    ])
  })

  test('a day that a zone leaves out is made up for at the first instant of the next', () => {
    expect(locals('0 9 * * *', 'Pacific/Apia', '2011-12-29T00:00Z', '2012-01-01T00:00Z')).toEqual([
      '2011-12-29T09:00:00-10:00',
      '2011-12-31T00:00:00+14:00',
      '2011-12-31T09:00:00+14:00',
      '2012-01-01T09:00:00+14:00',
    ])
    expect(locals('0 9 30 12 *', 'Pacific/Apia', '2011-01-01T00:00Z', '2012-06-01T00:00Z')).toEqual([
      '2011-12-31T00:00:00+14:00',
    ])
  })

  test('a fixed time that has run in the first pass of an overlap does not run for who looks in the second', () => {
    expect(locals('30 1 * * *', 'America/New_York', '2024-11-03T06:10Z', '2024-11-04T12:00Z')).toEqual([
      '2024-11-04T01:30:00-05:00',
    ])
  })

  test('in an overlap of half an hour a fixed time runs once and an interval goes on', () => {
    const [from, to] = ['2024-04-06T14:00Z', '2024-04-06T15:45Z']
    expect(locals('45 1 * * *', 'Australia/Lord_Howe', from, to)).toEqual(['2024-04-07T01:45:00+11:00'])
    expect(locals('*/15 1 * * *', 'Australia/Lord_Howe', from, to)).toEqual([
      '2024-04-07T01:00:00+11:00',
      '2024-04-07T01:15:00+11:00',
      '2024-04-07T01:30:00+11:00',
      '2024-04-07T01:45:00+11:00',
      '2024-04-07T01:30:00+10:30',
      '2024-04-07T01:45:00+10:30',
    ])
  })
})
