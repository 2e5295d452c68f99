import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cronProblems } from '../../../functions/schedule/cron.ts'
import {
  nextAfter,
  occurrences,
  parseSchedule,
  type Schedule,
  type ScheduleInput,
  validateSchedule,
} from '../../../functions/schedule/schedule.ts'
import { expressions } from './expressions.ts'
import { ZONES } from './oracle.ts'

const DAY = 86_400_000
const START = Date.UTC(2024, 0, 1)
const DEFAULTS = { time_zone: 'Europe/Berlin', anchor_at: START }

const instants = fc.integer({ min: Date.UTC(2010, 0, 1), max: Date.UTC(2040, 0, 1) })
const schedules: fc.Arbitrary<Schedule> = fc.oneof(
  fc
    .record({ kind: fc.constant('cron' as const), made: expressions, time_zone: fc.constantFrom(...ZONES) })
    .filter(({ made }) => cronProblems(made.text).length === 0)
    .map(({ made, time_zone }) => ({ kind: 'cron' as const, expression: made.text, time_zone })),
  fc.record({
    kind: fc.constant('every' as const),
    seconds: fc.integer({ min: 1, max: 366 * 86_400 }),
    anchor_at: instants,
  }),
  fc.record({ kind: fc.constant('at' as const), at: instants }),
)
const offsets = fc.integer({ min: 0, max: 3_600_000 })

/** The next occurrences, one call each. */
function follow(schedule: Schedule, after: number, to: number, limit: number, offset: number): number[] {
  const listed: number[] = []
  let at = nextAfter(schedule, after, offset)
  while (at !== null && at <= to && listed.length < limit) {
    listed.push(at)
    at = nextAfter(schedule, at, offset)
  }
  return listed
}

describe('for every schedule', () => {
  test('the next occurrence lies strictly after the instant asked', () => {
    fc.assert(
      fc.property(schedules, instants, offsets, (schedule, after, offset) => {
        const next = nextAfter(schedule, after, offset)
        if (next !== null) expect(next).toBeGreaterThan(after)
      }),
      { numRuns: 500 },
    )
  })

  test('a listing equals asking for the next again and again, ascends, and holds nothing twice', () => {
    fc.assert(
      fc.property(schedules, instants, offsets, fc.nat(40 * DAY), (schedule, from, offset, length) => {
        const listed = occurrences(schedule, from, from + length, 60, offset)
        expect(listed).toEqual(follow(schedule, from - 1, from + length, 60, offset))
        expect(listed).toEqual([...new Set(listed)].toSorted((a, b) => a - b))
      }),
      { numRuns: 300 },
    )
  })

  test('a listing split at any instant loses nothing and repeats nothing', () => {
    fc.assert(
      fc.property(schedules, instants, fc.nat(5 * DAY), fc.nat(5 * DAY), (schedule, from, a, b) => {
        const whole = occurrences(schedule, from, from + a + b + 1, 20_000)
        fc.pre(whole.length < 20_000)
        const left = occurrences(schedule, from, from + a, 20_000)
        const right = occurrences(schedule, from + a + 1, from + a + b + 1, 20_000)
        expect([...left, ...right]).toEqual(whole)
      }),
      { numRuns: 200 },
    )
  })

  test('the offset moves every occurrence by itself and changes nothing else', () => {
    fc.assert(
      fc.property(schedules, instants, offsets, (schedule, from, offset) => {
        const moved = occurrences(schedule, from + offset, from + offset + 3 * DAY, 100, offset)
        expect(moved).toEqual(occurrences(schedule, from, from + 3 * DAY, 100).map((at) => at + offset))
      }),
      { numRuns: 200 },
    )
  })

  test('a limit keeps the oldest', () => {
    fc.assert(
      fc.property(schedules, instants, fc.integer({ min: 1, max: 50 }), (schedule, from, limit) => {
        const listed = occurrences(schedule, from, from + 3 * DAY, limit)
        expect(listed).toEqual(occurrences(schedule, from, from + 3 * DAY, 100).slice(0, limit))
      }),
      { numRuns: 100 },
    )
  })

  test('what was parsed or made here is valid', () => {
    fc.assert(fc.property(schedules, (schedule) => validateSchedule(schedule)))
  })
})

