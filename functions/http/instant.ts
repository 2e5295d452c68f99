const SHAPE =
  /^(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2})(:\d{2}(?:[.,]\d{1,9})?)?)?\s?([Zz]|[+-]\d{2}:?\d{2})?$/

/** An instant as it was written. */
export interface Instant {
  /** Milliseconds since 1970. */
  readonly at: number
  /** Did the text say its zone? Without one it was read as UTC. */
  readonly hasZone: boolean
}

/** Reads ISO 8601: a date, or date and time, with `Z`, an offset, or none (then UTC). Null when there is no such instant. */
export function parseInstant(text: string): Instant | null {
  const [, date = '', time = '00:00', seconds = ':00', zone = 'Z'] = SHAPE.exec(text) ?? []
  const said = SHAPE.exec(text)?.[4]
  const wall = Date.parse(`${date}T${time}${seconds.replace(',', '.')}Z`)
  if (Number.isNaN(wall) || new Date(wall).toISOString().slice(0, 10) !== date) return null
  const offset = offsetOf(zone)
  return offset === null ? null : { at: wall - offset, hasZone: said !== undefined }
}

/** Milliseconds ahead of UTC; null when no zone is that far. */
function offsetOf(zone: string): number | null {
  if (/^z$/i.test(zone)) return 0
  const [, sign, hours = '', minutes = ''] = /^([+-])(\d{2}):?(\d{2})$/.exec(zone) ?? []
  const total = (Number(hours) * 60 + Number(minutes)) * 60_000
  if (Number(hours) > 14 || Number(minutes) > 59) return null
  return sign === '-' ? -total : total
}
