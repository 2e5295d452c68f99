import { randomBytes, randomUUID } from 'node:crypto'
import { http } from '@google-cloud/functions-framework'
import { pino } from 'pino'
import { exampleJobs } from '../../functions/jobs/examples/index.ts'
import { jobs } from '../../functions/jobs/index.ts'
import { start } from '../../functions/wiring.ts'
import { systemClock } from '../system-clock.ts'

/** The function as it is deployed, with the example jobs beside yours. The local stack starts it as a process of its own. */
const lines = pino.destination({ fd: 1, sync: true })
// Whoever read them is gone; then the process is about to end, and has nothing to tell.
lines.on('error', () => undefined)

const machine = {
  env: process.env,
  clock: systemClock,
  newId: randomUUID,
  newSecret: () => randomBytes(32).toString('base64url'),
  random: Math.random,
  process,
  lines,
}
const examples = exampleJobs({ baseUrl: process.env.DEMO_SERVICE_URL ?? '' })
http('scheduler', start(machine, [...jobs, ...examples]))

// A stack that was killed leaves no function behind: it drains, and gives its leases back.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
