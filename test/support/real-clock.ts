import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../../functions/clock.ts'

/** This machine's clock, for tests of what only real time shows. */
export const realClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => wait(ms, undefined, signal === undefined ? {} : { signal }).catch(() => {}),
}
