import type { Clock } from '../clock.ts'
import type { Answer, Documents } from './documents.ts'

/** The store's time as this process can know it: its own clock, corrected by what the answers prove. */
export interface StoreTime {
  /** Milliseconds since 1970 by the store, off by at most the time that the quickest call so far took. */
  now(): number
  /** How far this process's clock is proven to be behind the store's, in ms; negative: it is ahead. */
  skew(): number
}

/** The bounds of the difference between the store's time and the own. */
interface Bounds {
  readonly least: number
  readonly most: number
}

/** The same documents, and the time that their answers tell. */
export function withStoreTime(documents: Documents, clock: Clock): { documents: Documents; time: StoreTime } {
  let bounds: Bounds = { least: -Infinity, most: Infinity }
  const skew = () => Math.min(Math.max(0, bounds.least), bounds.most)
  const observe = (sent: number, time: number) => {
    bounds = narrowed(bounds, { least: time - clock.now(), most: time - sent })
  }
  const read = async <T>(ask: () => Promise<Answer<T>>): Promise<Answer<T>> => {
    const sent = clock.now()
    const answer = await ask()
    observe(sent, answer.time)
    return answer
  }
  return {
    time: { now: () => clock.now() + skew(), skew },
    documents: {
      get: (refs) => read(() => documents.get(refs)),
      query: (query) => read(() => documents.query(query)),
      commit: async (changes) => {
        const sent = clock.now()
        const committed = await documents.commit(changes)
        if (committed.outcome === 'done') observe(sent, committed.time)
        return committed
      },
      close: () => documents.close(),
    },
  }
}

/** An answer was true between its call and its arrival. Where that contradicts what was known, a clock was set. */
function narrowed(known: Bounds, seen: Bounds): Bounds {
  const both = { least: Math.max(known.least, seen.least), most: Math.min(known.most, seen.most) }
  return both.least <= both.most ? both : seen
}
