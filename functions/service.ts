import type { Verify } from './auth/oidc.ts'
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
  /** Resolves once the ticks under way and the loop have ended, after the engine was told to stop. Never rejects. */
  readonly ended: () => Promise<void>
}

/** Puts the service together and starts its loop, where the stage has one. The coded jobs are registered before the first tick. */
export function createService(
  engine: Omit<Engine, 'claimant'>,
  config: Config,
  { verify }: { readonly verify: Verify },
): Service {
  const registered = registration(engine)
  const paths = createPaths(engine, config, registered)
  const ticks = new Set<Promise<unknown>>()
  const app = createApp({
    ...engine,
    config,
    verify,
    handlers: [...engine.registry.handlers.keys()],
    newTrace: () => engine.newId().replaceAll('-', ''),
    register: registered,
    runTick: tickRunner(paths, config, ticks),
    createOneOff: (input) => createOneOff(engine, config, input),
  })
  const looping = paths.runLoop()
  return {
    fetch: (request) => app.fetch(request),
    ended: async () => {
      await Promise.allSettled([looping, ...ticks])
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

/** Runs ticks as they are asked for; `ticks` holds those under way, since a tick goes on when its caller has hung up. */
function tickRunner({ runTick }: Paths, config: Config, ticks: Set<Promise<unknown>>): Deps['runTick'] {
  return async ({ lane, limit, concurrency }) => {
    const dwell_seconds = config.lanes.find(({ name }) => name === lane)?.dwell_seconds ?? null
    const bounds = {
      ...(limit !== undefined && { limit }),
      ...(concurrency !== undefined && { concurrency }),
    }
    const ticking = runTick({ lane, dwell_seconds, ...bounds })
    ticks.add(ticking)
    const { status, report } = await ticking.finally(() => ticks.delete(ticking))
    return { status, report: { ...report } }
  }
}

async function createOneOff(
  { documents, registry, newId, clock }: Pick<Engine, 'documents' | 'registry' | 'newId' | 'clock'>,
  config: Config,
  input: OneOff,
): ReturnType<Deps['createOneOff']> {
  const defaults = { name: newId(), lane: config.lanes[0]?.name ?? '' }
  const definition = oneOffDefinition(input, registry, defaults)
  const fields = await enqueue(documents, definition, clock.now())
  return { ref: jobRef(definition.name), fields }
}
