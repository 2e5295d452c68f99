import pLimit from 'p-limit'
import { TickoverError } from '../errors.ts'
import type { Bounded } from './counted.ts'
import type { Documents } from './documents.ts'

/**
 * Shares out `total` parallel calls: each lane gets the same documents with a share of its own, so that no lane waits for
 * another's calls. Throws `configuration` when there is not one for each, and the view `unknown_lane` for a lane not listed.
 */
export function permits(
  documents: Documents,
  total: number,
  lanes: readonly string[],
): (lane: string) => Bounded {
  const share = Math.floor(total / lanes.length)
  if (share < 1)
    throw new TickoverError(
      'configuration',
      `DATABASE_MAX_CONNECTIONS is ${total}, but there are ${lanes.length} lanes: give each at least one.`,
    )
  const views = new Map(lanes.map((lane) => [lane, limited(documents, share)]))
  return (lane) => {
    const view = views.get(lane)
    if (view === undefined)
      throw new TickoverError('unknown_lane', `There is no lane ${JSON.stringify(lane)}.`)
    return view
  }
}

/** The same documents with `share` parallel calls of their own. */
export function limited(documents: Documents, share: number): Bounded {
  const limit = pLimit(share)
  return {
    permits: share,
    get: (refs) => limit(() => documents.get(refs)),
    query: (query) => limit(() => documents.query(query)),
    commit: (changes) => limit(() => documents.commit(changes)),
    close: () => documents.close(),
  }
}
