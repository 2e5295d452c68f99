import { TickoverError } from '../errors.ts'
import { scheduleProblems } from './check.ts'
import { parseCron } from './cron.ts'
import { cronInstants, FIRST_INSTANT, LAST_INSTANT } from './daylight.ts'
import { invalidSchedule } from './invalid.ts'
import { readSchedule, type ScheduleDefaults } from './read.ts'

/** When a job falls due. Instants are milliseconds since 1970. */
export type Schedule =
  | { readonly kind: 'cron'; readonly expression: string; readonly time_zone: string }
  | { readonly kind: 'every'; readonly seconds: number; readonly anchor_at: number }
  | { readonly kind: 'at'; readonly at: number }

/** A schedule as people write it; a text is a cron expression or `@every 1h30m`. Instants are ISO 8601 or milliseconds. */
export type ScheduleInput =
  | string
  | { readonly cron: string; readonly time_zone?: string | undefined }
  | { readonly every_seconds: number; readonly anchor_at?: string | number | undefined }
  | { readonly at: string | number }

/** The most occurrences that one call lists. */
const MAX_OCCURRENCES = 100_000

/**
 * The first occurrence strictly after an instant, or null when none is left before the year 3000. `offset` (whole
 * milliseconds, 0 or more) is the job's stable jitter: an occurrence is its nominal instant plus the offset.
 * Throws `invalid_schedule` for an expression or zone that cannot be read.
 */
export function nextAfter(schedule: Schedule, after: number, offset = 0): number | null {
  const next = nominal(schedule, Math.floor(finite(after)) - offset).next().value
  return next === undefined ? null : next + offset
}

/** The occurrences from `from` to `to`, both inclusive, oldest first, at most `limit` (1 to 100,000) of them. */
export function occurrences(
  schedule: Schedule,
  from: number,
  to: number,
  limit: number,
  offset = 0,
): number[] {
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_OCCURRENCES)
    throw new TickoverError('bad_request', `A limit of occurrences goes from 1 to ${MAX_OCCURRENCES}`)
  const listed: number[] = []
  for (const instant of nominal(schedule, Math.ceil(finite(from)) - 1 - offset)) {
    if (instant + offset > to) break
    listed.push(instant + offset)
    if (listed.length === limit) break
  }
  return listed
}

/**
 * Reads and checks a schedule. Throws `invalid_schedule` that names every problem. An instant without a zone is UTC;
 * whoever wants to warn of that asks `parseInstant`.
 */
export function parseSchedule(input: ScheduleInput, defaults: ScheduleDefaults): Schedule {
  const { schedule, problems } = readSchedule(input, defaults)
  const all = schedule === null ? problems : [...problems, ...scheduleProblems(schedule)]
  if (schedule === null || all.length > 0) throw invalidSchedule(all)
  return schedule
}

/** Throws `invalid_schedule` that names every problem of the schedule. */
export function validateSchedule(schedule: Schedule): void {
  const problems = scheduleProblems(schedule)
  if (problems.length > 0) throw invalidSchedule(problems)
}

/** The occurrences without jitter, strictly after a whole millisecond, ascending. The caller bounds how many it takes. */
function* nominal(schedule: Schedule, after: number): Generator<number, undefined> {
  if (schedule.kind === 'cron') yield* cronInstants(parseCron(schedule.expression), schedule.time_zone, after)
  else if (schedule.kind === 'every') yield* slots(schedule.seconds * 1_000, schedule.anchor_at, after)
  else if (schedule.at > after) yield schedule.at
}

/** Slots lie before the anchor and after it alike. */
function* slots(period: number, anchor: number, after: number): Generator<number, undefined> {
  const first = Math.floor((Math.max(after, FIRST_INSTANT - 1) - anchor) / period) + 1
  for (let at = anchor + first * period; at <= LAST_INSTANT; at += period) yield at
}

function finite(instant: number): number {
  if (Number.isFinite(instant)) return instant
  throw new TickoverError('bad_request', 'An instant must be a finite number of milliseconds since 1970')
}
