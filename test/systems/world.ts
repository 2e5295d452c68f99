import { exampleJobs } from '../../functions/jobs/examples/index.ts'
import { register } from '../../functions/lease/register.ts'
import type { Event } from '../../functions/observe/events.ts'
import { liveClaimant } from '../../functions/rollout/live.ts'
import { MOVED } from '../../functions/rollout/stage.ts'
import { memoryDocuments } from '../../functions/store/memory.ts'
import { createCache } from '../../functions/target/cache.ts'
import { createLimits } from '../../functions/target/limits.ts'
import { createRegistry } from '../../functions/target/registry.ts'
import type { Engine } from '../../functions/tick/engine.ts'
import { percentile } from '../../functions/tick/report.ts'
import { tick } from '../../functions/tick/tick.ts'
import { createMemory } from '../../scripts/dev/demo-service/received.ts'
import { chance } from '../simulation/random.ts'
import { noCalls } from '../support/no-calls.ts'
import { virtualClock } from '../support/virtual-clock.ts'
import { demoFetch } from './demo-fetch.ts'
import { slowDocuments } from './slow-documents.ts'
import { startTriggers } from './triggers.ts'

/** One call of the store, in ms. */
const STORE_MS = 15
const LANES = [
  { name: 'high', dwell_seconds: 75 },
  { name: 'low', dwell_seconds: null },
]
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

/** What happened to a job, with when. */
export type Told = Event & { readonly now: number }

/**
 * The example jobs on a virtual clock: the real engine on memory documents that take their time, the demonstration
 * service without sockets, and the triggers that the setup script makes, sent as Cloud Scheduler sends them (late by 0
 * to 3 s, never two of one job at once), each tick in an instance of its own.
 */
export async function world(options: { start: string; seed?: number; only?: readonly string[] }) {
  const luck = chance(options.seed ?? 1)
  const random = () => luck.next()
  const clock = virtualClock(Date.parse(options.start))
  const documents = slowDocuments(memoryDocuments(clock), clock, STORE_MS)
  const told: Told[] = []
  const memory = createMemory(clock)
  const demo = demoFetch(clock, memory)
  const jobs = exampleJobs({ baseUrl: 'http://demo.example', fetch: demo.fetch }).filter(
    ({ name }) => options.only?.includes(name) ?? true,
  )
  const registry = createRegistry(jobs, { time_zone: 'UTC', lanes: LANES.map(({ name }) => name) })
  const over = new AbortController()
  let revision = new AbortController()
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
    call: noCalls,
    emit: (event) => void told.push({ ...event, now: clock.now() }),
    settings: SETTINGS,
    eventLoopDelay: () => 0,
    stop: revision.signal,
  })
  const idle: Engine[] = []

  /** One tick of a lane, in an idle instance or a new one. */
  async function tickLane(lane: string): Promise<void> {
    const engine = idle.pop() ?? instance()
    const dwell_seconds = LANES.find(({ name }) => name === lane)?.dwell_seconds ?? null
    await tick(engine, { lane, dwell_seconds })
    if (!engine.stop.aborted) idle.push(engine)
  }

  /** Does what takes no virtual time but the store's. */
  async function done<T>(work: Promise<T>): Promise<T> {
    const running = { now: true }
    const end = () => (running.now = false)
    void work.then(end, end)
    for (let n = 0; n < 100 && running.now; n += 1) await clock.advance(STORE_MS)
    return work
  }

  /** How late the first attempts of a job began, in ms. */
  const lateness = (job: string) => {
    const late = told
      .filter((event) => event.kind === 'job_claimed')
      .filter((event) => event.job === job && event.attempt === 1)
      .map(({ lateness_ms }) => lateness_ms)
      .toSorted((a, b) => a - b)
    const at = (share: number) => percentile(late, share) ?? Number.NaN
    return { count: late.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), most: at(1) }
  }

  await done(register(documents, registry.definitions))
  return {
    clock,
    documents,
    registry,
    memory,
    /** The most live feeds of arrivals that were open at once, and how many are now. */
    feeds: demo.feeds,
    /** From now on the service answers with this status. */
    breakDemo: demo.breakDown,
    /** The answers of so many calls that change something get lost. */
    loseAnswers: demo.loseAnswers,
    tickLane,
    done,
    lateness,
    of: <K extends Event['kind']>(kind: K, job?: string) =>
      told.filter(
        (event): event is Extract<Told, { kind: K }> =>
          event.kind === kind && (job === undefined || ('job' in event && event.job === job)),
      ),
    /** Posts one tick to each lane now, and further ones from now on. */
    startTriggers: () => {
      for (const { name } of LANES) void tickLane(name)
      startTriggers({ clock, lanes: LANES, random, tickLane, stop: over.signal })
    },
    /** As a new revision does: every instance of now gets SIGTERM; ticks to come have new ones. */
    stopInstances: () => {
      revision.abort()
      revision = new AbortController()
      idle.length = 0
    },
    close: async () => {
      over.abort()
      revision.abort()
      await clock.advance(10_000)
    },
  }
}
