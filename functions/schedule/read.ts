import type { Problem } from '../errors.ts'
import { parseDuration } from './duration.ts'
import { parseInstant } from './instant.ts'
import type { Schedule } from './schedule.ts'

/** What a schedule is filled up with where its text leaves something out. */
export interface ScheduleDefaults {
  readonly time_zone: string
  /** Milliseconds since 1970: where the slots of an `every` without an anchor of its own are counted from. */
  readonly anchor_at: number
}

/** The first reading of a schedule: its shape only, `scheduleProblems` judges the values. */
interface Reading {
  readonly schedule: Schedule | null
  readonly problems: readonly Problem[]
}

/** What may stand beside the one field that says the kind. */
const BESIDE = { cron: ['time_zone'], every_seconds: ['anchor_at'], at: [] } as const

type Kind = keyof typeof BESIDE

/** Reads a text (a cron expression, or `@every 1h30m`) or an object with exactly one of `cron`, `every_seconds`, `at`. */
export function readSchedule(input: unknown, defaults: ScheduleDefaults): Reading {
  if (typeof input === 'string') return readText(input, defaults.time_zone, defaults)
  if (!isObject(input)) return bad('schedule', 'must be a text or an object with cron, every_seconds or at')
  const kinds = (['cron', 'every_seconds', 'at'] as const).filter((kind) => input[kind] !== undefined)
  const [kind] = kinds
  if (kind === undefined || kinds.length > 1)
    return bad('schedule', 'must have exactly one of cron, every_seconds, at')
  const reading = readKind(kind, input, defaults)
  return { ...reading, problems: [...reading.problems, ...strangers(kind, input)] }
}

function readKind(kind: Kind, input: Readonly<Record<string, unknown>>, defaults: ScheduleDefaults): Reading {
  const { cron, every_seconds, at, time_zone = defaults.time_zone, anchor_at = defaults.anchor_at } = input
  if (kind === 'every_seconds') {
    if (typeof every_seconds !== 'number') return bad('every_seconds', 'must be a number')
    return readInstant('anchor_at', anchor_at, (anchor) => ({
      kind: 'every',
      seconds: every_seconds,
      anchor_at: anchor,
    }))
  }
  if (kind === 'at') return readInstant('at', at, (instant) => ({ kind: 'at', at: instant }))
  if (typeof cron !== 'string') return bad('cron', 'must be a text such as "0 9 * * 1-5"')
  if (typeof time_zone !== 'string') return bad('time_zone', 'must be a text such as "Europe/Berlin"')
  return readText(cron, time_zone, defaults)
}

function readText(text: string, zone: string, defaults: ScheduleDefaults): Reading {
  const expression = text.trim().replace(/\s+/g, ' ')
  const every = /^@every\b\s?(.*)$/i.exec(expression)
  if (every === null) return good({ kind: 'cron', expression, time_zone: zone })
  const seconds = parseDuration(every[1] ?? '')
  if (seconds === null) return bad('cron', '@every needs a duration such as 90s or 1h30m (units h, m, s)')
  return good({ kind: 'every', seconds, anchor_at: defaults.anchor_at })
}

/** An instant is ISO 8601 text or, as the store keeps it, a number of milliseconds. */
function readInstant(field: string, value: unknown, make: (instant: number) => Schedule): Reading {
  const instant = typeof value === 'string' ? parseInstant(value)?.at : value
  if (typeof instant !== 'number')
    return bad(field, 'must be ISO 8601, such as 2026-03-08T03:00:00Z, and must exist')
  return good(make(instant))
}

function strangers(kind: Kind, input: Readonly<Record<string, unknown>>): readonly Problem[] {
  const known: readonly string[] = [kind, ...BESIDE[kind]]
  return Object.keys(input)
    .filter((key) => input[key] !== undefined && !known.includes(key))
    .map((key) => ({
      field: key.slice(0, 60),
      message: `does not belong to a schedule with ${kind}; leave it out`,
    }))
}

function good(schedule: Schedule): Reading {
  return { schedule, problems: [] }
}

function bad(field: string, message: string): Reading {
  return { schedule: null, problems: [{ field, message }] }
}

function isObject(input: unknown): input is Readonly<Record<string, unknown>> {
  return typeof input === 'object' && input !== null && !Array.isArray(input)
}