describe('every', () => {
  test('its slots are the anchor plus whole periods, before the anchor and after it, whenever the process starts', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 90_000 }), instants, instants, (seconds, anchor_at, from) => {
        const listed = occurrences(
          { kind: 'every', seconds, anchor_at },
          from,
          from + 20 * seconds * 1_000,
          100,
        )
        expect(listed.length).toBeGreaterThanOrEqual(20)
        expect(listed.every((at) => Math.abs(at - anchor_at) % (seconds * 1_000) === 0)).toBe(true)
      }),
    )
  })

  test('a listing that begins far from its anchor costs no more than one that begins there', () => {
    const schedule: Schedule = { kind: 'every', seconds: 1, anchor_at: 0 }
    const started = performance.now()
    for (let n = 0; n < 1_000; n++) nextAfter(schedule, Date.UTC(2900, 0, 1) + n)
    expect(performance.now() - started).toBeLessThan(100)
  })
})

describe('at', () => {
  test('there is one occurrence, and none after it', () => {
    const schedule: Schedule = { kind: 'at', at: START }
    expect(nextAfter(schedule, START - 1)).toBe(START)
    expect(nextAfter(schedule, START)).toBeNull()
    expect(nextAfter(schedule, START, 5)).toBe(START + 5)
    expect(occurrences(schedule, START, START, 1)).toEqual([START])
    expect(occurrences(schedule, START + 1, START + DAY, 1)).toEqual([])
  })
})

describe('the ends of time', () => {
  test.each<Schedule>([
    { kind: 'cron', expression: '* * * * *', time_zone: 'UTC' },
    { kind: 'cron', expression: '* * * * *', time_zone: 'America/New_York' },
    { kind: 'every', seconds: 60, anchor_at: 0 },
  ])('%j begins with 1970 and ends before the year 3000', (schedule) => {
    expect(nextAfter(schedule, -1e15)).toBe(0)
    expect(nextAfter(schedule, Date.UTC(3000, 0, 2))).toBeNull()
    expect(nextAfter(schedule, 8.64e15)).toBeNull()
    expect(occurrences(schedule, Date.UTC(2999, 11, 31, 23, 59), Infinity, 1_000).length).toBeLessThan(400)
  })

  test('an instant or a limit that is none is refused', () => {
    const schedule: Schedule = { kind: 'every', seconds: 60, anchor_at: 0 }
    expect(() => nextAfter(schedule, Number.NaN)).toThrow('finite')
    expect(() => occurrences(schedule, -Infinity, 0, 10)).toThrow('finite')
    expect(() => occurrences(schedule, 0, 1, 100_001)).toThrow('limit')
    expect(() => occurrences(schedule, 0, 1, 0)).toThrow('limit')
  })
})

