import { LRUCache } from 'lru-cache'
import type { Clock } from '../../../functions/clock.ts'

/** One thing that somebody sent, as it was taken in. */
export interface Received {
  readonly id: string
  readonly kind: string
  /** ISO 8601. */
  readonly at: string
  readonly key: string
  readonly body: unknown
}

/** What the demonstration service remembers: each kind's latest 1,000, and 10,000 keys. */
export interface Memory {
  /** Takes something in, once for each key: a repeated one answers the first. */
  take(kind: string, key: string, body: unknown): { received: Received; repeated: boolean }
  /** Of one kind, oldest first. */
  all(kind: string): readonly Received[]
  /** Counts by kind, how many came again, and the latest of all kinds, newest first. */
  summary(most: number): { counts: Record<string, number>; repeated: number; latest: readonly Received[] }
}

const MOST_OF_A_KIND = 1000
const MOST_KEYS = 10_000

/** Remembers nothing yet. */
export function createMemory(clock: Pick<Clock, 'now'>): Memory {
  const byKey = new LRUCache<string, Received>({ max: MOST_KEYS })
  const byKind = new Map<string, Received[]>()
  const counts: Record<string, number> = {}
  let repeated = 0

  function keep(received: Received): void {
    const kept = byKind.get(received.kind) ?? []
    kept.push(received)
    byKind.set(received.kind, kept.slice(-MOST_OF_A_KIND))
    counts[received.kind] = (counts[received.kind] ?? 0) + 1
  }

  return {
    take(kind, key, body) {
      const known = byKey.get(`${kind} ${key}`)
      if (known !== undefined) {
        repeated += 1
        return { received: known, repeated: true }
      }
      const id = `${kind}-${(counts[kind] ?? 0) + 1}`
      const received = { id, kind, at: new Date(clock.now()).toISOString(), key, body }
      byKey.set(`${kind} ${key}`, received)
      keep(received)
      return { received, repeated: false }
    },
    all: (kind) => byKind.get(kind) ?? [],
    summary(most) {
      const latest = [...byKind.values()].flat().toSorted((a, b) => (a.at < b.at ? 1 : -1))
      return { counts: { ...counts }, repeated, latest: latest.slice(0, most) }
    },
  }
}
