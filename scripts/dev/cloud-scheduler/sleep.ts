import type { Clock } from '../../../functions/clock.ts'

const LONGEST_SLEEP_MS = 3_600_000

/** Resolves at the instant, or at once when `signal` aborts. Sleeps an hour at most, so that timers hold any distance and a moved clock is seen. */
export async function sleepUntil(clock: Clock, instant: number, signal: AbortSignal): Promise<void> {
  while (clock.now() < instant && !signal.aborted) {
    await clock.sleep(Math.min(instant - clock.now(), LONGEST_SLEEP_MS), signal)
  }
}
