import type { Context } from 'hono'
import type { Caller } from '../auth/policy.ts'
import type { Verify } from '../auth/verify.ts'
import type { Clock } from '../clock.ts'
import type { Config } from '../config.ts'
import type { Emit } from '../observe/events.ts'
import type { Documents, Stored } from '../store/documents.ts'
import type { Cache } from '../target/cache.ts'
import type { Triggered, Wish } from '../tick/trigger.ts'

/** What a tick is asked to do. */
export interface TickRequest {
  readonly lane: string
  /** The most jobs to claim in all. */
  readonly limit?: number
  /** Runs at once, instead of the configured number. */
  readonly concurrency?: number
  readonly trace: string | null
}

/** How a tick ended; `report` holds the metrics of the answer. */
export interface TickAnswer {
  readonly status: 'ok' | 'clock_skew' | 'stopping'
  readonly report: Readonly<Record<string, unknown>>
}

/** A one-off job to be made. `schedule_at` in milliseconds since 1970. */
export interface OneOff {
  readonly job_type: string
  readonly schedule_at: number
  readonly payload: unknown
}

/** All that the HTTP surface needs of the rest. */
export interface Deps {
  readonly config: Config
  readonly clock: Clock
  readonly documents: Documents
  readonly cache: Cache
  /** Of ID tokens. */
  readonly verify: Verify
  /** Of IAP's assertions; left out: no IAP stands before this service. */
  readonly verifyIap?: Verify
  readonly emit: Emit
  /** A new UUID. */
  readonly newId: () => string
  /** From 0 up to 1. */
  readonly random: () => number
  /** The job types that have a handler here. */
  readonly handlers: readonly string[]
  /** Brings the coded jobs into the store, where that is still to be done. */
  readonly register: () => Promise<void>
  /** A new trace id: 32 hexadecimal digits. */
  readonly newTrace: () => string
  /** Rejects with `TickoverError('store_unreachable')` when the store is out of reach. */
  readonly runTick: (request: TickRequest) => Promise<TickAnswer>
  /** Runs a job now. Rejects as `tick/trigger.ts` says. */
  readonly trigger: (wish: Wish) => Promise<Triggered>
  /** Answers the job as it was stored. */
  readonly createOneOff: (input: OneOff, caller: string) => Promise<Pick<Stored, 'ref' | 'fields'>>
}

/** What a request carries from the edge to its handler. */
export interface Vars {
  readonly Variables: { caller: Caller | null; trace: string }
}

/** One handler per route; a route of the policy without a handler, or the reverse, does not compile. */
export type Handler = (c: Context<Vars>) => Promise<Response>
