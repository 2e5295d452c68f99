import type { Clock } from '../../functions/clock.ts'
import { nextAfter, parseSchedule, type ScheduleInput } from '../../functions/schedule/schedule.ts'
import type { Ask } from '../../functions/target/intents.ts'
import type { Revision } from './moving.ts'

/** A job as the older scheduler's own file has it. What it does is what it reports. */
export interface OutsideJob {
  readonly name: string
  readonly schedule: ScheduleInput
  readonly payload?: unknown
  /** How long an attempt takes, in ms. */
  readonly lasts_ms?: number
  readonly effects?: (attempt: OutsideAttempt) => readonly Ask[]
  readonly fails?: (attempt: OutsideAttempt) => boolean
  /** From when on it is switched off there (ms). */
  readonly off_at?: number
}

/** One try of one run. Instants in ms, by the older scheduler's own clock. */
export interface OutsideAttempt {
  readonly scheduled_for: number
  readonly now: number
  readonly attempt: number
}

/** An older scheduler that lives elsewhere: its job file, its clock, and the service that it reports to. */
export interface Outside {
  readonly clock: Clock
  readonly jobs: readonly OutsideJob[]
  readonly time_zone: string
  readonly serving: () => Pick<Revision, 'call'>
  /** How far its clock is ahead, ms. */
  readonly ahead_ms?: number
  readonly stop: AbortSignal
}

const LEASE_SECONDS = 3600

/** Starts each of its jobs when that falls due, claims it at the door, performs it only then, and says how it ended. */
export function startOutside(outside: Outside): void {
  for (const job of outside.jobs) void keepTime(outside, job)
}

async function keepTime(outside: Outside, job: OutsideJob): Promise<void> {
  const { clock, ahead_ms = 0, time_zone, stop } = outside
  const schedule = parseSchedule(job.schedule, { time_zone, anchor_at: 0 })
  for (let at = nextAfter(schedule, clock.now() + ahead_ms); at !== null; at = nextAfter(schedule, at)) {
    await clock.sleep(at - ahead_ms - clock.now(), stop)
    if (stop.aborted || at >= (job.off_at ?? Number.POSITIVE_INFINITY)) return
    void run(outside, job, at)
  }
}

/** All attempts of one run: when the next may begin, the report's answer says. */
async function run(outside: Outside, job: OutsideJob, scheduled_for: number): Promise<void> {
  const { clock, ahead_ms = 0, serving, stop } = outside
  const now = () => clock.now() + ahead_ms
  for (let attempt = 1; !stop.aborted; attempt++) {
    const claim = await serving().call('legacy', 'POST', '/api/legacy/runs', {
      job: job.name,
      startedAt: iso(now()),
      scheduledFor: iso(scheduled_for),
      leaseSeconds: LEASE_SECONDS,
      ...('payload' in job && { payload: job.payload }),
    })
    if (claim.status !== 201) return
    const trying = { scheduled_for, now: now(), attempt }
    await clock.sleep(job.lasts_ms ?? 0, stop)
    const ended = await serving().call('legacy', 'PATCH', '/api/legacy/runs', {
      run: claim.json.run,
      fence: claim.json.fence,
      status: job.fails?.(trying) ? 'failed' : 'succeeded',
      ...(job.effects !== undefined && { effects: job.effects(trying) }),
    })
    if (ended.json.status !== 'retry') return
    await clock.sleep(Date.parse(ended.json.nextAttemptAt) - clock.now(), stop)
  }
}

function iso(at: number): string {
  return new Date(at).toISOString()
}
