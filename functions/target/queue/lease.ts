import { z } from 'zod'
import type { Fields } from '../../store/documents.ts'
import type { QueueShape } from '../queue.ts'

/**
 * The one field that this scheduler adds to an item: all the others are its owner's. It holds a lease for each status
 * field, so that a document can be an item of more than one queue.
 */
export const LEASE_FIELD = 'scheduler_lease'

/** Who works on an item, or did so last. */
export interface ItemLease {
  /**
   * `held`: an attempt works on it until `until`. `back`: given back, to be taken again in the same round. `done`: its
   * round has ended. `seen`: somebody without a lease works on it; taken over if it still stands as `mark` says at `until`.
   */
  readonly state: 'held' | 'back' | 'done' | 'seen'
  /** The tick whose run it is. */
  readonly owner: string
  readonly run: string
  /** Counts the claims of the item; who holds an older one has lost. */
  readonly fence: number
  /** Store's time, ms. */
  readonly until: number
  /** The attempts of this round, the present one counted. */
  readonly attempt: number
  /** When this round began: from `Queued` to its end. A later round does the item's effects anew. Store's time, ms. */
  readonly round: number
  /** The digest of an item as it was seen; else empty. */
  readonly mark: string
}

const LEASE = z.object({
  state: z.enum(['held', 'back', 'done', 'seen']),
  owner: z.string(),
  run: z.string(),
  fence: z.int().min(0),
  until: z.number(),
  attempt: z.int().min(0),
  round: z.number(),
  mark: z.string(),
}) satisfies z.ZodType<ItemLease>

/** No run's lease is longer than a day, in ms; one that ends later was planted, or written by a clock that is broken. */
const LONGEST_MS = 86_400_000

const LEASES = z.record(z.string(), z.unknown())

/** A queue, as far as leases tell queues apart. */
type Leased = Pick<QueueShape, 'status_field'>

/** An item's lease in this queue; null where there is none, or none that can be read. */
export function leaseOf({ status_field }: Leased, fields: Fields): ItemLease | null {
  return LEASE.safeParse(leasesIn(fields)[status_field]).data ?? null
}

/** That, unless it ends further from `now` (store's time, ms) than a lease of ours can: nobody waits for such a one. */
export function credibleLeaseOf(queue: Leased, fields: Fields, now: number): ItemLease | null {
  const lease = leaseOf(queue, fields)
  return lease !== null && lease.until <= now + LONGEST_MS ? lease : null
}

/** What to write so that an item, read with these fields, has this lease in this queue. */
export function withLease({ status_field }: Leased, fields: Fields, lease: ItemLease): Fields {
  return { [LEASE_FIELD]: { ...leasesIn(fields), [status_field]: lease } }
}

function leasesIn(fields: Fields): Fields {
  return LEASES.safeParse(fields[LEASE_FIELD]).data ?? {}
}

/** Are these leases of one claim? */
export function isSameClaim(a: ItemLease, b: ItemLease): boolean {
  return a.run === b.run && a.owner === b.owner && a.fence === b.fence
}
