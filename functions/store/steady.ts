import type { Clock } from '../clock.ts'

/** The clock's time, except that it never goes back. */
export function steadyTime(clock: Clock): () => number {
  let latest = Number.NEGATIVE_INFINITY
  return () => {
    latest = Math.max(latest, clock.now())
    return latest
  }
}
