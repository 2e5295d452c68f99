import { TickoverError } from '../../errors.ts'
import type { Committed, Documents, Stored } from '../../store/documents.ts'
import type { StoreTime } from '../../store/time.ts'
import type { Queue } from '../queue.ts'
import type { Terms } from './claim.ts'
import { isSameClaim, leaseOf } from './lease.ts'
import { type Found, look, type Sighting } from './look.ts'

/** What taking needs. */
export interface Taking {
  readonly documents: Documents
  readonly time: StoreTime
  /** From 0 up to 1. */
  readonly random: () => number
}

/** For whom a batch is taken. */
export interface Taker extends Pick<Terms, 'owner' | 'run' | 'until' | 'max_attempts'> {
  readonly max_instances: number
}

/** What came of it: the items that are held now, and how many were ended because they had used up their attempts. */
export interface Taken {
  readonly held: readonly Stored[]
  readonly spent: number
}

/** Races that one run loses before it leaves the queue to the others. */
const MOST_TRIES = 10

/** Who lost a race reads this many batches, and takes one of as many places at random, to meet the others no more. */
const SPREAD = 6
const MOST_READ = 1_000

/** Items that are ended or marked in one run beside its batch. */
const MOST_ASIDE = 100

/**
 * Takes at most one batch: all of it in one commit, conditional on each item being as it was read. A refusal or a lost
 * reply is answered by reading the items: what carries this claim is held, the rest is looked for anew. Rejects with
 * `store_unreachable`.
 */
export async function take(taking: Taking, queue: Queue<never>, taker: Taker): Promise<Taken> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const most = Math.min(MOST_READ, tries === 0 ? queue.batch : queue.batch * SPREAD)
    const found = await look(taking.documents, queue, { ...taker, now: taking.time.now(), most })
    const spent = tries === 0 ? await setAside(taking.documents, found) : 0
    const chosen = choose(found.take, queue.batch, tries === 0 ? 0 : taking.random())
    const held = chosen.length === 0 ? [] : await claim(taking.documents, queue, chosen)
    if (held !== null) return { held, spent }
  }
  return { held: [], spent: 0 }
}

/** A batch from this place (0 up to 1) of all that is free. */
function choose(free: readonly Sighting[], batch: number, place: number): readonly Sighting[] {
  const places = Math.ceil(free.length / batch)
  const first = Math.floor(place * places) * batch
  return free.slice(first, first + batch)
}

/** The items as they are held now; null: somebody else was faster. */
async function claim(
  documents: Documents,
  queue: Queue<never>,
  chosen: readonly Sighting[],
): Promise<readonly Stored[] | null> {
  const committed = await documents.commit(chosen.map(({ claim: { change } }) => change))
  if (committed.outcome === 'done') return chosen.map((one, n) => written(one, committed.versions[n] ?? ''))
  if (committed.outcome === 'unreachable') throw unreachable(committed)
  const { value } = await documents.get(chosen.map(({ found }) => found.ref))
  const mine = value.filter((stored, n) => stored !== null && carries(queue, stored, chosen[n]))
  return mine.length > 0 ? mine.filter((stored) => stored !== null) : null
}

function written({ found, claim }: Sighting, version: string): Stored {
  return { ref: found.ref, version, fields: { ...found.fields, ...claim.change.fields } }
}

function carries(queue: Queue<never>, { fields }: Stored, one: Sighting | undefined): boolean {
  const lease = leaseOf(queue, fields)
  return lease !== null && one !== undefined && isSameClaim(lease, one.claim.lease)
}

/**
 * Ends items that have used up their attempts, and marks those whose worker keeps no lease; answers how many were ended.
 * What is refused is tried alone, and left to the next run where that is refused, too.
 */
async function setAside(documents: Documents, { spend, mark }: Found): Promise<number> {
  const aside = [...spend, ...mark].slice(0, MOST_ASIDE)
  if (aside.length === 0) return 0
  const { outcome } = await documents.commit(aside.map(({ claim: { change } }) => change))
  if (outcome === 'done') return Math.min(spend.length, MOST_ASIDE)
  const alone = await Promise.all(aside.map(({ claim: { change } }) => documents.commit([change])))
  return alone.filter((one, n) => one.outcome === 'done' && aside[n]?.claim.kind === 'spend').length
}

function unreachable({ reason }: Exclude<Committed, { readonly outcome: 'done' }>): TickoverError {
  return new TickoverError(
    'store_unreachable',
    `No items could be taken: ${reason}. They are left to the next run.`,
  )
}
