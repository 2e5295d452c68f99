import { type Cron, wallTimes } from './cron.ts'
import { type Stretch, stretchAt } from './zone.ts'

/** Cron occurrences lie within these years; before them zones are guesswork, after them the library stops. */
export const FIRST_INSTANT = 0
export const LAST_INSTANT = Date.UTC(3000, 0, 1) - 1

/**
 * The instants at which a cron expression falls due in a zone, strictly after `after`, ascending, none twice.
 * What a gap swallows becomes one occurrence at the gap's end; in an overlap fixed times run in the first of the two
 * passes only, interval-like ones in both.
 */
export function* cronInstants(cron: Cron, zone: string, after: number): Generator<number, undefined> {
  let last = Math.max(after, FIRST_INSTANT - 1)
  if (last >= LAST_INSTANT) return
  let stretch = stretchAt(zone, last)
  let walls = wallTimes(cron, firstWall(cron, stretch, last + 1))
  let wall = walls.next().value
  while (wall !== undefined) {
    // A wall time inside the gap that ended with `stretch.from` falls on its end.
    const instant = Math.max(wall - stretch.offset, stretch.from)
    if (instant < stretch.until) {
      if (instant > last) yield instant
      last = Math.max(last, instant)
      wall = walls.next().value
    } else {
      stretch = stretchAt(zone, stretch.until)
      if (isOverlap(stretch) && cron.interval_like) {
        walls = wallTimes(cron, stretch.from + stretch.offset)
        wall = walls.next().value
      }
    }
  }
}

/** Where the wall clock stands at `instant`; for fixed times in the second pass of an overlap, where that pass ends. */
function firstWall(cron: Cron, stretch: Stretch, instant: number): number {
  const wall = instant + stretch.offset
  return isOverlap(stretch) && !cron.interval_like ? Math.max(wall, stretch.from + stretch.before) : wall
}

function isOverlap(stretch: Stretch): boolean {
  return stretch.before > stretch.offset
}
