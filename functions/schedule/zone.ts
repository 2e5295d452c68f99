import leven from 'leven'
import { LRUCache } from 'lru-cache'
import { invalidSchedule } from './invalid.ts'

/** A stretch of time with one UTC offset in a zone; milliseconds. It may be cut short where nothing changes. */
export interface Stretch {
  /** Inclusive. */
  readonly from: number
  /** Exclusive. */
  readonly until: number
  /** Wall time minus UTC. */
  readonly offset: number
  /** The offset just before `from`: smaller means that a gap ends here, greater that an overlap begins. */
  readonly before: number
}

const DAY_MS = 86_400_000
/** Changes since 1970 lie at least 6.9 days apart (Boa Vista, Gaza), so probes this close miss none. */
const PROBE_MS = 4 * DAY_MS
const CHUNK_MS = 32 * PROBE_MS

const UTC_NAMES = new Set(['utc', 'etc/utc', 'gmt', 'etc/gmt'])
const ALWAYS: Stretch = { from: -Infinity, until: Infinity, offset: 0, before: 0 }

const formats = new LRUCache<string, Intl.DateTimeFormat>({ max: 100 })
const chunks = new LRUCache<string, readonly Stretch[]>({ max: 5_000 })

/** The stretch that holds `instant` (1970 to 2999). Throws `invalid_schedule` for a zone that is not known. */
export function stretchAt(zone: string, instant: number): Stretch {
  if (UTC_NAMES.has(zone.toLowerCase())) return ALWAYS
  const found = chunkOf(zone, Math.floor(instant / CHUNK_MS)).findLast((stretch) => stretch.from <= instant)
  return found ?? ALWAYS
}

/** The first stretch after `instant` that begins with a change of the offset; null when there is none within 400 days. */
export function nextChange(zone: string, instant: number): Stretch | null {
  let stretch = stretchAt(zone, instant)
  while (stretch.until <= instant + 400 * DAY_MS) {
    stretch = stretchAt(zone, stretch.until)
    if (stretch.before !== stretch.offset) return stretch
  }
  return null
}

/** What is wrong with the name of a zone, or null. Known are the IANA names, in any case of letters. */
export function zoneProblem(zone: string): string | null {
  return UTC_NAMES.has(zone.toLowerCase()) || formatOf(zone) !== null ? null : unknownZone(zone)
}

/** The wall clock of a zone at an instant, as ISO 8601 with its UTC offset: `2026-03-08T03:00:00-04:00`. */
export function localText(zone: string, instant: number): string {
  const { offset } = stretchAt(zone, instant)
  return new Date(instant + offset).toISOString().slice(0, 19) + offsetText(offset)
}

function offsetText(offset: number): string {
  const size = new Date(Math.abs(offset)).toISOString()
  return (offset < 0 ? '-' : '+') + size.slice(11, size.slice(17, 19) === '00' ? 16 : 19)
}

function chunkOf(zone: string, index: number): readonly Stretch[] {
  const key = `${zone} ${index}`
  const known = chunks.get(key)
  if (known !== undefined) return known
  const stretches = stretchesIn(zone, index * CHUNK_MS)
  chunks.set(key, stretches)
  return stretches
}

function stretchesIn(zone: string, start: number): readonly Stretch[] {
  const offsetAt = offsets(zone)
  const end = start + CHUNK_MS
  const cuts = [start]
  for (let probe = start; probe < end; probe += PROBE_MS) {
    const change = changeIn(offsetAt, probe, probe + PROBE_MS)
    // A change at the chunk's very end is the next chunk's beginning.
    if (change !== null && change < end) cuts.push(change)
  }
  return cuts.map((from, index) => ({
    from,
    until: cuts[index + 1] ?? end,
    offset: offsetAt(from),
    before: offsetAt(from - 1_000),
  }))
}

/** The instant in (low, high] at which the offset becomes another one, to the second; null when it stays. */
function changeIn(offsetAt: (instant: number) => number, low: number, high: number): number | null {
  const before = offsetAt(low)
  if (offsetAt(high) === before) return null
  let [same, other] = [low, high]
  while (other - same > 1_000) {
    const middle = same + Math.floor((other - same) / 2_000) * 1_000
    if (offsetAt(middle) === before) same = middle
    else other = middle
  }
  return other
}

/** The offset of a zone at an instant, from the runtime's own time zone data. */
function offsets(zone: string): (instant: number) => number {
  const format = formatOf(zone)
  if (format === null) throw invalidSchedule([{ field: 'time_zone', message: unknownZone(zone) }])
  return (instant) => {
    const match = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(format.format(instant))
    const [, sign, hours = 0, minutes = 0, seconds = 0] = match ?? []
    const size = (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1_000
    return sign === '-' ? -size : size
  }
}

/** Null for a zone that is not known. Names only: the runtime would also take bare offsets such as `+05:30`. */
function formatOf(zone: string): Intl.DateTimeFormat | null {
  const known = formats.get(zone)
  if (known !== undefined) return known
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,59}$/.test(zone)) return null
  try {
    const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
    formats.set(zone, format)
    return format
  } catch {
    return null
  }
}

function unknownZone(zone: string): string {
  const near = nearest(zone)
  const hint = near === null ? 'use an IANA name such as Europe/Berlin or UTC' : `did you mean ${near}?`
  return `"${zone.slice(0, 60)}" is no known time zone; ${hint}`
}

function nearest(zone: string): string | null {
  const wanted = zone.slice(0, 60).toLowerCase().replaceAll(' ', '_')
  // A near miss is one wrong letter in three, and at most three.
  let best = { name: '', distance: Math.min(3, Math.floor(wanted.length / 3)) + 1 }
  for (const name of ['UTC', ...Intl.supportedValuesOf('timeZone')]) {
    const city = name.slice(name.lastIndexOf('/') + 1)
    const distance = Math.min(leven(wanted, name.toLowerCase()), leven(wanted, city.toLowerCase()))
    if (distance < best.distance) best = { name, distance }
  }
  return best.name === '' ? null : best.name
}
