import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TickoverError } from '../../../functions/errors.ts'
import { cronProblems, parseCron, wallTimes } from '../../../functions/schedule/cron.ts'
import { expressions } from './expressions.ts'

const DAY = 86_400_000
const START = Date.UTC(2023, 11, 31)

function first(expression: string, count: number): string[] {
  const texts: string[] = []
  for (const wall of wallTimes(parseCron(expression), START)) {
    texts.push(new Date(wall).toISOString().slice(0, 16))
    if (texts.length === count) break
  }
  return texts
}

function same(expression: string, other: string): void {
  expect(first(expression, 200)).toEqual(first(other, 200))
}

test('an expression matches exactly the minutes that its fields say, over a leap year and more', () => {
  fc.assert(
    fc.property(expressions, (made) => {
      const days = Array.from({ length: 400 }, (_, index) => START + index * DAY)
      const probes = days.filter((day) =>
        Array.from({ length: 1_440 }, (_, m) => day + m * 60_000).some(made.matches),
      )
      fc.pre(cronProblems(made.text).length === 0)
      const found = new Set<number>()
      for (const wall of wallTimes(parseCron(made.text), START)) {
        if (wall >= START + 400 * DAY) break
        expect(made.matches(wall)).toBe(true)
        found.add(Math.floor(wall / DAY) * DAY)
      }
      expect([...found]).toEqual(probes)
    }),
    { numRuns: 12 },
  )
})

test('wall times begin at the instant given, inclusive, and only whole minutes count', () => {
  fc.assert(
    fc.property(expressions, fc.integer({ min: START, max: START + 400 * DAY }), (made, from) => {
      fc.pre(cronProblems(made.text).length === 0)
      const wall = wallTimes(parseCron(made.text), from).next().value
      fc.pre(wall !== undefined && wall < from + 3 * DAY)
      const minutes = Array.from(
        { length: 3 * 1_440 + 1 },
        (_, index) => Math.ceil(from / 60_000) * 60_000 + index * 60_000,
      )
      expect(wall).toBe(minutes.find(made.matches))
    }),
    { numRuns: 100 },
  )
})

describe('spellings that mean the same', () => {
  test.each([
    ['0/15 * * * *', '0-59/15 * * * *'],
    ['0 0 * * Mon/2', '0 0 * * 1,3,5'],
    ['0 0 * * 7', '0 0 * * 0'],
    ['0 0 * * 7/2', '0 0 * * SUN/2'],
    ['0 0 * * fri-SUN', '0 0 * * 5,6,0'],
    ['0 0 * * 5-7', '0 0 * * 5,6,0'],
    ['0 0 * * sun-tue', '0 0 * * 0-2'],
    ['0 0 * * 0-7', '0 0 * * *'],
    ['0 0 * * sun-Sun', '0 0 * * 0'],
    ['0 0 ? jan,FEB-apr ?', '0 0 * 1-4 *'],
    ['?/20 ? ? ? ?', '*/20 * * * *'],
    ['05 08 01 * *', '5 8 1 * *'],
    ['  0\t9  * * *\n', '0 9 * * *'],
    ['@hourly', '0 * * * *'],
    ['@daily', '0 0 * * *'],
    ['@MIDNIGHT', '0 0 * * *'],
    ['@weekly', '0 0 * * 0'],
    ['@monthly', '0 0 1 * *'],
    ['@yearly', '0 0 1 1 *'],
    ['@annually', '0 0 1 1 *'],
    ['0 0 30 2 1', '0 0 * 2 1'],
  ])('%s is %s', same)
})

