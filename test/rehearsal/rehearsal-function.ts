import { randomBytes, randomUUID } from 'node:crypto'
import { http } from '@google-cloud/functions-framework'
import { pino } from 'pino'
import type { Clock } from '../../functions/clock.ts'
import { start } from '../../functions/wiring.ts'
import { systemClock } from '../../scripts/system-clock.ts'
import { rehearsedJobs } from './jobs.ts'

/** The function as the local stack starts it, with jobs that are watched from outside, and a clock that may be ahead. */
const ahead = Number(process.env.AHEAD_MS ?? '0')
const clock: Clock = { ...systemClock, now: () => systemClock.now() + ahead }
const lines = pino.destination({ fd: 1, sync: true })
lines.on('error', () => undefined)

const newSecret = () => randomBytes(32).toString('base64url')
const machine = { env: process.env, clock, newId: randomUUID, newSecret, random: Math.random, process, lines }
http('scheduler', start(machine, rehearsedJobs(process.env.LEDGER_URL ?? '')))

process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
