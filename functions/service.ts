import { auditChange } from './admin/audit.ts'
import type { Config } from './config.ts'
import { createApp } from './http/app.ts'
import { oneOffDefinition } from './http/one-off.ts'
import type { Deps, OneOff } from './http/surface.ts'
import { enqueue } from './lease/enqueue.ts'
import { jobRef } from './lease/held.ts'
import { register } from './lease/register.ts'
import { createPaths, type Paths } from './rollout/paths.ts'
import type { Engine } from './tick/engine.ts'

/** The whole of it over its parts, in one process. */
export interface Service {
  readonly fetch: (request: Request) => Response | Promise<Response>
  /** Resolves once the ticks and triggered runs under way and the loop have ended, after the engine was told to stop. Never rejects. */
  readonly ended: () => Promise<void>
}

/** Puts the service together and starts its loop, where the stage has one. The coded jobs are registered before the first tick. */
export function createService(
  engine: Omit<Engine, 'claimant'>,
  config: Config,
  proofs: Pick<Deps, 'verify' | 'verifyIap'>,
): Service {
  const registered = registration(engine)
  const paths = createPaths(engine, config, registered)
  const works = new Set<Promise<unknown>>()
  /** What goes on when its caller has hung up. */
  const underWay = <T>(work: Promise<T>): Promise<T> => {
    works.add(work)
    return work.finally(() => works.delete(work))
  }
  const app = createApp({
    ...engine,
    ...proofs,
    config,
    handlers: [...engine.registry.handlers.keys()],
    newTrace: () => engine.newId().replaceAll('-', ''),
    register: registered,
    runTick: tickRunner((request) => underWay(paths.runTick(request)), config),
    trigger: (wish) => underWay(paths.trigger(wish)),
    createOneOff: (input, caller) => createOneOff(engine, config, input, caller),
  })
  // The loop is the api's: beside it a page would be a second one.
  const looping = config.surface === 'page' ? Promise.resolve() : paths.runLoop()
  return {
    fetch: (request) => app.fetch(request),
    ended: async () => {
      await Promise.allSettled([looping, ...works])
    },
  }
}

/** Puts the coded jobs into the store, once; what failed is tried again at the next call. */
function registration({ documents, registry }: Pick<Engine, 'documents' | 'registry'>): () => Promise<void> {
  let registered: Promise<void> | null = null
  return () => {
    registered ??= register(documents, registry.definitions).catch((error: unknown) => {
      registered = null
      throw error
    })
    return registered
  }
}

/** Runs ticks as they are asked for. */
function tickRunner(runTick: Paths['runTick'], config: Config): Deps['runTick'] {
  return async ({ lane, limit, concurrency }) => {
    const dwell_seconds = config.lanes.find(({ name }) => name === lane)?.dwell_seconds ?? null
    const bounds = {
      ...(limit !== undefined && { limit }),
      ...(concurrency !== undefined && { concurrency }),
    }
    const { status, report } = await runTick({ lane, dwell_seconds, ...bounds })
    return { status, report: { ...report } }
  }
}

async function createOneOff(
  { documents, registry, newId, clock }: Pick<Engine, 'documents' | 'registry' | 'newId' | 'clock'>,
  config: Config,
  input: OneOff,
  actor: string,
): ReturnType<Deps['createOneOff']> {
  const defaults = { name: newId(), lane: config.lanes[0]?.name ?? '' }
  const definition = oneOffDefinition(input, registry, defaults)
  const now = clock.now()
  const { job_type, schedule_at } = input
  const entry = {
    action: 'one_off_created',
    at: now,
    actor,
    subject: definition.name,
    reason: '',
    before: null,
  }
  const fields = await enqueue(documents, definition, now, [
    auditChange(newId(), { ...entry, after: { job_type, schedule_at } }),
  ])
  return { ref: jobRef(definition.name), fields }
}
