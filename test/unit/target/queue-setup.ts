import { z } from 'zod'
import type { Outcome } from '../../../functions/job/outcome.ts'
import type { Policies } from '../../../functions/job/policies.ts'
import type { Held } from '../../../functions/lease/held.ts'
import type { Fields, Ref } from '../../../functions/store/documents.ts'
import { foreign } from '../../../functions/store/foreign.ts'
import { createCache } from '../../../functions/target/cache.ts'
import { performEffect } from '../../../functions/target/effect.ts'
import { createLimits } from '../../../functions/target/limits.ts'
import { perform } from '../../../functions/target/perform.ts'
import { type ItemLease, leaseOf } from '../../../functions/target/queue/lease.ts'
import {
  defineQueue,
  type Item,
  type QueueContext,
  type QueueOptions,
} from '../../../functions/target/queue.ts'
import { definition, LEASE, MINUTE, T0 } from '../job/fixtures.ts'
import { type Bundle, setup, type Worker } from '../lease/setup.ts'

const PLACES = foreign('places')

export interface Place {
  readonly name: string
}

export type Work = (item: Item<Place>, context: QueueContext) => Promise<unknown>

export const placeRef = (id: string): Ref => ({ collection: PLACES, id })

/** The queue of these tests: places to scan, in batches of three. */
export function scanQueue(process: Work, changes: Partial<QueueOptions<Place>> = {}) {
  return defineQueue({
    name: 'digest',
    schedule: '@every 60s',
    collection: 'places',
    status_field: 'scan',
    error_field: 'scan_error',
    batch: 3,
    concurrency: 2,
    item: z.object({ name: z.string() }),
    process,
    ...changes,
  })
}

/** One attempt at the queue, under way. */
export interface Attempt {
  readonly held: Held
  readonly outcome: Promise<Outcome>
  /** Tells it to end, as at its timeout. */
  readonly abort: () => void
  /** Tells it to end since the process stops. */
  readonly stop: () => void
  /** Prolongs the run's lease. */
  readonly prolong: (until: number) => void
}

export interface Bench extends Bundle {
  /** Puts items into the queue. */
  readonly queue: (...ids: readonly string[]) => Promise<void>
  /** Begins the next minute's run by this worker. */
  readonly begin: (worker: Worker, process: Work, changes?: Partial<QueueOptions<Place>>) => Promise<Attempt>
  /** That, to its end. */
  readonly work: (worker: Worker, process: Work, changes?: Partial<QueueOptions<Place>>) => Promise<Outcome>
  readonly item: (id: string) => Promise<Fields>
  readonly lease: (id: string) => Promise<ItemLease | null>
  /** What was told of effects that began twice. */
  readonly repeated: string[]
}

/** A store with one queue's job, due each minute, of which three runs may be in flight; `random` is what they draw. */
export function bench(policies: Partial<Policies> = {}, random = () => 0): Bench {
  const bundle = setup([definition({ policies: { max_instances: 3, ...policies } })])
  const repeated: string[] = []
  let minute = 0

  async function begin(worker: Worker, process: Work, changes = {}): Promise<Attempt> {
    minute = Math.max(minute + 1, Math.floor((bundle.clock.now() - T0) / MINUTE) + 1)
    await bundle.clock.advanceTo(T0 + minute * MINUTE)
    const held = await worker.hold('digest')
    worker.documents.asked.length = 0
    const control = new AbortController()
    const stop = new AbortController()
    let until = held.entry.until
    const performing = {
      ...worker.settling,
      random,
      handlers: new Map([['digest', scanQueue(process, changes)]]),
      effect: performEffect,
      repeated: (subject: string, key: string) => void repeated.push(`${subject}:${key}`),
      cache: createCache(60, bundle.clock),
      limits: createLimits(bundle.clock),
      call: () => Promise.reject(new Error('no HTTP here')),
      emit: () => {},
      stop: stop.signal,
    }
    return {
      held,
      outcome: perform(performing, { held, signal: control.signal, until: () => until }, '{}'),
      abort: () => control.abort(new Error('The attempt has reached its timeout')),
      stop: () => {
        stop.abort()
        control.abort(new Error('The process stops'))
      },
      prolong: (next) => {
        until = next
      },
    }
  }

  const item = async (id: string) => (await bundle.read(placeRef(id)))?.fields ?? {}
  return {
    ...bundle,
    repeated,
    begin,
    async work(worker, process, changes) {
      return (await begin(worker, process, changes)).outcome
    },
    item,
    lease: async (id) => leaseOf({ status_field: 'scan' }, await item(id)),
    async queue(...ids) {
      for (const id of ids) await bundle.put(placeRef(id), { scan: 'Queued', name: id })
    },
  }
}

/** Lets what is under way go as far as it can without time passing. */
export function settled({ clock }: Bundle): Promise<void> {
  return clock.advance(0)
}

/** Lets the leases of all that was claimed up to now run out. */
export function leasesEnd({ clock }: Bundle): Promise<void> {
  return clock.advance(LEASE + 1)
}

/** A process that never came back. */
export const dies: Work = () => new Promise(() => {})

/** Rejects with the signal's reason once it is aborted. */
export async function toldToEnd(signal: AbortSignal): Promise<never> {
  await new Promise((resolve) => signal.addEventListener('abort', resolve))
  throw signal.reason
}
