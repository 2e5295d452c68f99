import { CronPattern, Cron as Library } from 'croner'
import { LRUCache } from 'lru-cache'
import { readFields } from './field.ts'
import { invalidSchedule } from './invalid.ts'

/**
 * A cron expression, read: the times of a day at which it falls due and the days on which it does. The only file that
 * knows the cron library, which parses the fields and enumerates the days; the wall clock is treated as if it were UTC.
 */
export interface Cron {
  /** Milliseconds into the day, ascending, at least one. */
  readonly times: readonly number[]
  /** The three fields of the day in plain spelling. */
  readonly days: string
  /** Has a `*`, `/` or `-` in the minute or hour field: runs in both hours of an overlap. */
  readonly interval_like: boolean
}

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

type Compiled = { readonly cron: Cron } | { readonly problems: readonly string[] }

const compiled = new LRUCache<string, Compiled>({ max: 500 })
/** Kept apart from the expressions: few are different, and the library needs 80 KB for each. */
const dayPatterns = new LRUCache<string, Library>({ max: 100 })

/** Reads an expression of five fields or a nickname. Throws `invalid_schedule` with everything that is wrong with it. */
export function parseCron(expression: string): Cron {
  const result = compile(expression)
  if ('cron' in result) return result.cron
  throw invalidSchedule(result.problems.map((message) => ({ field: 'cron', message })))
}

/** What is wrong with an expression, one sentence each; empty when it is valid. */
export function cronProblems(expression: string): readonly string[] {
  const result = compile(expression)
  return 'cron' in result ? [] : result.problems
}

/** The wall times that match, oldest first, from `from` (inclusive) to the end of the year 2999; milliseconds as if UTC. */
export function* wallTimes(cron: Cron, from: number): Generator<number, undefined> {
  const today = Math.floor(from / DAY_MS) * DAY_MS
  const next = cron.times.findIndex((time) => today + time >= from)
  let day = firstDay(cron.days, next < 0 ? today + DAY_MS : today)
  let index = day === today ? next : 0
  while (day !== null) {
    for (; index < cron.times.length; index++) yield day + (cron.times[index] ?? 0)
    index = 0
    day = firstDay(cron.days, day + DAY_MS)
  }
}

function compile(expression: string): Compiled {
  const known = compiled.get(expression)
  if (known !== undefined) return known
  const result = read(expression)
  if (expression.length <= 1_000) compiled.set(expression, result)
  return result
}

function read(expression: string): Compiled {
  const fields = readFields(expression)
  if (fields.problems !== undefined) return { problems: fields.problems }
  if (firstDay(fields.days, 0) === null)
    return {
      problems: [`"${expression}" never occurs: no year has such a day; correct the day or the month`],
    }
  const pattern = new CronPattern(`${fields.minute} ${fields.hour} * * *`, 'UTC', { mode: '5-part' })
  const minutes = indexesOf(pattern.minute)
  const times = indexesOf(pattern.hour).flatMap((hour) =>
    minutes.map((minute) => (hour * 60 + minute) * MINUTE_MS),
  )
  return { cron: { times, days: fields.days, interval_like: /[*/-]/.test(fields.minute + fields.hour) } }
}

function indexesOf(flags: readonly number[]): number[] {
  return flags.flatMap((flag, index) => (flag === 0 ? [] : [index]))
}

/** The first matching day at or after the midnight `from`; null when there is none before the year 3000. */
function firstDay(days: string, from: number): number | null {
  return (
    dayPattern(days)
      .nextRun(new Date(from - 1))
      ?.getTime() ?? null
  )
}

function dayPattern(days: string): Library {
  const known = dayPatterns.get(days)
  if (known !== undefined) return known
  const pattern = new Library(`0 0 ${days}`, { mode: '5-part', utcOffset: 0, paused: true })
  dayPatterns.set(days, pattern)
  return pattern
}
