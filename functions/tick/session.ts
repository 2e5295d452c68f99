import type { Copies } from '../lease/held.ts'
import { type Counted, counted } from '../store/counted.ts'
import type { Documents } from '../store/documents.ts'
import { type StoreTime, withStoreTime } from '../store/time.ts'
import { performEffect } from '../target/effect.ts'
import { Bell } from './bell.ts'
import type { Engine } from './engine.ts'
import { Pool } from './pool.ts'
import { newTally, type Tally } from './report.ts'

/** What one request works with: a pool of runs, and the store as it sees and counts it. */
export interface Session {
  /** Names the holder of its attempts. */
  readonly id: string
  /** By the process's own clock, in ms. */
  readonly began: number
  readonly counts: Counted
  readonly documents: Documents
  readonly time: StoreTime
  readonly tally: Tally
  readonly bell: Bell
  readonly pool: Pool
}

/** A fresh session whose pool has so many slots. */
export function openSession(engine: Engine, slots: number): Session {
  const { settings, clock } = engine
  const counts = counted(engine.documents, engine.clock)
  const { documents, time } = withStoreTime(counts, clock)
  const copies: Copies = new Map()
  const tally = newTally()
  const bell = new Bell()
  const executing = {
    ...engine,
    handlers: engine.registry.handlers,
    perform: engine.claimant.perform,
    policiesOf: engine.claimant.policiesOf,
    effect: performEffect,
    repeated: (run: string, key: string) => {
      tally.repeated++
      engine.emit({ kind: 'effect_repeated', run, key })
    },
    documents,
    time,
    copies,
    lease_ms: settings.lease_seconds * 1000,
    grace_ms: settings.grace_seconds * 1000,
  }
  const pool = new Pool(engine, executing, tally, bell, slots)
  return { id: engine.newId(), began: clock.now(), counts, documents, time, tally, bell, pool }
}
