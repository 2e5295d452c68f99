import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../functions/clock.ts'

/** The machine's own clock, for scripts and the local stack. */
export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    await wait(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined)
  },
}
