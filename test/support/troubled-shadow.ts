import type { Clock } from '../../functions/clock.ts'
import { TickoverError } from '../../functions/errors.ts'
import type { Documents, Query, Ref } from '../../functions/store/documents.ts'

/** What befalls every call that touches a shadow's document. */
export type StoreTrouble = 'none' | 'rejects' | 'unreachable' | 'takes 30 s' | 'never answers'

const SHADOW_SHAPES: readonly Query['shape'][] = ['shadow_due', 'shadow_runs']

/** The same store, but for the documents of the shadow. */
export function troubledShadow(documents: Documents, clock: Clock, trouble: StoreTrouble): Documents {
  if (trouble === 'none') return documents
  const meet = async <T>(isShadow: boolean, ask: () => Promise<T>): Promise<T> => {
    if (!isShadow) return ask()
    if (trouble === 'rejects') throw new Error('the store threw something else')
    if (trouble === 'unreachable') throw new TickoverError('store_unreachable', 'out of reach')
    await clock.sleep(trouble === 'takes 30 s' ? 30_000 : Number.MAX_SAFE_INTEGER)
    return ask()
  }
  return {
    get: (refs) => meet(refs.some(isShadows), () => documents.get(refs)),
    query: (query) =>
      meet('shape' in query && SHADOW_SHAPES.includes(query.shape), () => documents.query(query)),
    commit: (changes) => {
      const isShadow = changes.some(({ ref }) => isShadows(ref))
      if (isShadow && trouble === 'unreachable')
        return Promise.resolve({ outcome: 'unreachable', reason: 'out of reach' })
      return meet(isShadow, () => documents.commit(changes))
    },
    close: () => documents.close(),
  }
}

function isShadows({ collection }: Ref): boolean {
  return collection.startsWith('scheduler_shadow_')
}
