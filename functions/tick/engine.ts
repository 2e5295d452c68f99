import type { Clock } from '../clock.ts'
import type { Emit } from '../observe/events.ts'
import type { Bounded } from '../store/counted.ts'
import type { Cache } from '../target/cache.ts'
import type { Limits } from '../target/limits.ts'
import type { Registry } from '../target/registry.ts'
import type { Call } from '../target/target.ts'
import type { Claimant } from './claimant.ts'

/** The numbers that a tick goes by. */
export interface Settings {
  readonly lease_seconds: number
  /** The most jobs in one commit. */
  readonly batch_size: number
  /** Runs at once. */
  readonly concurrency: number
  readonly tick_budget_seconds: number
  readonly request_timeout_seconds: number
  /** How long a handler may take to end once it is told to. */
  readonly grace_seconds: number
  /** A tick whose clock is off by more claims nothing. */
  readonly max_skew_seconds: number
  /** The revision of the service, for people. */
  readonly revision: string
}

/** All that ticks share in one process. */
export interface Engine {
  readonly documents: Bounded
  readonly claimant: Claimant
  readonly clock: Clock
  /** From 0 up to 1. */
  readonly random: () => number
  readonly newId: () => string
  readonly registry: Registry
  readonly cache: Cache
  readonly limits: Limits
  /** Performs the attempts of HTTP targets. */
  readonly call: Call
  readonly emit: Emit
  readonly settings: Settings
  /** The 99th percentile of the event loop's delay so far, in ms. */
  readonly eventLoopDelay: () => number
  /** Aborted when the process stops. */
  readonly stop: AbortSignal
}
