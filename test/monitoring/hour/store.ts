import type { Clock } from '../../../functions/clock.ts'
import { TickoverError } from '../../../functions/errors.ts'
import type { Committed, Documents } from '../../../functions/store/documents.ts'
import { memoryDocuments } from '../../../functions/store/memory.ts'

/** What the store is like at the moment: changed by faults. */
export interface Weather {
  /** How long a call takes, in ms. */
  call_ms: number
  /** One call of so many ends without an answer; 0: none. */
  fails_each: number
  /** Does every change of a job meet another's, so that it is refused? */
  contended: boolean
  /** How far its clock is from everybody else's, in ms. */
  ahead_ms: number
}

/** The one store of an hour, which all instances share. */
export interface Store {
  readonly documents: Documents
  readonly weather: Weather
}

const CONTENDED = Promise.resolve({ outcome: 'conflict', reason: 'Another was faster' } as const)

let store: Store | null = null

/** Makes the store, whose time is that of the hour. */
export function createStore(clock: Clock): Store {
  store = {
    documents: memoryDocuments(clock),
    weather: { call_ms: 15, fails_each: 0, contended: false, ahead_ms: 0 },
  }
  return store
}

/**
 * Stands where the embedded store's module would: the same documents for each instance that opens them, at a distance,
 * on a network that fails at times. `clock` is the instance's own, which stands still while the instance does.
 */
export async function openJsonDocuments(_file: string, clock: Clock): Promise<Documents> {
  if (store === null) throw new Error('The hour has not made its store yet')
  const { documents, weather } = store
  let calls = 0

  async function away<T>(ask: () => Promise<T>): Promise<T> {
    await clock.sleep(weather.call_ms / 2)
    calls += 1
    if (weather.fails_each > 0 && calls % weather.fails_each === 0)
      throw new TickoverError('store_unreachable', 'The store is out of reach')
    const answer = await ask()
    await clock.sleep(weather.call_ms / 2)
    return answer
  }
  async function read<T>(
    ask: () => Promise<{ value: T; time: number }>,
  ): Promise<{ value: T; time: number }> {
    const { value, time } = await away(ask)
    return { value, time: time + weather.ahead_ms }
  }
  async function commit(...asked: Parameters<Documents['commit']>): Promise<Committed> {
    const [changes] = asked
    const isRefused = weather.contended && changes.some(({ ref }) => ref.collection === 'scheduler_jobs')
    try {
      const committed = await away(() => (isRefused ? CONTENDED : documents.commit(...asked)))
      return committed.outcome === 'done'
        ? { ...committed, time: committed.time + weather.ahead_ms }
        : committed
    } catch {
      return { outcome: 'unreachable', reason: 'The store is out of reach' }
    }
  }

  return {
    get: (refs) => read(() => documents.get(refs)),
    query: (query) => read(() => documents.query(query)),
    commit,
    close: async () => {},
  }
}
