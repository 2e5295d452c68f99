import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '../../functions/clock.ts'

/** A clock that moves only when told. */
export interface VirtualClock extends Clock {
  /** Moves on by `ms`; see `advanceTo`. */
  advance(ms: number): Promise<void>
  /** Moves to the instant; wakes each sleeper at its own, in order, and lets what it starts run before the next. */
  advanceTo(instant: number): Promise<void>
  /** How many are asleep. */
  sleepers(): number
}

interface Sleeper {
  readonly at: number
  wake(): void
}

const TURNS = 5

/** Starts at `start`, milliseconds since 1970. Between two events it gives the event loop some turns, for promises and I/O. */
export function virtualClock(start: number): VirtualClock {
  let now = start
  const asleep = new Set<Sleeper>()

  async function advanceTo(instant: number): Promise<void> {
    await drain()
    for (let next = earliest(asleep); next !== undefined && next.at <= instant; next = earliest(asleep)) {
      now = Math.max(now, next.at)
      next.wake()
      await drain()
    }
    now = Math.max(now, instant)
  }

  return {
    now: () => now,
    advanceTo,
    advance: (ms) => advanceTo(now + ms),
    sleepers: () => asleep.size,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const wake = () => {
          asleep.delete(sleeper)
          signal?.removeEventListener('abort', wake)
          resolve()
        }
        const sleeper = { at: now + ms, wake }
        if (ms <= 0 || signal?.aborted) return resolve()
        asleep.add(sleeper)
        signal?.addEventListener('abort', wake, { once: true })
      }),
  }
}

/** The sleeper that is due first; of two at one instant, the one that went to sleep first. */
function earliest(asleep: Iterable<Sleeper>): Sleeper | undefined {
  let first: Sleeper | undefined
  for (const sleeper of asleep) if (first === undefined || sleeper.at < first.at) first = sleeper
  return first
}

async function drain(): Promise<void> {
  for (let n = 0; n < TURNS; n += 1) await turn()
}
