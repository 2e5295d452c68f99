import { LRUCache } from 'lru-cache'
import type { Clock } from '../clock.ts'

/** How often the cache had the answer, since the process began. */
export interface CacheCounts {
  /** The values kept now. */
  readonly size: number
  /** Asked for while it was kept, or was being loaded for another who had asked. */
  readonly hits: number
  readonly misses: number
  /** Values that gave way to others for want of room, or were cleaned up after their time. */
  readonly evictions: number
}

/** Values that handlers share within one process: kept for a time, loaded once however many ask. */
export interface Cache {
  /** The value of a key; `load` is called at most once at a time, and a failed load is not kept. */
  get<T>(key: string, load: () => Promise<T>): Promise<T>
  counts(): CacheCounts
  /** The hits and misses since this was last asked: each is told once. */
  untold(): Pick<CacheCounts, 'hits' | 'misses'>
  /** Lets go of what has outlived its time; answers how many values that were. */
  cleanUp(): number
  /** Forgets every value whose key begins so (all of them for an empty text), answers how many; a load under way is not kept. */
  invalidate(prefix: string): number
}

/** How the keys of runs in shadow begin: they share no value with live ones. */
export const IN_SHADOW = 'in shadow: '

/** The most values that one process keeps. */
const MOST_VALUES = 10_000

/** An empty cache whose values live for `ttlSeconds`; 0 keeps none. */
export function createCache(ttlSeconds: number, clock: Pick<Clock, 'now'>): Cache {
  let hits = 0
  let misses = 0
  let evictions = 0
  let told = { hits: 0, misses: 0 }
  const loading = new Set<string>()
  const values = new LRUCache<string, { value: unknown }, () => Promise<unknown>>({
    max: MOST_VALUES,
    ttl: ttlSeconds * 1000,
    perf: clock,
    ttlResolution: 0,
    // A load whose key is forgotten meanwhile still answers who waits for it.
    ignoreFetchAbort: true,
    dispose: (_value, _key, reason) => {
      if (reason === 'evict' || reason === 'expire') evictions++
    },
    fetchMethod: async (key, _stale, { context: load }) => {
      loading.add(key)
      return { value: await load().finally(() => loading.delete(key)) }
    },
  })
  return {
    async get<T>(key: string, load: () => Promise<T>): Promise<T> {
      if (ttlSeconds === 0) {
        misses++
        return load()
      }
      if (values.has(key) || loading.has(key)) hits++
      else misses++
      const found = await values.forceFetch(key, { context: load })
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- one key is loaded by one kind of `load`
      return found.value as T
    },
    counts: () => ({ size: values.size, hits, misses, evictions }),
    untold() {
      const news = { hits: hits - told.hits, misses: misses - told.misses }
      told = { hits, misses }
      return news
    },
    cleanUp() {
      const before = values.size
      values.purgeStale()
      return before - values.size
    },
    invalidate(prefix) {
      const begins = (key: string) => key.startsWith(prefix) || key.startsWith(`${IN_SHADOW}${prefix}`)
      const found = [...new Set([...values.keys(), ...loading])].filter(begins)
      for (const key of found) values.delete(key)
      return found.length
    },
  }
}
