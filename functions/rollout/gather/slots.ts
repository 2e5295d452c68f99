import type { Lane } from '../../config/lanes.ts'
import { occurrences, type Schedule } from '../../schedule/schedule.ts'
import type { Evidence, LaneTicks } from '../evidence.ts'
import { DAY_MS } from './backwards.ts'
import type { Tick } from './ticks.ts'

/** What decides when a lane's ticks are due, and when one that has not reported is given up. Durations in seconds. */
export interface Pace {
  readonly cadence: string
  readonly time_zone: string
  readonly lanes: readonly Lane[]
  readonly tick_budget_seconds: number
}

/** A lane's attempt that still lives: its tick has not reported because it has not ended. */
export interface Living {
  readonly lane: string
  readonly began_at: number
}

const MOST_SLOTS = 100_000
/** Of two days: a longer gap shows in so many. */
const MOST_TICKS = 1_500
/** A clock that is a little ahead of the store's posts a little early. */
const EARLY_MS = 1_000
/** How much longer than its budget a tick may take to report, in seconds. */
const PATIENCE = 15
/** What the two jobs of a lane with dwell come to, on alternate minutes. */
const EVERY_MINUTE = '* * * * *'

/** When Cloud Scheduler has to post a tick of this lane. */
export function scheduleOf(
  pace: Pick<Pace, 'cadence' | 'time_zone'>,
  dwell_seconds: number | null,
): Schedule {
  const expression = dwell_seconds === null ? pace.cadence : EVERY_MINUTE
  return { kind: 'cron', expression, time_zone: pace.time_zone }
}

/** The longest time between two ticks in the two days to come, in ms; a day when it is longer. */
export function longestGap(pace: Pick<Pace, 'cadence' | 'time_zone'>, now: number): number {
  const ticks = occurrences(scheduleOf(pace, null), now, now + 2 * DAY_MS, MOST_TICKS)
  const gaps = ticks.slice(1).map((at, index) => at - (ticks[index] ?? at))
  return Math.max(...gaps, ticks.length < 2 ? DAY_MS : 0)
}

/**
 * For each lane, of the path `tick`, the ticks that were due from `since` to `until` (ms), and those of them that recorded `ok`. A killed tick leaves no
 * document, so that it counts as failed. What may still be under way at `until` is not expected yet.
 */
export function countSlots(
  pace: Pace,
  { since, until }: Evidence['window'],
  ticks: readonly Tick[],
  living: readonly Living[],
): LaneTicks[] {
  return pace.lanes.map(({ name: lane, dwell_seconds }) => {
    const patience_ms = ((dwell_seconds ?? pace.tick_budget_seconds) + PATIENCE) * 1000
    const slots = occurrences(scheduleOf(pace, dwell_seconds), since, until, MOST_SLOTS)
    const good = ticks.filter((tick) => isGood(tick, lane)).map(({ started_at }) => started_at)
    const held = living.filter((one) => one.lane === lane).map(({ began_at }) => began_at)
    const [served, busy] = [slotsOf(slots, good), slotsOf(slots, held)]
    const expected = slots.filter((at) => at <= until - patience_ms && (served.has(at) || !busy.has(at)))
    const recorded = expected.filter((at) => served.has(at)).length
    const failed_last = expected.length - 1 - expected.findLastIndex((at) => served.has(at))
    return { lane, expected: expected.length, recorded, failed: expected.length - recorded, failed_last }
  })
}

function isGood(tick: Tick, lane: string): boolean {
  return tick.lane === lane && tick.status === 'ok'
}

/** The slots in which something began: the last one before each instant. */
function slotsOf(slots: readonly number[], instants: readonly number[]): ReadonlySet<number> {
  return new Set(instants.flatMap((at) => lastUpTo(slots, at + EARLY_MS) ?? []))
}

/** The last of ascending values that is not over `most`. */
function lastUpTo(ascending: readonly number[], most: number): number | undefined {
  let [low, high] = [0, ascending.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ascending[middle] ?? 0) <= most) low = middle + 1
    else high = middle
  }
  return ascending[low - 1]
}
