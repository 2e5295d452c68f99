import { TickoverError } from '../../functions/errors.ts'
import type { Answer, Change, Committed, Documents } from '../../functions/store/documents.ts'
import type { Actor } from './actor.ts'
import type { Chance } from './random.ts'
import type { Timeline } from './timeline.ts'

/** What can go wrong at a call to the store, and how often it did. */
export const FAULTS = [
  'slow',
  'read_failed',
  'commit_never_arrived',
  'commit_refused',
  'reply_lost',
  'reply_lost_then_conflict',
  'commit_late',
  'crash_before',
  'crash_after',
] as const
export type Fault = (typeof FAULTS)[number]

/** What the faulty store needs to know of the instance that calls it. */
export interface Calling {
  readonly timeline: Timeline
  readonly chance: Chance
  /** Faults happen only while this is so. */
  readonly faulty: () => boolean
  readonly alive: () => boolean
  readonly crash: () => void
  readonly count: (fault: Fault) => void
  /** Applies a commit to the one store, watched by the laws. */
  readonly apply: (actor: Actor, changes: readonly Change[]) => Promise<Committed>
  readonly store: Documents
}

/** A promise of its own each time: one that all wait for would keep every dead world alive. */
function never(): Promise<never> {
  return new Promise(() => {})
}

/** The store as one instance reaches it for somebody: with delays, failures, lost replies, and its own death at any call. */
export function faultyDocuments(calling: Calling, actor: Actor): Documents {
  const { timeline, chance, store, count } = calling
  const happens = (fault: Fault, share: number) => {
    const does = calling.faulty() && chance.often(share)
    if (does) count(fault)
    return does
  }
  const travel = async () => {
    const delay = happens('slow', 0.02) ? chance.whole(500, 6000) : chance.whole(1, 30)
    await timeline.sleep(delay)
    if (!calling.alive()) await never()
  }
  const crash = async (fault: Fault, share: number) => {
    if (!happens(fault, share)) return
    calling.crash()
    await never()
  }
  const read = async <T>(ask: () => Promise<Answer<T>>): Promise<Answer<T>> => {
    await crash('crash_before', 0.004)
    await travel()
    if (happens('read_failed', 0.02)) throw new TickoverError('store_unreachable', 'simulated')
    const answer = await ask()
    await travel()
    return answer
  }
  const commit = async (changes: readonly Change[]): Promise<Committed> => {
    await crash('crash_before', 0.006)
    await travel()
    if (happens('commit_refused', 0.02)) return { outcome: 'unreachable', reason: 'simulated: refused' }
    if (happens('commit_never_arrived', 0.02))
      return { outcome: 'unknown', reason: 'simulated: never arrived' }
    if (happens('commit_late', 0.02)) {
      timeline.at(timeline.now + chance.whole(100, 4000), () => void calling.apply(actor, changes))
      return { outcome: 'unknown', reason: 'simulated: arrives late' }
    }
    const committed = await calling.apply(actor, changes)
    await crash('crash_after', 0.006)
    await travel()
    if (committed.outcome !== 'done') return committed
    if (happens('reply_lost', 0.03)) return { outcome: 'unknown', reason: 'simulated: reply lost' }
    if (happens('reply_lost_then_conflict', 0.03))
      return { outcome: 'conflict', reason: 'simulated: retried by the client' }
    return committed
  }
  return {
    get: (refs) => read(() => store.get(refs)),
    query: (query) => read(() => store.query(query)),
    commit,
    close: async () => {},
  }
}
