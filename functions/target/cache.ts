import { LRUCache } from 'lru-cache'
import type { Clock } from '../clock.ts'

/** How often the cache had the answer. */
export interface CacheCounts {
  readonly size: number
  readonly hits: number
  readonly misses: number
}

/** Values that handlers share within one process: kept for a time, loaded once however many ask. */
export interface Cache {
  /** The value of a key; `load` is called at most once at a time, and a failed load is not kept. */
  get<T>(key: string, load: () => Promise<T>): Promise<T>
  counts(): CacheCounts
}

/** The most values that one process keeps. */
const MOST_VALUES = 10_000

/** An empty cache whose values live for `ttlSeconds`; 0 keeps none. */
export function createCache(ttlSeconds: number, clock: Pick<Clock, 'now'>): Cache {
  let hits = 0
  let misses = 0
  const values = new LRUCache<string, { value: unknown }, () => Promise<unknown>>({
    max: MOST_VALUES,
    ttl: ttlSeconds * 1000,
    perf: clock,
    ttlResolution: 0,
    fetchMethod: async (_key, _stale, { context: load }) => ({ value: await load() }),
  })
  return {
    async get<T>(key: string, load: () => Promise<T>): Promise<T> {
      if (ttlSeconds === 0) {
        misses++
        return load()
      }
      if (values.has(key)) hits++
      else misses++
      const found = await values.forceFetch(key, { context: load })
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one key is loaded by one kind of `load`
      return found.value as T
    },
    counts: () => ({ size: values.size, hits, misses }),
  }
}
