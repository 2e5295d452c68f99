import { nextAfter } from '../../../functions/schedule/schedule.ts'
import type { Definition } from './job.ts'
import { invalid } from './rpc-error.ts'

/** The first instant after `after` at which the job falls due, null when there is none; milliseconds since 1970. */
export function nextExecution({ schedule, time_zone }: Definition, after: number): number | null {
  return nextAfter({ kind: 'cron', expression: schedule, time_zone }, after)
}

/** Throws INVALID_ARGUMENT for a schedule that unix-cron does not know. English-like schedules are not emulated. */
export function checkSchedule(definition: Definition, now: number): void {
  const { schedule, time_zone } = definition
  if (schedule.trim().split(/\s+/).length !== 5) throw refusal(definition)
  try {
    nextAfter({ kind: 'cron', expression: schedule, time_zone }, now)
  } catch {
    throw refusal(definition)
  }
}

function refusal({ schedule, time_zone }: Definition): Error {
  return invalid(`Schedule or time zone is invalid: "${schedule}" in "${time_zone}".`)
}
