import { randomUUID } from 'node:crypto'
import { http } from '@google-cloud/functions-framework'
import { pino } from 'pino'
import { queueJobs } from '../../functions/jobs/examples/queues/jobs.ts'
import { start } from '../../functions/wiring.ts'
import { systemClock } from '../../scripts/system-clock.ts'

/** The deployed function with the six queues of a web directory, each due every second, that deliver to `DESK_URL`. */
const queues = queueJobs({ baseUrl: process.env.DESK_URL ?? '' })
const machine = {
  env: process.env,
  clock: systemClock,
  newId: randomUUID,
  newSecret: randomUUID,
  random: Math.random,
  process,
  lines: pino.destination({ fd: 1, sync: true }),
}
const jobs = queues.map((job) => ({ ...job, schedule: '@every 1s' }))
http('scheduler', start(machine, jobs))

// It dies with the tests, however these end.
process.stdin.on('end', () => process.exit(1)).resume()
