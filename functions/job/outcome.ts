import { delayBefore } from '../schedule/backoff.ts'
import type { Entry } from './job.ts'
import { type HolderEvent, isSpentByGiveBack } from './lifecycle.ts'
import type { Policies } from './policies.ts'

/** Progress of a run that works through items. */
export interface Items {
  readonly processed: number
  readonly succeeded: number
  readonly failed: number
}

/** One effect that a handler asked for: its key, and the hash of its input. */
export interface Intent {
  readonly key: string
  readonly hash: string
}

/** The effects that one attempt asked for, in whatever order: how many, a hash over all, and the first of them by key. */
export interface Intents {
  readonly count: number
  readonly digest: string
  readonly first: readonly Intent[]
}

/** What an attempt did on the way to its outcome. */
export interface Acts {
  readonly intents: Intents
  /** Did one of its effects fail while it was performed? */
  readonly effect_failed: boolean
  /** How many effects it performed itself, those answered from their records not counted. */
  readonly performed: number
}

/** Has this attempt had consequences, as far as can be told? A handler without effects has them when it succeeds. */
export function hasPerformed(outcome: Outcome): boolean {
  return outcome.kind === 'succeeded' || outcome.kind === 'accepted' || (outcome.acts?.performed ?? 0) > 0
}

/** How an attempt ended, and by which acts where its handler came to an end. */
export type Outcome = End & { readonly acts?: Acts }

/** How an attempt ended, as far as its holder can tell. Texts are bounded and storable. */
type End =
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
  /** The target has taken it, and completes it with the token of this hash until the deadline. */
  | {
      readonly kind: 'accepted'
      readonly token_hash: string
      readonly deadline_seconds: number
      readonly items: null
    }
  /** The process stopped and the handler ended without a result. */
  | { readonly kind: 'cancelled'; readonly error: string; readonly items: Items | null }
  /** The handler did not end when told to: it may still be acting, so its slot stays taken until the lease runs out. */
  | { readonly kind: 'unresponsive'; readonly error: string; readonly items: Items | null }

/** What an outcome says to the job: the attempts that are left decide between failure and retry. */
export function eventOf(
  { max_attempts, retry }: Pick<Policies, 'max_attempts' | 'retry'>,
  entry: Entry,
  outcome: Outcome,
  now: number,
  random: () => number,
): HolderEvent {
  switch (outcome.kind) {
    case 'succeeded':
      return { kind: 'succeed' }
    case 'failed':
      return { kind: 'fail', error: outcome.error }
    case 'accepted':
      return { kind: 'await', until: now + outcome.deadline_seconds * 1000, token: outcome.token_hash }
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
