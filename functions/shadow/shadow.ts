import type { Emit } from '../observe/events.ts'
import { tellTrouble } from '../observe/trouble.ts'
import type { Path } from '../rollout/stage.ts'
import { epochOf, handoverAfter, mayShadow, type Rollout } from '../rollout/stage.ts'
import type { Documents } from '../store/documents.ts'
import { type Cache, IN_SHADOW } from '../target/cache.ts'
import type { Limits } from '../target/limits.ts'
import type { Claimant } from '../tick/claimant.ts'
import type { Engine } from '../tick/engine.ts'
import { type TickRequest, tick } from '../tick/tick.ts'
import { rehearse } from './rehearse.ts'
import { sync } from './sync.ts'
import { shadowView } from './view.ts'

/** A path that runs in the shadow of the other. */
export interface Shadow {
  /** One tick or pass, until `stop`. Never rejects: whatever happens here is nobody's trouble but the shadow's. */
  readonly pass: (request: TickRequest, stop: AbortSignal) => Promise<void>
}

/**
 * The engine of `path` in shadow: on the shadow's documents, without effects, its events told as the shadow's. `live` are
 * the documents as the live engine has them, with store permits of the shadow's own.
 */
export function createShadow(engine: Engine, live: Documents, path: Path, rollout: Rollout): Shadow {
  const epoch = epochOf(rollout)
  const documents = shadowView(live)
  const emit: Emit = (event) => engine.emit({ kind: 'in_shadow', path, event })
  const isShadowed = (job: string, now: number) => mayShadow(path, job, now, rollout)
  const claimantUntil = (over: AbortSignal): Claimant => ({
    ...engine.claimant,
    path,
    mayClaim: ({ ref, fields }, now) => fields.epoch === epoch && isShadowed(ref.id, now),
    handoverAfter: (now) => handoverAfter(now, rollout),
    perform: (...attempt) => rehearse(over, ...attempt),
  })
  const { cache, limits } = inShadow(engine)
  const shadowed = { ...engine, documents, emit, cache, limits }
  return {
    pass: async (request, stop) => {
      try {
        await sync({ live, shadow: documents, epoch, isShadowed }, request.lane)
        await tick({ ...shadowed, claimant: claimantUntil(stop), stop }, request)
      } catch (error) {
        tellTrouble(emit, 'the shadow', error)
      }
    },
  }
}

/** A live handler shares no load with one in shadow, which may be cut off or hang, and no rate, which it could use up. */
function inShadow({ cache, limits }: Pick<Engine, 'cache' | 'limits'>): { cache: Cache; limits: Limits } {
  return {
    cache: {
      ...cache,
      get: (key, load) => cache.get(`${IN_SHADOW}${key}`, load),
      // What the process asked its cache is told by live ticks, whose lines are counted.
      untold: () => ({ hits: 0, misses: 0 }),
    },
    limits: { take: (key, rate, signal) => limits.take(`${IN_SHADOW}${key}`, rate, signal) },
  }
}
