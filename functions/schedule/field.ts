/**
 * The grammar of the five fields: the checks that libraries leave out or answer in riddles, and one plain spelling
 * (numbers only, every step on a range) in which all of them agree.
 */

/** The five fields in plain spelling, or what is wrong with the text, one sentence a problem. */
type Fields =
  | { readonly minute: string; readonly hour: string; readonly days: string; readonly problems?: never }
  | { readonly problems: readonly string[] }

interface Field {
  readonly name: string
  readonly min: number
  readonly max: number
  readonly names: readonly string[]
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']

const MINUTE: Field = { name: 'minute', min: 0, max: 59, names: [] }
const HOUR: Field = { name: 'hour', min: 0, max: 23, names: [] }
const DAY: Field = { name: 'day-of-month', min: 1, max: 31, names: [] }
const MONTH: Field = { name: 'month', min: 1, max: 12, names: MONTHS }
/** 7 is Sunday too. */
const WEEKDAY: Field = { name: 'day-of-week', min: 0, max: 7, names: WEEKDAYS }

const NICKNAMES: ReadonlyMap<string, string> = new Map([
  ['@hourly', '0 * * * *'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@weekly', '0 0 * * 0'],
  ['@monthly', '0 0 1 * *'],
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
])

/** What other dialects add: last day, nearest weekday, nth weekday, and-logic. */
const EXTENSION = /[#+]|^(LW|\d*[LW](-\d+)?|[a-z]{3}L)$/i

/** The most characters of a cron expression. */
const MAX_LENGTH = 200

/** Reads a five-field expression or a nickname such as `@daily`. */
export function readFields(expression: string): Fields {
  const text = expression.trim()
  if (text.length > MAX_LENGTH)
    return { problems: [`is ${text.length} characters long; at most ${MAX_LENGTH} are read`] }
  const fields = (NICKNAMES.get(text.toLowerCase()) ?? text).split(/\s+/)
  const shape = shapeProblem(text, fields.length)
  if (shape !== null) return { problems: [shape] }
  const problems: string[] = []
  const plain = [MINUTE, HOUR, DAY, MONTH, WEEKDAY].map((field, index) =>
    plainField(field, fields[index] ?? '', problems),
  )
  const [minute = '', hour = '', ...days] = plain
  return problems.length > 0 ? { problems } : { minute, hour, days: days.join(' ') }
}

function shapeProblem(text: string, count: number): string | null {
  if (/^(CRON_)?TZ=/i.test(text)) return 'names a time zone inside; put it into time_zone instead'
  if (text.startsWith('@') && !NICKNAMES.has(text.toLowerCase()))
    return `"${text}" is no known nickname; use one of ${[...NICKNAMES.keys()].join(', ')} or "@every 90s"`
  if (count === 6)
    return 'has six fields; leave out the seconds (the first), or write "@every 10s" for less than a minute'
  if (count !== 5) return `needs five fields (minute hour day-of-month month day-of-week), not ${count}`
  return null
}

function plainField(field: Field, text: string, problems: string[]): string {
  return text
    .split(',')
    .map((item) => {
      const read = plainItem(field, item)
      if ('problem' in read) problems.push(`${field.name} "${item}" ${read.problem}`)
      return 'problem' in read ? '' : read.plain
    })
    .join(',')
}

type Item = { readonly plain: string } | { readonly problem: string }

function plainItem(field: Field, item: string): Item {
  const match = /^([*?]|[a-z0-9]+)(?:-([a-z0-9]+))?(?:\/(\d+))?$/i.exec(item)
  if (match === null) return { problem: unreadable(item) }
  const [, first = '', last, step] = match
  const stepped = step === undefined ? '' : `/${Number(step)}`
  const problem = step === undefined ? null : stepProblem(field, Number(step))
  if (problem !== null) return { problem }
  if (first === '*' || first === '?')
    return last === undefined
      ? { plain: `*${stepped}` }
      : { problem: 'starts a range with a star; name its first value' }
  return plainRange(field, first, last, stepped)
}

function plainRange(field: Field, first: string, last: string | undefined, stepped: string): Item {
  const from = numberOf(field, first)
  const to = last === undefined ? from : numberOf(field, last)
  if (typeof from === 'string') return { problem: from }
  if (typeof to === 'string') return { problem: to }
  if (last === undefined) return { plain: stepped === '' ? `${from}` : `${openRange(field, from)}${stepped}` }
  // A range that ends on Sunday by name: the week's last day, as in FRI-SUN.
  const end = field === WEEKDAY && last.toUpperCase() === 'SUN' && from > 0 ? 7 : to
  if (from > end) return { problem: 'runs backwards; split it in two, as in 22-23,0-5' }
  return { plain: `${from}-${end}${stepped}` }
}

/** `0/15` reaches to the field's end; a week ends with Saturday, so that Sunday is not counted twice. */
function openRange(field: Field, from: number): string {
  return field === WEEKDAY ? `${from % 7}-6` : `${from}-${field.max}`
}

function numberOf(field: Field, text: string): number | string {
  const named = field.names.indexOf(text.toUpperCase())
  if (named >= 0) return named + field.min
  if (!/^\d+$/.test(text)) return unknownName(field, text)
  const value = Number(text)
  const within = value >= field.min && value <= field.max
  return within ? value : `is out of range; ${field.name} goes from ${field.min} to ${field.max}`
}

function unknownName(field: Field, text: string): string {
  if (EXTENSION.test(text)) return unreadable(text)
  const names = field.names.length === 0 ? '' : ` or one of ${field.names.join(' ')}`
  return `is not known; use a number from ${field.min} to ${field.max}${names}`
}

function stepProblem(field: Field, step: number): string | null {
  const size = field === WEEKDAY ? 7 : field.max - field.min + 1
  if (step === 0) return 'has the step 0, which never gets on; use 1 or more'
  if (step > size) return `steps over its whole field (${size} values); use a smaller step, or every_seconds`
  return null
}

function unreadable(item: string): string {
  if (item === '') return 'is empty; remove the stray comma'
  if (EXTENSION.test(item))
    return 'uses an extension (L, W, #, +) outside the five-field standard, which is not supported'
  return 'cannot be read; write a value, a range a-b, a step */n or a list a,b'
}
