import type { Problem } from '../errors.ts'
import { cronProblems } from './cron.ts'
import { FIRST_INSTANT, LAST_INSTANT } from './daylight.ts'
import type { Schedule } from './schedule.ts'
import { zoneProblem } from './zone.ts'

/** The longest `every`: 366 days. */
const MAX_SECONDS = 366 * 86_400

/** Everything that is wrong with a schedule; empty when it is valid. */
export function scheduleProblems(schedule: Schedule): readonly Problem[] {
  if (schedule.kind === 'cron') return cronAndZone(schedule.expression, schedule.time_zone)
  if (schedule.kind === 'at') return instantProblems('at', schedule.at)
  return [...secondsProblems(schedule.seconds), ...instantProblems('anchor_at', schedule.anchor_at)]
}

function cronAndZone(expression: string, zone: string): readonly Problem[] {
  const problems = cronProblems(expression).map((message) => ({ field: 'cron', message }))
  const unknown = zoneProblem(zone)
  return unknown === null ? problems : [...problems, { field: 'time_zone', message: unknown }]
}

function secondsProblems(seconds: number): readonly Problem[] {
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= MAX_SECONDS) return []
  return [
    {
      field: 'every_seconds',
      message: `must be a whole number of seconds from 1 to ${MAX_SECONDS} (366 days)`,
    },
  ]
}

function instantProblems(field: string, instant: number): readonly Problem[] {
  if (Number.isInteger(instant) && instant >= FIRST_INSTANT && instant <= LAST_INSTANT) return []
  return [{ field, message: 'must be an instant from 1970 to 2999, such as 2026-03-08T03:00:00Z' }]
}
