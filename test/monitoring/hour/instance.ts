import { pino } from 'pino'
import type { Clock } from '../../../functions/clock.ts'
import type { Env } from '../../../functions/config.ts'
import type { Listener } from '../../../functions/http/framework.ts'
import type { JobDefinition } from '../../../functions/target/handler.ts'
import { type Machine, start } from '../../../functions/wiring.ts'

/** One instance of the function. */
export interface Instance {
  readonly listener: Listener
  /** Its own, on which nothing passes while it stands still. */
  readonly clock: Clock
  /** Lets nothing of it go on, as on a machine that stands still or has died. */
  freeze(): void
  thaw(): void
  /** Resolves when it stands still. */
  readonly frozen: Promise<void>
}

const lines = pino.destination({ fd: 1, sync: true })

/** Starts one as `functions/index.ts` does, but for the clock. */
export function startInstance(parts: {
  readonly env: Env
  readonly clock: Clock
  readonly random: () => number
  readonly newId: () => string
  /** The jobs; they ask for their instance only when they run. */
  readonly jobsOf: (instance: () => Instance) => readonly JobDefinition[]
}): Instance {
  const standstill = Promise.withResolvers<void>()
  let gate = Promise.withResolvers<void>()
  gate.resolve()
  const clock: Clock = {
    now: () => parts.clock.now(),
    sleep: async (ms, signal) => {
      await parts.clock.sleep(ms, signal)
      await gate.promise
    },
  }
  const { env, random, newId } = parts
  const machine = { env, clock, random, newId, newSecret: newId, process: ours, lines }
  const instance: Instance = {
    listener: start(
      machine,
      parts.jobsOf(() => instance),
    ),
    clock,
    frozen: standstill.promise,
    thaw: () => gate.resolve(),
    freeze: () => {
      gate = Promise.withResolvers()
      standstill.resolve()
    },
  }
  return instance
}

/** The process belongs to all instances together: none of them may take its signals. */
const ours: Machine['process'] = {
  on: () => process,
  removeListener: () => process,
  exit: (code) => process.exit(code),
}
