import { durationText, localText } from './time.js'

const DAYS = ['Sundays', 'Mondays', 'Tuesdays', 'Wednesdays', 'Thursdays', 'Fridays', 'Saturdays']
const NUMBER = /^\d+$/

/**
 * A schedule in words. A cron expression that is none of the usual ones has no words: null.
 *
 * @param {import('./shapes.d.ts').Schedule} schedule
 */
export function inWords(schedule) {
  if (schedule.kind === 'every') return `every ${durationText(schedule.seconds * 1000)}`
  if (schedule.kind === 'at') return `once, ${localText(schedule.at)}`
  return cronInWords(schedule.expression)
}

/**
 * The schedule as it is written down.
 *
 * @param {import('./shapes.d.ts').Schedule} schedule
 */
export function asWritten(schedule) {
  if (schedule.kind === 'every') return `every ${schedule.seconds} s`
  if (schedule.kind === 'at') return `at ${schedule.at}`
  return `${schedule.expression} (${schedule.time_zone})`
}

/** @param {string} expression */
function cronInWords(expression) {
  const [minute = '', hour = '', date = '', month = '', day = ''] = expression.trim().split(/\s+/)
  if (month !== '*') return null
  if (date === '*' && day === '*') return everyDay(minute, hour)
  if (!NUMBER.test(minute) || !NUMBER.test(hour)) return null
  const at = `at ${wall(hour, minute)}`
  if (date === '*' && /^[0-7]$/.test(day)) return `${DAYS[Number(day) % 7]} ${at}`
  if (date === '*' && /^(1-5|mon-fri)$/i.test(day)) return `Mondays to Fridays ${at}`
  return day === '*' && NUMBER.test(date) ? `on day ${date} of each month ${at}` : null
}

/**
 * @param {string} minute
 * @param {string} hour
 */
function everyDay(minute, hour) {
  const step = /^\*\/(\d+)$/.exec(minute)?.[1]
  if (hour === '*' && minute === '*') return 'every minute'
  if (hour === '*' && step !== undefined) return `every ${step} min`
  if (hour === '*' && NUMBER.test(minute)) return `every hour at :${minute.padStart(2, '0')}`
  const hours = /^\*\/(\d+)$/.exec(hour)?.[1]
  if (hours !== undefined && NUMBER.test(minute)) return `every ${hours} h at :${minute.padStart(2, '0')}`
  return NUMBER.test(hour) && NUMBER.test(minute) ? `daily at ${wall(hour, minute)}` : null
}

/**
 * @param {string} hour
 * @param {string} minute
 */
function wall(hour, minute) {
  return `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`
}
