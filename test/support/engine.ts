import { z } from 'zod'
import { type Job, runId } from '../../functions/job/job.ts'
import { parseJob, parseRun } from '../../functions/job/parse.ts'
import type { Run } from '../../functions/job/run.ts'
import { jobRef, runRef } from '../../functions/lease/held.ts'
import { register } from '../../functions/lease/register.ts'
import type { Event } from '../../functions/observe/events.ts'
import { liveClaimant } from '../../functions/rollout/live.ts'
import { MOVED } from '../../functions/rollout/stage.ts'
import type { Documents, Fields, Stored } from '../../functions/store/documents.ts'
import { memoryDocuments } from '../../functions/store/memory.ts'
import { createCache } from '../../functions/target/cache.ts'
import {
  type Context,
  defineJob,
  type JobDefinition,
  type JobOptions,
} from '../../functions/target/handler.ts'
import { createLimits } from '../../functions/target/limits.ts'
import { createRegistry } from '../../functions/target/registry.ts'
import type { Engine, Settings } from '../../functions/tick/engine.ts'
import type { TickEnd } from '../../functions/tick/record.ts'
import { type TickRequest, tick } from '../../functions/tick/tick.ts'
import { noCalls } from './no-calls.ts'
import { type Scripted, scripted, withOwnVersions } from './scripted-documents.ts'
import { type VirtualClock, virtualClock } from './virtual-clock.ts'

/** Where the clock of a fresh engine stands; its jobs are registered then. */
export const START = Date.UTC(2030, 0, 31, 12)

const SETTINGS: Settings = {
  lease_seconds: 60,
  batch_size: 20,
  concurrency: 5,
  tick_budget_seconds: 50,
  request_timeout_seconds: 300,
  grace_seconds: 5,
  max_skew_seconds: 10,
  revision: 'test',
}

/** What differs from the usual. */
export interface EngineOptions {
  readonly settings?: Partial<Settings>
  /** How far this process's clock is ahead of the store's, in ms. */
  readonly ahead_ms?: number
  /** What the engine draws; by default always 0. */
  readonly random?: () => number
}

/** A process of its own, with all that a test wants to see of it. */
export interface Process {
  readonly engine: Engine
  /** The store as this process reaches it. */
  readonly documents: Scripted
  readonly events: Event[]
  /** As SIGTERM does. */
  readonly stop: () => void
  readonly tick: (request?: Partial<TickRequest>) => Promise<TickEnd>
}

/** A fresh engine on documents in memory, with its jobs registered, and the ways to look at it. */
export interface Fresh extends Process {
  readonly clock: VirtualClock
  /** The store itself, past all that is scripted. */
  readonly store: Documents
  /** A second process on the same store and the same clock. */
  readonly beside: (options?: EngineOptions) => Process
  /** Lets time pass until the work has ended. */
  readonly passing: <T>(work: Promise<T>) => Promise<T>
  readonly job: (name: string) => Promise<Job>
  /** The record of the run of an instant. */
  readonly run: (name: string, scheduledFor: number) => Promise<Run>
  readonly stored: (name: string) => Promise<Stored>
  /** Writes into a job's document as a hand does. */
  readonly edit: (name: string, fields: Fields) => Promise<void>
}

/** A job for an engine's tests: due each minute, in the first lane, without a payload, its work as given. */
export function minutely(
  name: string,
  run: (context: Context<unknown>) => Promise<unknown>,
  options: Partial<JobOptions<unknown>> = {},
): JobDefinition {
  return defineJob({ name, schedule: '@every 60s', payload: z.unknown(), run, ...options })
}

/** A fresh engine with these jobs; its clock stands at `START` and moves only when told. */
export async function setup(jobs: readonly JobDefinition[], options: EngineOptions = {}): Promise<Fresh> {
  const clock = virtualClock(START)
  const { ahead_ms = 0 } = options
  const storeClock = { now: () => clock.now() - ahead_ms, sleep: async () => {} }
  const store = withOwnVersions(memoryDocuments(storeClock))
  const registry = createRegistry(jobs, { time_zone: 'UTC', lanes: ['default', 'slow'] })
  await register(store, registry.definitions)
  let processes = 0
  const start = (chosen: EngineOptions) => startProcess(`p${processes++}`, store, clock, registry, chosen)
  const stored = async (name: string) => {
    const found = (await store.get([jobRef(name)])).value[0]
    if (!found) throw new Error(`there is no job ${name}`)
    return found
  }
  return {
    ...start(options),
    clock,
    store,
    beside: (chosen = {}) => start(chosen),
    passing: (work) => passing(clock, work),
    stored,
    async job(name) {
      const job = parseJob(await stored(name))
      if (!job.ok) throw new Error(job.reason)
      return job.value
    },
    async run(name, scheduledFor) {
      const id = runId(name, scheduledFor)
      const found = (await store.get([runRef(id)])).value[0]
      const run = found ? parseRun(found.fields) : null
      if (run?.ok !== true) throw new Error(`there is no run ${id}`)
      return run.value
    },
    async edit(name, fields) {
      const { ref, version } = await stored(name)
      await store.commit([{ kind: 'update', ref, version, fields }])
    },
  }
}

function startProcess(
  name: string,
  store: Documents,
  clock: VirtualClock,
  registry: Engine['registry'],
  { settings, random = () => 0 }: EngineOptions,
): Process {
  const documents = scripted(store)
  const events: Event[] = []
  const stop = new AbortController()
  let ids = 0
  const engine: Engine = {
    documents,
    claimant: liveClaimant('tick', MOVED),
    clock,
    random,
    newId: () => `${name}.${ids++}`,
    registry,
    cache: createCache(60, clock),
    limits: createLimits(clock),
    call: noCalls,
    emit: (event) => void events.push(event),
    settings: { ...SETTINGS, ...settings },
    eventLoopDelay: () => 3,
    stop: stop.signal,
  }
  return {
    engine,
    documents,
    events,
    stop: () => stop.abort(),
    tick: (request = {}) => tick(engine, { lane: 'default', dwell_seconds: null, ...request }),
  }
}

/** No test waits longer than this, in ms of its virtual clock. */
const LONGEST_WAIT = 4 * 3_600_000

/** Lets time pass on a virtual clock until the work has ended. */
export async function passing<T>(clock: VirtualClock, work: Promise<T>): Promise<T> {
  const over = new AbortController()
  const watched = work.finally(() => over.abort())
  watched.catch(() => {})
  const end = clock.now() + LONGEST_WAIT
  while (!over.signal.aborted && clock.now() < end) await clock.advance(1000)
  if (!over.signal.aborted) throw new Error(`The work has not ended within ${LONGEST_WAIT} ms.`)
  return watched
}