describe('a day matches by day-of-month OR day-of-week once both are more than a bare star', () => {
  test.each([
    ['0 0 1 * 1', ['2024-01-01T00:00', '2024-01-08T00:00', '2024-01-15T00:00']],
    ['0 0 */10 * 1', ['2023-12-31T00:00', '2024-01-01T00:00', '2024-01-08T00:00', '2024-01-11T00:00']],
    ['0 0 1 * */3', ['2023-12-31T00:00', '2024-01-01T00:00', '2024-01-03T00:00', '2024-01-06T00:00']],
    ['0 0 */1 * 1', ['2023-12-31T00:00', '2024-01-01T00:00', '2024-01-02T00:00']],
    ['0 0 * * 1', ['2024-01-01T00:00', '2024-01-08T00:00']],
    ['0 0 ? * 1', ['2024-01-01T00:00', '2024-01-08T00:00']],
    ['0 0 13 * ?', ['2024-01-13T00:00', '2024-02-13T00:00']],
  ])('%s', (expression, expected) => {
    expect(first(expression, expected.length)).toEqual(expected)
  })
})

describe('what is outside the standard is refused, and the message says what to do', () => {
  test.each([
    ['', 'needs five fields'],
    ['* * * *', 'not 4'],
    ['0 0 9 * * *', 'leave out the seconds'],
    ['0 0 9 * * * 2024', 'not 7'],
    ['TZ=Europe/Berlin 0 9 * * *', 'put it into time_zone'],
    ['CRON_TZ=UTC 0 9 * * *', 'put it into time_zone'],
    ['@reboot', 'no known nickname'],
    ['@fortnightly', '@weekly'],
    ['0 0 L * *', 'extension'],
    ['0 0 LW * *', 'extension'],
    ['0 0 15W * *', 'extension'],
    ['0 0 L-3 * *', 'extension'],
    ['0 0 * * 5L', 'extension'],
    ['0 0 * * friL', 'extension'],
    ['0 0 * * 1#2', 'extension'],
    ['0 0 1 * +1', 'extension'],
    ['*/0 * * * *', 'step 0'],
    ['15/0 * * * *', 'step 0'],
    ['*/90 * * * *', 'smaller step, or every_seconds'],
    ['22-5 * * * *', 'split it in two'],
    ['0 22-5 * * *', 'split it in two'],
    ['60 0 * * *', 'minute goes from 0 to 59'],
    ['0 24 * * *', 'hour goes from 0 to 23'],
    ['0 0 0 * *', 'day-of-month goes from 1 to 31'],
    ['0 0 32 * *', 'day-of-month goes from 1 to 31'],
    ['0 0 * 13 *', 'month goes from 1 to 12'],
    ['0 0 * * 8', 'day-of-week goes from 0 to 7'],
    ['0 0 * JAR *', 'JAN'],
    ['0 0 * * MONDAY', 'SUN MON'],
    ['0 0 MON * *', 'number from 1 to 31'],
    ['JAN 0 * * *', 'number from 0 to 59'],
    ['5,,6 * * * *', 'stray comma'],
    ['/5 * * * *', 'cannot be read'],
    ['*-5 * * * *', 'name its first value'],
    ['1-2-3 * * * *', 'cannot be read'],
    ['1.5 * * * *', 'cannot be read'],
    ['-1 * * * *', 'cannot be read'],
    ['constructor', 'needs five fields'],
    ['__proto__ * * * *', 'cannot be read'],
    ['0 0 30 2 *', 'never occurs'],
    ['0 0 31 4,6,9,11 *', 'never occurs'],
    [`${'1,'.repeat(200)}1 * * * *`, 'at most 200'],
  ])('%s', (expression, says) => {
    expect(() => parseCron(expression)).toThrow(says)
    expect(() => parseCron(expression)).toThrow(expect.objectContaining({ code: 'invalid_schedule' }))
  })

  test('every field that is wrong is named at once', () => {
    expect(cronProblems('60 24 0 13 8')).toHaveLength(5)
    expect(cronProblems('1,61,62 * * * XYZ')).toHaveLength(3)
  })

  test('no text whatever makes the parser fail in another way', () => {
    const hostile = fc.string({
      unit: fc.constantFrom(...Array.from('0159*/-,?#LW@ \tMONsunJAN+.')),
      maxLength: 40,
    })
    fc.assert(
      fc.property(fc.oneof(hostile, fc.string()), (text) => {
        try {
          parseCron(text)
        } catch (error) {
          expect(error).toBeInstanceOf(TickoverError)
        }
      }),
      { numRuns: 3_000 },
    )
  })
})
