import type { Clock } from '../../../functions/clock.ts'
import type { Issuer } from '../issuer.ts'
import { attempt } from './attempt.ts'
import { type Job, jobId } from './job.ts'
import type { Jobs } from './jobs.ts'
import type { Outcome } from './outcome.ts'

/** Why a request was sent. */
export type Cause = 'schedule' | 'retry' | 'duplicate' | 'run'

interface About {
  readonly job: string
  readonly cause: Cause
  readonly schedule_at: number
  readonly at: number
}

/** One request as it leaves, and how it ended; instants in milliseconds since 1970. */
export type DispatchEvent =
  | ({ readonly kind: 'sent' } & About)
  | ({ readonly kind: 'ended' } & About & Outcome)

/** Options of `sender`. */
export interface SendOptions {
  readonly clock: Clock
  readonly random: () => number
  readonly issuer: Pick<Issuer, 'mint'>
  /** A duplicate follows its original by up to this. */
  readonly jitter_ms: number
  /** The share of scheduled attempts that are sent twice, 0 to 1: delivery is at least once. */
  readonly duplicate_rate: number
  readonly onDispatch: (event: DispatchEvent) => void
  /** Aborted when the emulator stops. */
  readonly stop: AbortSignal
}

/** Sends a job to its target and records what came back. */
export interface Sender {
  /** One request. */
  send(job: Job, schedule_at: number, cause: Cause): Promise<Outcome>
  /** One attempt of a scheduled execution: one request, or two with one schedule time; the first one's outcome counts. */
  deliver(job: Job, schedule_at: number, cause: Cause): Promise<Outcome>
}

/** See `Sender`. */
export function sender(jobs: Jobs, options: SendOptions): Sender {
  const { clock, random, stop, onDispatch } = options

  async function send({ definition }: Job, schedule_at: number, cause: Cause): Promise<Outcome> {
    const about = { job: jobId(definition.name), cause, schedule_at }
    const at = clock.now()
    jobs.record(definition.name, { last_attempt_at: at })
    onDispatch({ kind: 'sent', ...about, at })
    const outcome = await attempt(definition, schedule_at, options)
    jobs.record(definition.name, { status: { code: outcome.code, message: outcome.message } })
    onDispatch({ kind: 'ended', ...about, at: clock.now(), ...outcome })
    return outcome
  }

  async function duplicate(job: Job, schedule_at: number): Promise<void> {
    if (random() >= options.duplicate_rate) return
    await clock.sleep(random() * options.jitter_ms, stop)
    if (!stop.aborted) await send(job, schedule_at, 'duplicate')
  }

  return {
    send,
    async deliver(job, schedule_at, cause) {
      const [outcome] = await Promise.all([send(job, schedule_at, cause), duplicate(job, schedule_at)])
      return outcome
    },
  }
}
