import type { Clock } from '../clock.ts'

/** The older scheduler's way: one process that polls, and does one job after another. */
export interface Loop {
  readonly lanes: readonly string[]
  readonly poll_seconds: number
  readonly clock: Clock
  readonly stop: AbortSignal
  /** One pass over one lane: everything that is due there, one job at a time. Never rejects. */
  readonly pass: (lane: string) => Promise<void>
}

/**
 * Polls until the process stops. While a long job runs nothing else begins, in no lane: that is how it was, and why it is
 * left behind.
 */
export async function runLoop({ lanes, poll_seconds, clock, stop, pass }: Loop): Promise<void> {
  while (!stop.aborted) {
    for (const lane of lanes) if (!stop.aborted) await pass(lane)
    await clock.sleep(poll_seconds * 1000, stop)
  }
}
