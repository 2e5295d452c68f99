import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { DestinationStream } from 'pino'
import { createIapVerifier } from './auth/iap.ts'
import { createVerifier } from './auth/oidc.ts'
import type { Clock } from './clock.ts'
import { type Config, type Env, loadConfig } from './config.ts'
import { type Listener, listenerOf, takeRequests } from './http/framework.ts'
import type { Emit } from './observe/events.ts'
import { createLog } from './observe/log.ts'
import { currentTrace } from './observe/trace.ts'
import { createService } from './service.ts'
import { type Process, takeSignals } from './signals.ts'
import type { Documents } from './store/documents.ts'
import { lazyDocuments } from './store/lazy.ts'
import { createCache } from './target/cache.ts'
import type { JobDefinition } from './target/handler.ts'
import { createCalling } from './target/http/calling.ts'
import { performHttp } from './target/http.ts'
import { createLimits } from './target/limits.ts'
import { createRegistry } from './target/registry.ts'
import type { Engine } from './tick/engine.ts'

/** What the machine gives: everything that code below must not take for itself. */
export interface Machine {
  readonly env: Env
  readonly clock: Clock
  /** A new UUID. */
  readonly newId: () => string
  /** 256 random bits in base64url. */
  readonly newSecret: () => string
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
  const service = createService(engine, config, proofs(config, clock))
  const listener = listenerOf(service.fetch)
  const bridge = takeRequests(listener)
  takeSignals({
    process: machine.process,
    clock,
    emit,
    drain: async () => {
      stop.abort()
      await bridge.finish()
      await service.ended()
      await documents.close()
    },
  })
  return listener
}

/** What callers are proven with. */
function proofs(config: Config, clock: Clock): Parameters<typeof createService>[2] {
  const { audience, token_keys_url, iap_audience, iap_keys_url } = config
  const verify = createVerifier({ audience, keys_url: token_keys_url, clock })
  if (iap_audience === null) return { verify }
  return { verify, verifyIap: createIapVerifier({ audience: iap_audience, keys_url: iap_keys_url, clock }) }
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
}): Omit<Engine, 'claimant'> {
  const { machine, config, emit, documents, jobs, stop } = parts
  const { clock, random, newId } = machine
  const lanes = config.lanes.map((lane) => lane.name)
  const calling = createCalling(config, machine)
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
    limits: createLimits(clock),
    call: (standing, job, payload, time) => performHttp({ ...calling, clock: time }, standing, job, payload),
    settings: { ...config, grace_seconds: GRACE_SECONDS },
    eventLoopDelay: () => delay.percentile(99) / 1e6,
  }
}
