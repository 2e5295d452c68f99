/** An ISO 8601 text, read. */
export interface Instant {
  /** Milliseconds since 1970; finer digits are cut off. */
  readonly at: number
  /** The text named no zone and was taken as UTC: worth a warning to whoever sent it. */
  readonly assumed_utc: boolean
}

const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i

/** Reads `2026-03-08T03:00:00-04:00` and its kin; null when it is not ISO 8601 or no such day or time exists. */
export function parseInstant(text: string): Instant | null {
  const match = ISO.exec(text.trim())
  if (match === null) return null
  const [, year, month, day, hour = 0, minute = 0, second = 0, fraction = '', zone] = match
  const wall = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  )
  const offset = zone === undefined ? 0 : offsetOf(zone)
  // Date.UTC rolls 30 February over; what comes back must be what was written.
  const written = `${year}-${month}-${day} ${hour || '00'}:${minute || '00'}:${second || '00'}`
  const real = new Date(wall).toISOString().slice(0, 19).replace('T', ' ') === written
  if (!real || offset === null) return null
  return { at: wall + Number(fraction.slice(0, 3).padEnd(3, '0')) - offset, assumed_utc: zone === undefined }
}

function offsetOf(zone: string): number | null {
  if (zone.toUpperCase() === 'Z') return 0
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(3).replace(':', ''))]
  if (hours > 18 || minutes > 59) return null
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000
}
