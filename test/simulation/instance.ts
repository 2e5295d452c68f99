import type { Clock } from '../../functions/clock.ts'
import type { Event } from '../../functions/observe/events.ts'
import { createPaths, type PathFlags } from '../../functions/rollout/paths.ts'
import type { Documents } from '../../functions/store/documents.ts'
import { createCache } from '../../functions/target/cache.ts'
import type { JobDefinition } from '../../functions/target/handler.ts'
import { createLimits } from '../../functions/target/limits.ts'
import { createRegistry } from '../../functions/target/registry.ts'
import type { Call } from '../../functions/target/target.ts'
import type { Settings } from '../../functions/tick/engine.ts'
import type { Triggered, Wish } from '../../functions/tick/trigger.ts'
import type { Actor } from './actor.ts'
import { type Calling, faultyDocuments } from './faults.ts'
import { instanceClock, type Timeline } from './timeline.ts'

/** One process of the scheduler: the real engine on a faulty store, with a clock of its own. It can die and be stopped. */
export interface Instance {
  readonly name: string
  readonly clock: Clock
  readonly documents: Documents
  /** The same documents with the same faults, for whoever asks this process to change them. */
  readonly documentsAs: (actor: Actor) => Documents
  readonly alive: () => boolean
  readonly stopping: () => boolean
  kill(): void
  /** As SIGTERM does. */
  stop(): void
  tick(lane: string, dwell: number | null): void
  trigger(wish: Wish): Promise<Triggered>
}

/** What an instance is made of. */
export interface Making {
  readonly name: string
  readonly timeline: Timeline
  readonly skew_ms: number
  readonly settings: Settings
  readonly flags: PathFlags
  readonly jobs: (instance: Instance) => readonly JobDefinition[]
  readonly call: (instance: Instance, ...attempt: Parameters<Call>) => ReturnType<Call>
  readonly actor: Actor
  readonly calling: Omit<Calling, 'timeline' | 'alive' | 'crash'>
  readonly emit: (event: Event) => void
}

export function createInstance(making: Making): Instance {
  const { timeline, name } = making
  let alive = true
  let ids = 0
  const stop = new AbortController()
  const clock = instanceClock(
    timeline,
    () => making.skew_ms,
    () => alive,
  )
  const calling = { ...making.calling, timeline, alive: () => alive, crash: () => instance.kill() }
  const documents = faultyDocuments(calling, making.actor)
  const instance: Instance = {
    name,
    clock,
    documents,
    documentsAs: (actor) => faultyDocuments(calling, actor),
    alive: () => alive,
    stopping: () => stop.signal.aborted,
    kill() {
      alive = false
    },
    stop() {
      stop.abort()
    },
    tick(lane, dwell_seconds) {
      if (alive) void paths.runTick({ lane, dwell_seconds }).catch(() => {})
    },
    trigger: (wish) => paths.trigger(wish),
  }
  const engine: Parameters<typeof createPaths>[0] = {
    documents,
    clock,
    random: () => making.calling.chance.next(),
    newId: () => `${name}.${ids++}`,
    registry: createRegistry(making.jobs(instance), { time_zone: 'UTC', lanes: ['fast', 'slow'] }),
    cache: createCache(60, clock),
    limits: createLimits(clock),
    call: (...attempt) => making.call(instance, ...attempt),
    emit: making.emit,
    settings: making.settings,
    eventLoopDelay: () => 0,
    stop: stop.signal,
  }
  const paths = createPaths(engine, making.flags, async () => {})
  void paths.runLoop()
  return instance
}