describe('what people write', () => {
  test.each<[ScheduleInput, Schedule]>([
    ['0 9  * * 1-5', { kind: 'cron', expression: '0 9 * * 1-5', time_zone: 'Europe/Berlin' }],
    ['@daily', { kind: 'cron', expression: '@daily', time_zone: 'Europe/Berlin' }],
    [{ cron: '0 9 * * *' }, { kind: 'cron', expression: '0 9 * * *', time_zone: 'Europe/Berlin' }],
    [
      { cron: '0 9 * * *', time_zone: 'Asia/Kolkata' },
      { kind: 'cron', expression: '0 9 * * *', time_zone: 'Asia/Kolkata' },
    ],
    ['@every 1h30m', { kind: 'every', seconds: 5_400, anchor_at: START }],
    ['@every 90s', { kind: 'every', seconds: 90, anchor_at: START }],
    [{ cron: '@every 2m' }, { kind: 'every', seconds: 120, anchor_at: START }],
    [{ every_seconds: 5 }, { kind: 'every', seconds: 5, anchor_at: START }],
    [
      { every_seconds: 5, anchor_at: '2024-01-01T00:00:02Z' },
      { kind: 'every', seconds: 5, anchor_at: START + 2_000 },
    ],
    [
      { every_seconds: 5, anchor_at: 7 },
      { kind: 'every', seconds: 5, anchor_at: 7 },
    ],
    [{ at: '2024-01-01T01:00:00+01:00' }, { kind: 'at', at: START }],
    [{ at: '2024-01-01T00:00:00' }, { kind: 'at', at: START }],
    [{ at: START }, { kind: 'at', at: START }],
  ])('%j', (input, schedule) => {
    expect(parseSchedule(input, DEFAULTS)).toEqual(schedule)
  })

  test.each<[unknown, readonly string[]]>([
    [{ cron: '60 * * * 9', time_zone: 'Europe/Berln' }, ['cron', 'cron', 'time_zone']],
    [{ cron: '0 9 * * *', timezone: 'UTC' }, ['timezone']],
    [{ cron: '0 9 * * *', anchor_at: START }, ['anchor_at']],
    [{ cron: '0 9 * * *', at: '2024-01-01T00:00:00Z' }, ['schedule']],
    [{ cron: 9 }, ['cron']],
    [{ cron: '0 9 * * *', time_zone: null }, ['time_zone']],
    [{}, ['schedule']],
    [null, ['schedule']],
    [[], ['schedule']],
    ['@every', ['cron']],
    ['@every 1d', ['cron']],
    ['@every 1.5h', ['cron']],
    ['@every 0s', ['every_seconds']],
    [{ every_seconds: 0 }, ['every_seconds']],
    [{ every_seconds: 1.5 }, ['every_seconds']],
    [{ every_seconds: '5' }, ['every_seconds']],
    [{ every_seconds: 1e9, anchor_at: 1e18 }, ['every_seconds', 'anchor_at']],
    [{ at: '2024-02-30T00:00:00Z' }, ['at']],
    [{ at: '2024-01-01T25:00:00Z' }, ['at']],
    [{ at: 'tomorrow' }, ['at']],
    [{ at: Number.NaN }, ['at']],
    [{ at: '1969-12-31T23:00:00Z' }, ['at']],
  ])('%j is refused, and each problem is named', (input, fields) => {
    const refusal = expect.objectContaining({
      code: 'invalid_schedule',
      problems: fields.map((field) => expect.objectContaining({ field })),
    })
    expect(() => Reflect.apply(parseSchedule, undefined, [input, DEFAULTS])).toThrow(refusal)
  })

  test('a stored schedule that has become invalid is refused, not run at a wrong time', () => {
    expect(() =>
      validateSchedule({ kind: 'cron', expression: '* * * * *', time_zone: 'Mars/Olympus' }),
    ).toThrow('no known time zone')
    expect(() =>
      nextAfter({ kind: 'cron', expression: '* * * * *', time_zone: 'Mars/Olympus' }, START),
    ).toThrow(expect.objectContaining({ code: 'invalid_schedule' }))
    expect(() => nextAfter({ kind: 'cron', expression: 'x', time_zone: 'UTC' }, START)).toThrow(
      expect.objectContaining({ code: 'invalid_schedule' }),
    )
  })
})

/** The best of five, in ms: what the code costs, not what else the machine does. */
function cost(work: () => unknown): number {
  const times = Array.from({ length: 5 }, () => {
    const started = performance.now()
    work()
    return performance.now() - started
  })
  return Math.min(...times)
}

describe('it is fast enough for a tick', () => {
  test.each([
    ['UTC', 50],
    ['America/New_York', 200],
  ])('10,000 occurrences of a minutely job in %s take less than %d ms', (time_zone, bar) => {
    const schedule: Schedule = { kind: 'cron', expression: '* * * * *', time_zone }
    expect(cost(() => occurrences(schedule, START, Infinity, 10_000))).toBeLessThan(bar)
  })

  test('the next occurrence of one job takes less than 30 µs', () => {
    const schedule: Schedule = { kind: 'cron', expression: '0 9 * * 1-5', time_zone: 'America/New_York' }
    const thousand = () => {
      for (let n = 0; n < 1_000; n++) nextAfter(schedule, START + n * 7_000_000)
    }
    expect(cost(thousand)).toBeLessThan(30)
  })
})
