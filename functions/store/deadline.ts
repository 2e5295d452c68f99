import type { Clock } from '../clock.ts'

/** Calls that are bounded in time. */
export interface Calls {
  /** The work's result, or a rejection when it takes too long. The work itself goes on: what it still does must be harmless. */
  readonly bounded: <T>(work: Promise<T>) => Promise<T>
  /** Waits for what still goes on, but no longer than for one call. Has all of it ended? */
  readonly ended: () => Promise<boolean>
}

/** Calls that are given up after `ms`. */
export function calls(clock: Clock, ms: number): Calls {
  const open = new Set<Promise<unknown>>()

  async function within<T>(work: Promise<T>): Promise<T> {
    const answered = new AbortController()
    const late = clock.sleep(ms, answered.signal).then(() => {
      throw new Error(`no answer within ${ms} ms`)
    })
    try {
      return await Promise.race([work, late])
    } finally {
      late.catch(() => {})
      answered.abort()
    }
  }

  return {
    bounded: (work) => {
      open.add(work)
      const forget = () => open.delete(work)
      work.then(forget, forget)
      return within(work)
    },
    ended: async () => {
      await within(Promise.allSettled(open)).catch(() => {})
      return open.size === 0
    },
  }
}
