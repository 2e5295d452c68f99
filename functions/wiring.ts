import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { DestinationStream } from 'pino'
import { createVerifier } from './auth/oidc.ts'
import type { Clock } from './clock.ts'
import { type Config, type Env, loadConfig } from './config.ts'
import { createApp, type Deps, type OneOff } from './http/app.ts'
import { type Listener, listenerOf, takeRequests } from './http/framework.ts'
import { oneOffDefinition } from './http/one-off.ts'
import { enqueue } from './lease/enqueue.ts'
import { jobRef } from './lease/held.ts'
import { register } from './lease/register.ts'
import type { Emit } from './observe/events.ts'
import { createLog } from './observe/log.ts'
import { currentTrace } from './observe/trace.ts'
import { type Process, takeSignals } from './signals.ts'
import type { Documents } from './store/documents.ts'
import { lazyDocuments } from './store/lazy.ts'
import { permits } from './store/permits.ts'
import { createCache } from './target/cache.ts'
import type { JobDefinition } from './target/handler.ts'
import { createRegistry } from './target/registry.ts'
import type { Engine } from './tick/engine.ts'
import { tick } from './tick/tick.ts'

/** What the machine gives: everything that code below must not take for itself. */
export interface Machine {
  readonly env: Env
  readonly clock: Clock
  /** A new UUID. */
  readonly newId: () => string
  /** From 0 up to 1. */
  readonly random: () => number
  readonly process: Process
  /** Where log lines go. */
  readonly lines: DestinationStream
}

/** How long a handler may take to end once it is told to, in seconds: it leaves room to settle within Cloud Run's ten. */
const GRACE_SECONDS = 5

/** Puts the process together and takes it over; answers what serves its requests. Logs and exits 1 when it cannot start. */
export function start(machine: Machine, jobs: readonly JobDefinition[]): Listener {
  try {
    return compose(machine, jobs)
  } catch (error) {
    const { lines: destination, clock } = machine
    createLog({ destination, clock, project: null, trace: currentTrace })({
      kind: 'unexpected',
      where: 'the start',
      error,
    })
    return machine.process.exit(1)
  }
}

function compose(machine: Machine, jobs: readonly JobDefinition[]): Listener {
  const { clock, env, lines: destination } = machine
  const config = loadConfig(env)
  const emit = createLog({ destination, clock, project: config.project, trace: currentTrace })
  const documents = lazyDocuments(() => openDocuments(config, machine, emit))
  const stop = new AbortController()
  const engine = createEngine({ machine, config, emit, documents, jobs, stop: stop.signal })
  const verify = createVerifier({ audience: config.audience, keys_url: config.token_keys_url, clock })
  const ticks = new Set<Promise<unknown>>()
  const newTrace = () => machine.newId().replaceAll('-', '')
  const app = createApp({
    config,
    clock,
    documents,
    verify,
    emit,
    newTrace,
    ...surfaceOf(engine, config, ticks),
  })
  const listener = listenerOf((request) => app.fetch(request))
  const bridge = takeRequests(listener)
  takeSignals({
    process: machine.process,
    clock,
    emit,
    drain: async () => {
      stop.abort()
      await bridge.finish()
      // A tick goes on when its caller has hung up.
      await Promise.allSettled(ticks)
      await documents.close()
    },
  })
  return listener
}

/** The store of the configured kind. */
async function openDocuments(config: Config, { clock, env }: Machine, emit: Emit): Promise<Documents> {
  if (config.storage === 'json') {
    const { openJsonDocuments } = await import('./store/json.ts')
    return openJsonDocuments(config.storage_file, clock, { emit })
  }
  const [{ createFirestore }, { firestoreDocuments }] = await Promise.all([
    import('./clients.ts'),
    import('./store/firestore.ts'),
  ])
  return firestoreDocuments(await createFirestore(config, env), clock)
}

function createEngine(parts: {
  readonly machine: Machine
  readonly config: Config
  readonly emit: Emit
  readonly documents: Documents
  readonly jobs: readonly JobDefinition[]
  readonly stop: AbortSignal
}): Engine {
  const { machine, config, emit, documents, jobs, stop } = parts
  const { clock, random, newId } = machine
  const lanes = config.lanes.map((lane) => lane.name)
  const delay = monitorEventLoopDelay({ resolution: 20 })
  delay.enable()
  return {
    documents,
    clock,
    random,
    newId,
    emit,
    stop,
    registry: createRegistry(jobs, { time_zone: config.time_zone, lanes }),
    cache: createCache(config.cache_ttl_seconds, clock),
    settings: { ...config, grace_seconds: GRACE_SECONDS },
    eventLoopDelay: () => delay.percentile(99) / 1e6,
  }
}

/** What the HTTP surface asks of the engine; `ticks` holds those under way. The coded jobs are registered before the first. */
function surfaceOf(
  engine: Engine,
  config: Config,
  ticks: Set<Promise<unknown>>,
): Pick<Deps, 'runTick' | 'createOneOff'> {
  const { documents, registry, newId, clock } = engine
  const lanes = config.lanes.map(({ name }) => name)
  const documentsOf = permits(documents, config.database_max_connections, lanes)
  let registered: Promise<void> | null = null
  const registerOnce = () => {
    registered ??= register(documents, registry.definitions).catch((error: unknown) => {
      registered = null
      throw error
    })
    return registered
  }
  return {
    runTick: async ({ lane, limit, concurrency }) => {
      await registerOnce()
      const dwell_seconds = config.lanes.find(({ name }) => name === lane)?.dwell_seconds ?? null
      const bounds = {
        ...(limit !== undefined && { limit }),
        ...(concurrency !== undefined && { concurrency }),
      }
      const ticking = tick({ ...engine, documents: documentsOf(lane) }, { lane, dwell_seconds, ...bounds })
      ticks.add(ticking)
      const { status, report } = await ticking.finally(() => ticks.delete(ticking))
      return { status, report: { ...report } }
    },
    createOneOff: async (input: OneOff) => {
      const defaults = { name: newId(), lane: config.lanes[0]?.name ?? '' }
      const definition = oneOffDefinition(input, registry, defaults)
      const fields = await enqueue(documents, definition, clock.now())
      return { ref: jobRef(definition.name), fields }
    },
  }
}
