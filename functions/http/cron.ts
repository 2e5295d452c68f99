import { TickoverError } from '../errors.ts'
import { parseSchedule, type Schedule } from '../schedule/schedule.ts'

/** What clients call the fields of a schedule. */
const NAMES: Readonly<Record<string, string>> = { cron: 'cronExpression', time_zone: 'timeZone' }

/** The schedule of a cron expression in a time zone; throws `invalid_schedule` that names the fields as clients send them. */
export function cronSchedule(cron: string, time_zone: string): Schedule {
  try {
    return parseSchedule({ cron, time_zone }, { time_zone, anchor_at: 0 })
  } catch (error) {
    if (!(error instanceof TickoverError)) throw error
    const problems = error.problems.map(({ field, message }) => ({ field: NAMES[field] ?? field, message }))
    const list = problems.map(({ field, message }) => `${field}: ${message}`).join('; ')
    throw new TickoverError('invalid_schedule', `The schedule cannot be used (${list}). Correct it.`, {
      problems,
    })
  }
}
