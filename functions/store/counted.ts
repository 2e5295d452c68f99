import type { Clock } from '../clock.ts'
import type { Documents } from './documents.ts'

/** What was asked of the store, in the units of its bill. */
export interface Counts {
  readonly calls: number
  /** Documents read. One that is missing counts, and so does an answer that is empty. */
  readonly read: number
  /** Documents created, updated and deleted by commits that were `done`. */
  readonly written: number
  /** Conditions checked without a change by commits that were `done`; Firestore bills each as a write. */
  readonly checked: number
  /** Calls that ended without an answer that counts: rejected, `unknown` or `unreachable`. A conflict is an answer. */
  readonly failed: number
  /** How long they took to answer, all together, in ms; calls that run side by side count each. */
  readonly ms: number
  /** The largest share of the permits that a call found in use when it came, 0 to 1: at 1 it had to wait. 0 where there is no bound. */
  readonly permits_peak: number
}

/** Documents that may let only so many calls through at once; `permits` left out: any number. */
export interface Bounded extends Documents {
  readonly permits?: number
}

/** Documents that know what has been asked of them. */
export interface Counted extends Documents {
  /** Since the beginning. */
  counts(): Counts
}

/** The same documents, counted and timed. A call counts when it is made, what it read or wrote when it has ended well. */
export function counted(documents: Bounded, clock: Pick<Clock, 'now'>): Counted {
  const counts = { calls: 0, read: 0, written: 0, checked: 0, failed: 0, ms: 0, permits_peak: 0 }
  const permits = documents.permits ?? Number.POSITIVE_INFINITY
  let underWay = 0
  const call = async <T>(ask: () => Promise<T>): Promise<T> => {
    counts.calls += 1
    counts.permits_peak = Math.max(counts.permits_peak, Math.min(1, underWay / permits))
    underWay += 1
    const began = clock.now()
    try {
      return await ask()
    } catch (error) {
      counts.failed += 1
      throw error
    } finally {
      underWay -= 1
      counts.ms += clock.now() - began
    }
  }
  return {
    counts: () => ({ ...counts }),
    get: async (refs) => {
      const answer = await call(() => documents.get(refs))
      counts.read += refs.length
      return answer
    },
    query: async (query) => {
      const answer = await call(() => documents.query(query))
      counts.read += Math.max(1, answer.value.length)
      return answer
    },
    commit: async (changes) => {
      const committed = await call(() => documents.commit(changes))
      if (committed.outcome === 'unknown' || committed.outcome === 'unreachable') counts.failed += 1
      if (committed.outcome !== 'done') return committed
      const checks = changes.filter(({ kind }) => kind === 'check').length
      counts.checked += checks
      counts.written += changes.length - checks
      return committed
    },
    close: () => documents.close(),
  }
}
