import type { Made } from './expressions.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** Zones with every kind of clock change that has been seen since 1980, and one instant within a day of each change. */
export const CHANGES: readonly (readonly [zone: string, near: string])[] = [
  ['America/New_York', '2024-03-10'],
  ['America/New_York', '2024-11-03'],
  ['Europe/Berlin', '2025-03-30'],
  ['Europe/Berlin', '2025-10-26'],
  ['Europe/Dublin', '2024-10-27'],
  ['Australia/Lord_Howe', '2024-04-06'],
  ['Australia/Lord_Howe', '2024-10-05'],
  ['Pacific/Chatham', '2024-09-28'],
  ['Pacific/Chatham', '2024-04-06'],
  ['America/Sao_Paulo', '2018-11-04'],
  ['America/Sao_Paulo', '2018-02-18'],
  ['America/Havana', '2024-03-10'],
  ['America/Havana', '2024-11-03'],
  ['Asia/Beirut', '2024-03-31'],
  ['Asia/Beirut', '2024-10-26'],
  ['Asia/Tehran', '2022-03-21'],
  ['Africa/Cairo', '2014-05-15'],
  ['Africa/Casablanca', '2024-03-10'],
  ['Africa/Casablanca', '2024-04-14'],
  ['Antarctica/Troll', '2024-03-31'],
  ['Antarctica/Troll', '2024-10-27'],
  ['Pacific/Apia', '2011-12-30'],
  ['Pacific/Kwajalein', '1993-08-21'],
  ['Asia/Kathmandu', '1985-12-31'],
  ['Asia/Pyongyang', '2015-08-14'],
  ['Asia/Pyongyang', '2018-05-04'],
  ['America/Caracas', '2007-12-09'],
  ['America/Caracas', '2016-05-01'],
  ['Antarctica/Casey', '2009-10-17'],
  ['Europe/Istanbul', '2016-03-27'],
]

/** Twenty zones that people live in. */
export const ZONES: readonly string[] = [
  'UTC',
  'Europe/London',
  'Europe/Berlin',
  'Europe/Istanbul',
  'Europe/Moscow',
  'Africa/Cairo',
  'Africa/Casablanca',
  'Asia/Beirut',
  'Asia/Gaza',
  'Asia/Tehran',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Asia/Pyongyang',
  'Australia/Lord_Howe',
  'Australia/Sydney',
  'Pacific/Chatham',
  'Pacific/Apia',
  'America/Sao_Paulo',
  'America/Havana',
  'America/New_York',
  'America/St_Johns',
]

const formats = new Map<string, Intl.DateTimeFormat>()

/** The wall clock of a zone, as if it were UTC, read from the digits that the runtime prints. */
export function wallOf(zone: string, instant: number): number {
  const format = formats.get(zone) ?? newFormat(zone)
  const [month, day, year, hour, minute, second] = format
    .format(instant)
    .split(/[^\d]+/)
    .map(Number)
  return Date.UTC(year!, month! - 1, day, hour, minute, second)
}

function newFormat(zone: string): Intl.DateTimeFormat {
  const two = '2-digit'
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: two,
    day: two,
    hour: two,
    minute: two,
    second: two,
  })
  formats.set(zone, format)
  return format
}

/** The wall clock, minute by minute, from 40 hours before an instant to 40 hours after it. */
export interface Window {
  readonly from: number
  readonly walls: readonly number[]
}

export function windowAround(zone: string, near: number): Window {
  const from = near - 40 * HOUR
  return { from, walls: Array.from({ length: 80 * 60 }, (_, index) => wallOf(zone, from + index * MINUTE)) }
}

/** The occurrences in a window, by walking through it: slow, and as DESIGN says it. */
export function walk(expression: Made, window: Window): number[] {
  const seen = new Set<number>()
  const found: number[] = []
  window.walls.forEach((wall, index) => {
    const before = window.walls[index - 1] ?? wall - MINUTE
    const mayRun = expression.intervalLike || !seen.has(wall)
    seen.add(wall)
    const swallowed = Array.from(
      { length: Math.max(0, (wall - before) / MINUTE - 1) },
      (_, n) => before + (n + 1) * MINUTE,
    )
    if ((mayRun && expression.matches(wall)) || swallowed.some(expression.matches))
      found.push(window.from + index * MINUTE)
  })
  return found
}

/** The instants, to the hour, after which the offset of a zone is another one, found hour by hour. */
export function changeHours(zone: string, from: number, to: number): number[] {
  const offset = (at: number) => wallOf(zone, at) - at
  const days = Array.from({ length: Math.ceil((to - from) / (24 * HOUR)) }, (_, n) => from + n * 24 * HOUR)
  return days
    .filter((at) => offset(at) !== offset(at + 24 * HOUR))
    .flatMap((at) => Array.from({ length: 24 }, (_, n) => at + n * HOUR))
    .filter((at) => offset(at) !== offset(at + HOUR))
}
