import { TickoverError } from '../../errors.ts'
import { type Documents, MOST_CHANGES, type Stored } from '../../store/documents.ts'

/** Who cleans up, and what is to go. */
export interface Cleaning {
  readonly lanes: readonly string[]
  /** Ticks that began up to then go, ms. */
  readonly upTo: number
  readonly actor: string
  readonly reason: string
  /** The id of the audit's entry: new. */
  readonly id: string
}

/** One place in the commit is the audit's. */
const MOST = MOST_CHANGES - 1
const TRIES = 3

/**
 * Deletes the oldest ticks, at most 499, and records who did, in one commit; answers how many went, and whether there are more.
 * Rejects with `store_unreachable`; nothing is known to be lost then.
 */
export async function cleanTicks(
  documents: Documents,
  cleaning: Cleaning,
): Promise<{ deleted: number; more: boolean }> {
  for (let tries = 0; tries < TRIES; tries++) {
    const { found, time } = await oldest(documents, cleaning)
    const ticks = found.slice(0, MOST)
    if (ticks.length === 0) return { deleted: 0, more: false }
    const { outcome } = await documents.commit([
      ...ticks.map(({ ref, version }) => ({ kind: 'delete', ref, version }) as const),
      {
        kind: 'create',
        ref: { collection: 'scheduler_audit', id: cleaning.id },
        fields: entryOf(cleaning, ticks, time),
      },
    ])
    if (outcome === 'done') return { deleted: ticks.length, more: found.length > MOST }
    if (outcome !== 'conflict') break
  }
  throw new TickoverError('store_unreachable', 'It is not known whether the ticks were deleted. Ask again.')
}

/** The oldest ticks of all lanes, one more than may go at once. */
async function oldest(
  documents: Documents,
  { lanes, upTo }: Cleaning,
): Promise<{ found: readonly Stored[]; time: number }> {
  const pages = await Promise.all(
    lanes.map((equals) => documents.query({ shape: 'ticks', equals, upTo, limit: MOST + 1 })),
  )
  const found = pages.flatMap(({ value }) => value)
  const time = Math.max(...pages.map((page) => page.time))
  return { found: found.slice(0, MOST + 1), time }
}

function entryOf({ actor, reason, upTo }: Cleaning, ticks: readonly Stored[], at: number) {
  const before = { ticks: ticks.length, began_until: upTo }
  return { action: 'performance_cleaned', at, actor, subject: 'service/ticks', reason, before, after: null }
}
