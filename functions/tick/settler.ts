import type { Clock } from '../clock.ts'
import { type Finished, type Settled, type Settling, settle } from '../lease/settle.ts'

/** What ends within this time settles together, in ms. */
const TOGETHER = 200

/** Gathers attempts that have ended, and settles them in batches, one after another. */
export interface Settler {
  add(finished: Finished): void
  /** Settles what waits without waiting for more. */
  flush(): void
  /** Resolves when all that was added is settled. */
  idle(): Promise<void>
}

/** Settles with `settling`, at most `batch` jobs at once; `told` hears of each. */
export function createSettler(
  settling: Settling,
  clock: Clock,
  batch: number,
  told: (settled: Settled) => void,
): Settler {
  const waiting: Finished[] = []
  let settled = Promise.resolve()
  let soon = new AbortController()

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      for (const one of await settle(settling, waiting.splice(0, batch))) told(one)
    }
  }
  function flush(): void {
    soon.abort()
    if (waiting.length > 0) settled = settled.then(drain)
  }
  return {
    add(finished) {
      waiting.push(finished)
      if (waiting.length >= batch) return flush()
      if (waiting.length > 1) return
      soon = new AbortController()
      void clock.sleep(TOGETHER, soon.signal).then(flush)
    },
    flush,
    idle: () => settled,
  }
}
