import * as fc from 'fast-check'

/** A cron expression together with what it means, known from how it was made and not from parsing it. */
export interface Made {
  readonly text: string
  readonly intervalLike: boolean
  /** Does this wall time (a whole minute, as if UTC) match? */
  readonly matches: (wall: number) => boolean
}

interface Part {
  readonly text: string
  readonly values: ReadonlySet<number>
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
const WEEKDAYS = ['sun', 'Mon', 'TUE', 'wed', 'Thu', 'FRI', 'sat']

function range(low: number, high: number, step = 1): number[] {
  return Array.from({ length: Math.floor((high - low) / step) + 1 }, (_, index) => low + index * step)
}

/** One item of a field: a star, a value, a name, a range, each perhaps with a step. */
function item(min: number, max: number, name?: (value: number) => string): fc.Arbitrary<Part> {
  const value = fc.integer({ min, max })
  const step = fc.integer({ min: 1, max: max - min + 1 })
  const pair = fc.tuple(value, value).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const)
  const plain = fc.oneof(
    value.map((v) => ({ text: `${v}`, values: new Set([v]) })),
    fc.constantFrom('*', '?').map((text) => ({ text, values: new Set(range(min, max)) })),
    step.map((n) => ({ text: `*/${n}`, values: new Set(range(min, max, n)) })),
    fc.tuple(value, step).map(([v, n]) => ({ text: `${v}/${n}`, values: new Set(range(v, max, n)) })),
    pair.map(([a, b]) => ({ text: `${a}-${b}`, values: new Set(range(a, b)) })),
    fc.tuple(pair, step).map(([[a, b], n]) => ({ text: `${a}-${b}/${n}`, values: new Set(range(a, b, n)) })),
  )
  return name === undefined
    ? plain
    : fc.oneof(
        plain,
        value.map((v) => ({ text: name(v), values: new Set([v]) })),
      )
}

function field(min: number, max: number, name?: (value: number) => string): fc.Arbitrary<Part> {
  return fc.array(item(min, max, name), { minLength: 1, maxLength: 3 }).map((items) => ({
    text: items.map((part) => part.text).join(','),
    values: new Set(items.flatMap((part) => [...part.values])),
  }))
}

const STAR: fc.Arbitrary<Part> = fc
  .constantFrom('*', '?')
  .map((text) => ({ text, values: new Set(range(0, 31)) }))

const minute = fc.oneof(
  field(0, 59),
  fc.constantFrom(0, 30, 59).map((v) => ({ text: `${v}`, values: new Set([v]) })),
)
const hour = fc.oneof(
  field(0, 23),
  fc.constantFrom(0, 1, 2, 3, 23).map((v) => ({ text: `${v}`, values: new Set([v]) })),
)
const day = fc.oneof({ weight: 2, arbitrary: STAR }, { weight: 1, arbitrary: field(1, 31) })
const month = fc.oneof(
  { weight: 3, arbitrary: STAR },
  { weight: 1, arbitrary: field(1, 12, (v) => MONTHS[v - 1]!) },
)
const weekday = fc.oneof(
  { weight: 2, arbitrary: STAR },
  { weight: 1, arbitrary: field(0, 6, (v) => WEEKDAYS[v]!) },
)

/** Expressions over the whole five-field grammar. */
export const expressions: fc.Arbitrary<Made> = fc
  .tuple(minute, hour, day, month, weekday)
  .map((parts) => made(...parts))

/** Expressions that fall due on every day. */
export const daily: fc.Arbitrary<Made> = fc
  .tuple(minute, hour, STAR, STAR, STAR)
  .map((parts) => made(...parts))

/** Fixed times near those at which clocks are changed, on every day. */
export const fixed: fc.Arbitrary<Made> = fc
  .tuple(values(0, 10, 30, 45, 59), values(0, 1, 2, 3, 23), STAR, STAR, STAR)
  .map((parts) => made(...parts))

function values(...among: number[]): fc.Arbitrary<Part> {
  return fc
    .subarray(among, { minLength: 1 })
    .map((chosen) => ({ text: chosen.join(','), values: new Set(chosen) }))
}

function made(m: Part, h: Part, d: Part, mo: Part, w: Part): Made {
  const isStar = (part: Part) => part.text === '*' || part.text === '?'
  const dayMatches = (date: Date) => {
    const byDay = d.values.has(date.getUTCDate())
    const byWeekday = w.values.has(date.getUTCDay())
    return isStar(d) || isStar(w) ? byDay && byWeekday : byDay || byWeekday
  }
  return {
    text: [m, h, d, mo, w].map((part) => part.text).join(' '),
    intervalLike: /[*?/-]/.test(m.text + h.text),
    matches: (wall) => {
      const date = new Date(wall)
      return (
        m.values.has(date.getUTCMinutes()) &&
        h.values.has(date.getUTCHours()) &&
        mo.values.has(date.getUTCMonth() + 1) &&
        dayMatches(date)
      )
    },
  }
}
