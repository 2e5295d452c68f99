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
}

/** Documents that know what has been asked of them. */
export interface Counted extends Documents {
  /** Since the beginning. */
  counts(): Counts
}

/** The same documents, counted. A call counts when it is made, what it read or wrote when it has ended well. */
export function counted(documents: Documents): Counted {
  const counts = { calls: 0, read: 0, written: 0, checked: 0 }
  return {
    counts: () => ({ ...counts }),
    get: async (refs) => {
      counts.calls += 1
      const answer = await documents.get(refs)
      counts.read += refs.length
      return answer
    },
    query: async (query) => {
      counts.calls += 1
      const answer = await documents.query(query)
      counts.read += Math.max(1, answer.value.length)
      return answer
    },
    commit: async (changes) => {
      counts.calls += 1
      const committed = await documents.commit(changes)
      if (committed.outcome !== 'done') return committed
      const checks = changes.filter(({ kind }) => kind === 'check').length
      counts.checked += checks
      counts.written += changes.length - checks
      return committed
    },
    close: () => documents.close(),
  }
}
