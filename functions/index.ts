import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { http } from '@google-cloud/functions-framework'
import { pino } from 'pino'
import { jobs } from './jobs/index.ts'
import { start } from './wiring.ts'

/** The one place that takes time, ids, randomness and the environment from the machine. */
const listener = start(
  {
    env: process.env,
    clock: {
      now: () => Date.now(),
      sleep: async (ms, signal) => {
        await wait(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined)
      },
    },
    newId: randomUUID,
    newSecret: () => randomBytes(32).toString('base64url'),
    random: Math.random,
    process,
    lines: pino.destination({ fd: 1, sync: true }),
  },
  jobs,
)

http('scheduler', listener)
