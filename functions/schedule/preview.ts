import { parseCron, wallTimes } from './cron.ts'
import { nextAfter, type Schedule } from './schedule.ts'
import { localText, nextChange, type Stretch } from './zone.ts'

/** What a clock change does to a schedule: its occurrences go on as ever, move to the gap's end, run once, or run twice. */
type Effect = 'none' | 'moved' | 'ran_once' | 'ran_twice'

/** One occurrence, with the wall clock of the schedule's zone (UTC where it has none) and its UTC offset. */
interface PreviewedOccurrence {
  readonly at: number
  readonly local: string
}

/** A clock change of the schedule's zone. `at`: the gap's end, or the beginning of the overlap's second pass. */
interface ClockChange {
  readonly at: number
  readonly kind: 'gap' | 'overlap'
  /** How far the clock is put forward (a gap) or back (an overlap), in minutes. */
  readonly minutes: number
  /** The wall clock one second before, and at, the change. */
  readonly local_before: string
  readonly local: string
  readonly effect: Effect
  /** The effect as a sentence for people. */
  readonly text: string
}

export interface Preview {
  readonly occurrences: readonly PreviewedOccurrence[]
  /** The two next clock changes after `from`; none for a schedule without a zone or a zone that keeps its offset. */
  readonly clock_changes: readonly ClockChange[]
}

const MAX_COUNT = 100

/** The next occurrences strictly after `from`, at most `count` (at most 100), and the two next clock changes. */
export function preview(schedule: Schedule, from: number, count: number, offset = 0): Preview {
  const zone = schedule.kind === 'cron' ? schedule.time_zone : 'UTC'
  const listed: PreviewedOccurrence[] = []
  let at = nextAfter(schedule, from, offset)
  while (at !== null && listed.length < Math.min(count, MAX_COUNT)) {
    listed.push({ at, local: localText(zone, at) })
    at = nextAfter(schedule, at, offset)
  }
  const changes = schedule.kind === 'cron' ? changesAfter(schedule.expression, zone, from) : []
  return { occurrences: listed, clock_changes: changes }
}

function changesAfter(expression: string, zone: string, from: number): readonly ClockChange[] {
  const first = nextChange(zone, from)
  const second = first === null ? null : nextChange(zone, first.from)
  return [first, second].flatMap((change) => (change === null ? [] : [describe(expression, zone, change)]))
}

function describe(expression: string, zone: string, change: Stretch): ClockChange {
  const kind = change.before < change.offset ? 'gap' : 'overlap'
  const effect = effectOf(expression, change)
  return {
    at: change.from,
    kind,
    minutes: Math.abs(change.offset - change.before) / 60_000,
    local_before: localText(zone, change.from - 1_000),
    local: localText(zone, change.from),
    effect,
    text: TEXTS[effect],
  }
}

const TEXTS: Readonly<Record<Effect, string>> = {
  none: 'No occurrence falls into this clock change.',
  moved: 'What the gap swallows becomes one occurrence at its end.',
  ran_once: 'Wall times that come twice run once, at the first of the two.',
  ran_twice: 'Wall times that come twice run both times, so the job does not fall silent.',
}

/** Is any wall time of the schedule swallowed or repeated, and what becomes of it? */
function effectOf(expression: string, change: Stretch): Effect {
  const cron = parseCron(expression)
  const wall = wallTimes(cron, change.from + Math.min(change.before, change.offset)).next().value
  if (wall === undefined || wall >= change.from + Math.max(change.before, change.offset)) return 'none'
  if (change.before < change.offset) return 'moved'
  return cron.interval_like ? 'ran_twice' : 'ran_once'
}
