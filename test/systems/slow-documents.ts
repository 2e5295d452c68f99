import type { Clock } from '../../functions/clock.ts'
import type { Documents } from '../../functions/store/documents.ts'

/** Documents at a distance: one call takes `ms`. */
export function slowDocuments(documents: Documents, clock: Clock, ms: number): Documents {
  const later = async <T>(call: () => Promise<T>): Promise<T> => {
    await clock.sleep(ms / 2)
    const answer = await call()
    await clock.sleep(ms / 2)
    return answer
  }
  return {
    get: (refs) => later(() => documents.get(refs)),
    query: (query) => later(() => documents.query(query)),
    commit: (changes) => later(() => documents.commit(changes)),
    close: () => documents.close(),
  }
}
