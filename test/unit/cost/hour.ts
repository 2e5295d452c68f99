import type { Lane } from '../../../functions/config/lanes.ts'
import type { Definition } from '../../../functions/job/definition.ts'
import { register } from '../../../functions/lease/register.ts'
import type { Event } from '../../../functions/observe/events.ts'
import { liveClaimant } from '../../../functions/rollout/live.ts'
import { MOVED } from '../../../functions/rollout/stage.ts'
import { type Counts, counted } from '../../../functions/store/counted.ts'
import type { Documents } from '../../../functions/store/documents.ts'
import { memoryDocuments } from '../../../functions/store/memory.ts'
import { createCache } from '../../../functions/target/cache.ts'
import type { JobDefinition } from '../../../functions/target/handler.ts'
import { createLimits } from '../../../functions/target/limits.ts'
import { createRegistry } from '../../../functions/target/registry.ts'
import type { Call } from '../../../functions/target/target.ts'
import type { Engine } from '../../../functions/tick/engine.ts'
import { tick } from '../../../functions/tick/tick.ts'
import { chance } from '../../simulation/random.ts'
import { noCalls } from '../../support/no-calls.ts'
import { type VirtualClock, virtualClock } from '../../support/virtual-clock.ts'
import { slowDocuments } from '../../systems/slow-documents.ts'
import { startTriggers } from '../../systems/triggers.ts'

/** A Tuesday at midnight. */
export const MIDNIGHT = Date.parse('2030-01-01T00:00:00Z')
const MINUTE = 60_000
const STORE_MS = 15
const SETTINGS = {
  lease_seconds: 300,
  batch_size: 20,
  concurrency: 5,
  tick_budget_seconds: 50,
  request_timeout_seconds: 1800,
  grace_seconds: 5,
  max_skew_seconds: 10,
  revision: 'test',
}

export interface HourOptions {
  readonly lanes: readonly Lane[]
  readonly jobs: (clock: VirtualClock) => readonly JobDefinition[]
  /** Jobs that no code declares: those that services have registered. */
  readonly registered?: readonly Definition[]
  readonly call?: Call
  readonly from?: number
  readonly hours?: number
  /** How long all of it has run before, ms. */
  readonly warm?: number
  /** Before each minute, what others put into the store. */
  readonly each?: (documents: Documents, minute: number) => Promise<unknown>
}

/**
 * What the store was asked in some hours of real ticks: the engine over counted memory documents that take their time, on
 * a virtual clock, under the very triggers that the setup makes.
 */
export async function hourOf(options: HourOptions) {
  const { lanes, from = MIDNIGHT, hours = 1, warm = 20 * MINUTE } = options
  const luck = chance(1)
  const random = () => luck.next()
  const clock = virtualClock(from - warm)
  const store = memoryDocuments(clock)
  const documents = counted(slowDocuments(store, clock, STORE_MS), clock)
  const told: Event[] = []
  const registry = createRegistry(options.jobs(clock), {
    time_zone: 'UTC',
    lanes: lanes.map(({ name }) => name),
  })
  const over = new AbortController()
  let ids = 0
  const instance = (): Engine => ({
    documents,
    claimant: liveClaimant('tick', MOVED),
    clock,
    random,
    registry,
    newId: () => `id-${ids++}`,
    cache: createCache(300, clock),
    limits: createLimits(clock),
    call: options.call ?? noCalls,
    emit: (event) => void told.push(event),
    settings: SETTINGS,
    eventLoopDelay: () => 0,
    stop: over.signal,
  })
  const registering = register(documents, [...registry.definitions, ...(options.registered ?? [])])
  for (let n = 0; n < 200; n += 1) await clock.advance(STORE_MS)
  await registering

  const lived: [began: number, ended: number][] = []
  startTriggers({
    clock,
    lanes,
    random,
    stop: over.signal,
    tickLane: async (lane) => {
      const dwell_seconds = lanes.find(({ name }) => name === lane)?.dwell_seconds ?? null
      const life: [number, number] = [clock.now(), Number.POSITIVE_INFINITY]
      lived.push(life)
      await tick(instance(), { lane, dwell_seconds })
      life[1] = clock.now()
    },
  })
  const minutes = async (to: number) => {
    for (let at = Math.ceil(clock.now() / MINUTE) * MINUTE; at <= to; at += MINUTE) {
      await clock.advanceTo(at - 1_000)
      await options.each?.(store, at / MINUTE)
      await clock.advanceTo(at)
    }
  }
  await minutes(from)
  const before = documents.counts()
  const first = told.length
  const to = from + hours * 60 * MINUTE
  await minutes(to)
  const after = documents.counts()
  const events = told.slice(first)
  over.abort()
  await clock.advance(10_000)
  const inside = ([began, ended]: [number, number]) =>
    Math.max(0, Math.min(ended, to) - Math.max(began, from))
  return {
    documents: store,
    operations: difference(before, after),
    events,
    runs: events.filter(({ kind }) => kind === 'run_settled').length,
    /** How long ticks lived within these hours, all together, in seconds. */
    seconds: lived.reduce((sum, life) => sum + inside(life), 0) / 1000,
  }
}

function difference(before: Counts, after: Counts) {
  return {
    read: after.read - before.read,
    written: after.written - before.written,
    checked: after.checked - before.checked,
  }
}
