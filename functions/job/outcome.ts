import { delayBefore } from '../schedule/backoff.ts'
import type { Entry, Job } from './job.ts'
import { type HolderEvent, isSpentByGiveBack } from './lifecycle.ts'

/** Progress of a run that works through items. */
export interface Items {
  readonly processed: number
  readonly succeeded: number
  readonly failed: number
}

/** How an attempt ended, as far as its holder can tell. Texts are bounded and storable. */
export type Outcome =
  | { readonly kind: 'succeeded'; readonly result: string | null; readonly items: Items | null }
  /** Trying again would not help. */
  | { readonly kind: 'failed'; readonly error: string; readonly items: Items | null }
  /** May be tried again, at the earliest after `after_seconds` where the target asked for that. */
  | {
      readonly kind: 'retry'
      readonly error: string
      readonly items: Items | null
      readonly after_seconds: number | null
    }
  /** The process stopped and the handler ended without a result. */
  | { readonly kind: 'cancelled'; readonly error: string; readonly items: Items | null }
  /** The handler did not end when told to: it may still be acting, so its slot stays taken until the lease runs out. */
  | { readonly kind: 'unresponsive'; readonly error: string; readonly items: Items | null }

/** What an outcome says to the job: the attempts that are left decide between failure and retry. */
export function eventOf(
  job: Job,
  entry: Entry,
  outcome: Outcome,
  now: number,
  random: () => number,
): HolderEvent {
  const { max_attempts, retry } = job.policies
  switch (outcome.kind) {
    case 'succeeded':
      return { kind: 'succeed' }
    case 'failed':
      return { kind: 'fail', error: outcome.error }
    case 'unresponsive':
      return { kind: 'abandon', error: outcome.error }
    case 'cancelled':
      return isSpentByGiveBack(entry, max_attempts)
        ? { kind: 'fail', error: outcome.error }
        : { kind: 'give_back' }
    case 'retry': {
      if (entry.attempt >= max_attempts) return { kind: 'fail', error: outcome.error }
      const delay = delayBefore(entry.attempt + 1, retry, random, outcome.after_seconds ?? undefined)
      return { kind: 'retry', error: outcome.error, at: now + delay }
    }
  }
}
