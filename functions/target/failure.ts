import { type Code, TickoverError } from '../errors.ts'
import type { Items, Outcome } from '../job/outcome.ts'
import { describe } from './storable.ts'

/** What another attempt would meet again. */
const FINAL: ReadonlySet<Code> = new Set([
  'invalid_payload',
  'unstorable_result',
  'unknown_service',
  'invalid_endpoint',
  'forbidden_address',
])

/**
 * An error by which a handler says whether trying again can help, and when. Any other error may be tried again. From within an effect
 * it says besides that the effect was answered and did not happen: trying it again is no duplicate.
 */
export class JobFailure extends Error {
  override readonly name = 'JobFailure'
  readonly retryable: boolean
  /** The earliest that the next attempt may begin, in seconds (a target's `Retry-After`); null: as the policy says. */
  readonly retryAfterSeconds: number | null

  constructor(
    message: string,
    options: { retryable?: boolean; retryAfterSeconds?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.retryable = options.retryable ?? true
    this.retryAfterSeconds = options.retryAfterSeconds ?? null
  }
}

/** A thrown error as an outcome: here, once. */
export function outcomeOf(thrown: unknown, items: Items | null): Outcome {
  const error = describe(thrown)
  if (thrown instanceof JobFailure) {
    if (!thrown.retryable) return { kind: 'failed', error, items }
    return { kind: 'retry', error, items, after_seconds: thrown.retryAfterSeconds }
  }
  const isFinal = thrown instanceof TickoverError && FINAL.has(thrown.code)
  return isFinal ? { kind: 'failed', error, items } : { kind: 'retry', error, items, after_seconds: null }
}
