import type { Clock } from '../../../functions/clock.ts'
import { nextExecution } from './cron.ts'
import type { Job } from './job.ts'
import type { Jobs } from './jobs.ts'
import { retryAt } from './retry.ts'
import type { Sender } from './send.ts'
import { sleepUntil } from './sleep.ts'

/** Options of `executor`. Each scheduled execution starts late by up to `jitter_ms`; the service shows 0 to 3,000. */
export interface ExecuteOptions {
  readonly clock: Clock
  readonly random: () => number
  readonly jitter_ms: number
}

/** Runs one scheduled execution with its retries and notes what comes next. `changed` ends it after the request under way. */
export type Execute = (job: Job, schedule_at: number, changed: AbortSignal) => Promise<void>

/** See `Execute`. */
export function executor(jobs: Jobs, sending: Sender, { clock, random, jitter_ms }: ExecuteOptions): Execute {
  return async (job, schedule_at, changed) => {
    await clock.sleep(random() * jitter_ms, changed)
    const first_at = clock.now()
    // Occurrences missed while this execution runs become one late execution, at the first of them.
    const next_at = nextExecution(job.definition, Math.max(schedule_at, first_at))
    for (let made = 1; !changed.aborted; made += 1) {
      const { succeeded } = await sending.deliver(job, schedule_at, made === 1 ? 'schedule' : 'retry')
      if (changed.aborted) return
      const tries = { made, first_at, now: clock.now(), next_at }
      const at = succeeded ? null : retryAt(job.definition.retry, tries)
      jobs.record(job.definition.name, { schedule_at: at ?? next_at })
      if (at === null) return
      await sleepUntil(clock, at, changed)
    }
  }
}
