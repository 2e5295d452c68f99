import type { Clock } from '../../clock.ts'
import type { Change, Documents, Fields } from '../../store/documents.ts'
import type { StoreTime } from '../../store/time.ts'
import type { Held, Hold } from './hold.ts'

/** What renewing needs. */
export interface Renewing {
  readonly documents: Documents
  readonly time: StoreTime
  readonly clock: Clock
}

/** Conflicts with other writers that one renewal answers by reading again. */
const MOST_COMMITS = 5
/** In ms. */
const SHORTEST_PAUSE = 500

/**
 * Prolongs the items' leases as their run's is prolonged, until `over`, or until that has run out. Never rejects: an item
 * whose lease could not be renewed runs out, and is taken over.
 */
export async function keepItems(
  renewing: Renewing,
  hold: Hold,
  until: () => number,
  over: AbortSignal,
): Promise<void> {
  const { clock, time } = renewing
  while (!over.aborted && time.now() < until()) {
    // A third of what is left, as the run does, but between two of its renewals.
    await clock.sleep(Math.max(SHORTEST_PAUSE, (until() - time.now()) / 2.5), over)
    if (!over.aborted) await renewItems(renewing, hold, until()).catch(() => {})
  }
}

async function renewItems({ documents }: Renewing, hold: Hold, until: number): Promise<void> {
  for (let commits = 0; commits < MOST_COMMITS; commits++) {
    const stale = hold.all().filter(({ lease }) => lease.until < until)
    if (stale.length === 0) return
    const written = stale.map((held) => hold.leased(held, { until }))
    const committed = await documents.commit(stale.map((held, n) => changeOf(held, written[n] ?? {})))
    if (committed.outcome === 'unreachable') return
    if (committed.outcome === 'done') {
      for (const [n, held] of stale.entries()) hold.wrote(held, committed.versions[n] ?? '', written[n] ?? {})
      return
    }
    const { value } = await documents.get(stale.map(({ stored }) => stored.ref))
    for (const [n, { stored }] of stale.entries()) hold.see(stored.ref.id, value[n] ?? null)
  }
}

function changeOf({ stored: { ref, version } }: Held, fields: Fields): Change {
  return { kind: 'update', ref, version, fields }
}
