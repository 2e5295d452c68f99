import { randomBytes, randomUUID } from 'node:crypto'
import { http } from '@google-cloud/functions-framework'
import { pino } from 'pino'
import { start } from '../../functions/wiring.ts'
import { systemClock } from '../../scripts/system-clock.ts'
import { tellingJobs } from './telling-jobs.ts'

/** The deployed function, as functions/index.ts makes it, with jobs that tell an outside ledger what they do. */
const listener = start(
  {
    env: process.env,
    clock: systemClock,
    newId: randomUUID,
    newSecret: () => randomBytes(32).toString('base64url'),
    random: Math.random,
    process,
    lines: pino.destination({ fd: 1, sync: true }),
  },
  tellingJobs(process.env.LEDGER_URL ?? ''),
)

http('scheduler', listener)

// It dies with the tests, however these end.
process.stdin.on('end', () => process.exit(1)).resume()
