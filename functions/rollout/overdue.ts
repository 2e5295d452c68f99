import { nextAfter, type Schedule } from '../schedule/schedule.ts'
import { DAY_MS } from './gather/backwards.ts'
import { type Pace, scheduleOf } from './gather/slots.ts'

/** What a tick takes to come and to take a job up, at its slowest: the dispatch, a cold start, the claim. */
const MARGIN_MS = 30_000
/** Ticks that are further apart are no cadence to be late by. */
const LONGEST_MS = 366 * DAY_MS

/**
 * Since when at least (ms) a job of this lane has been claimable if it is overdue at `now`: after that, two ticks were to
 * come, and have had time to take it up. Null: none can be overdue. A lane that has no ticks is judged by the cadence.
 */
export function overdueSince(
  pace: Pick<Pace, 'cadence' | 'time_zone' | 'lanes'>,
  lane: string,
  now: number,
): number | null {
  const own = pace.lanes.find(({ name }) => name === lane)
  const schedule = scheduleOf(pace, own?.dwell_seconds ?? null)
  const last = lastOf(schedule, now - MARGIN_MS)
  const first = last === null ? null : lastOf(schedule, last - 1)
  return first === null ? null : first - 1
}

/** The last occurrence up to `until`; null: there was none in a year. Schedules only count forwards, so it is closed in on. */
function lastOf(schedule: Schedule, until: number): number | null {
  let found = nextAfter(schedule, until - LONGEST_MS)
  if (found === null || found > until) return null
  for (let high = until; found < high; ) {
    const middle = Math.floor((found + high) / 2)
    const next = nextAfter(schedule, middle)
    if (next !== null && next <= high) found = next
    else high = middle
  }
  return found
}
