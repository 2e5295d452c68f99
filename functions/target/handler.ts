import type { z } from 'zod'
import type { Policies } from '../job/policies.ts'
import type { ScheduleInput } from '../schedule/schedule.ts'
import type { Each } from './batch.ts'
import type { Rate } from './limits.ts'
import type { Queue } from './queue.ts'

/** One line of a run's own log; `data` is kept as JSON beside it. */
export interface RunLog {
  readonly info: (message: string, data?: Readonly<Record<string, unknown>>) => void
  readonly warn: (message: string, data?: Readonly<Record<string, unknown>>) => void
  readonly error: (message: string, data?: Readonly<Record<string, unknown>>) => void
}

/** Progress of a run that works through items; the handler counts, the run's record keeps it. */
export interface ItemCount {
  processed: number
  succeeded: number
  failed: number
}

/** What a handler is given for one attempt. */
export interface Context<P> {
  readonly job: string
  /** The run's id: the same for every attempt of it. */
  readonly run: string
  readonly payload: P
  readonly scheduled_for: Date
  /** 1 for the first attempt. */
  readonly attempt: number
  readonly fence: number
  /** Aborted at the timeout, when the lease is lost, and when the process stops: end soon after. */
  readonly signal: AbortSignal
  readonly log: RunLog
  readonly items: ItemCount
  /** A value that this process keeps for `SCHEDULER_CACHE_TTL`; callers of one missing key share one load. */
  readonly cache: <T>(key: string, load: () => Promise<T>) => Promise<T>
  readonly effect: Effect
  /** Works many items, some at once; one that fails leaves the others alone. */
  readonly each: Each
  /** Waits, at most 30 s, until one more call under this key keeps its rate within this process; longer, and it throws. */
  readonly limit: (key: string, rate: Rate) => Promise<void>
}

/**
 * Performs a step with consequences outside (a post, a mail, a payment). Once it is recorded as done it is never
 * performed again for this run and key, by no retry and no other process: its stored result (JSON, at most 16 KiB)
 * is answered instead. One that had begun when its holder died may repeat, with the same idempotency key, so send
 * that key along. `input` (data) is what the step is made of: both paths of a move are compared by it. Rejects with
 * `TickoverError('lost')` when this attempt may not act any more: let that through.
 */
export type Effect = <T>(
  key: string,
  input: unknown,
  perform: (idempotencyKey: string) => Promise<T>,
  options?: EffectOptions<T>,
) => Promise<T>

/** `shadow`: what a run in shadow is answered, since it performs nothing. Without it such a run ends there. */
export interface EffectOptions<T> {
  readonly shadow?: T
}

/** A job as code declares it. Without a schedule it is a job type for one-off jobs. */
export interface JobDefinition {
  readonly name: string
  readonly description: string
  readonly lane: string | null
  readonly schedule: ScheduleInput | null
  readonly payload: z.ZodType
  /** The payload of scheduled runs. */
  readonly with: unknown
  readonly policies: PolicyChoices
  readonly work: Work
}

/** What is done for a coded job: its handler is called, or its queue is worked. */
export type Work =
  | { readonly kind: 'handler'; readonly run: (context: Context<never>) => Promise<unknown> }
  | { readonly kind: 'queue'; readonly queue: Queue<never> }

/** The choices that differ from the defaults. */
export type PolicyChoices = { readonly [P in keyof Policies]?: Policies[P] | undefined }

/** What `defineJob` takes. */
export interface JobOptions<P> {
  /** Letters, digits, `-`, `_` and `.`, at most 100. Names the job, and the type of one-off jobs. */
  readonly name: string
  readonly description?: string
  /** One of `SCHEDULER_LANES`; left out: the first of them. */
  readonly lane?: string
  /** Left out: it runs only as a one-off job. A cron text is in `SCHEDULER_TIMEZONE`. */
  readonly schedule?: ScheduleInput
  /** What every payload is checked against before the handler sees it. */
  readonly payload: z.ZodType<P>
  /** The payload of scheduled runs; left out: `{}`. */
  readonly with?: unknown
  readonly policies?: PolicyChoices
  /** The work. What it returns is kept with the run (JSON, at most 16 KiB); what it throws is a failed attempt. */
  readonly run: (context: Context<P>) => Promise<unknown>
}

/**
 * Declares a job: one file in `functions/jobs/` each, listed in its `index.ts`. Everything is checked when the process
 * starts, and all problems are told at once.
 */
export function defineJob<P>(options: JobOptions<P>): JobDefinition {
  const { name, description = '', lane = null, schedule = null, payload, policies = {}, run } = options
  return {
    name,
    description,
    lane,
    schedule,
    payload,
    with: options.with ?? {},
    policies,
    work: { kind: 'handler', run },
  }
}
