import { digestOf } from '../../job/digest.ts'
import type { Change, Fields, Stored } from '../../store/documents.ts'
import type { QueueShape } from '../queue.ts'
import { credibleLeaseOf, type ItemLease, LEASE_FIELD, withLease } from './lease.ts'

/** Who wants items, and on what terms. */
export interface Terms {
  readonly owner: string
  readonly run: string
  /** When the leases run out, and the time now: store's time, ms. */
  readonly until: number
  readonly now: number
  /** Attempts of one round of an item. */
  readonly max_attempts: number
}

/**
 * What an item is to somebody who looks for work. `take`: free, or its worker is dead. `spend`: it has used up its attempts.
 * `mark`: in somebody's work who keeps no lease, seen for the first time or changed since. `leave`: somebody works on it.
 */
export type Claim = Claimed | { readonly kind: 'leave' }

/** Something is to be made of the item, with this change. */
export type Claimed = {
  readonly kind: 'take' | 'spend' | 'mark'
  readonly change: Change & { readonly kind: 'update' }
  readonly lease: ItemLease
}

const LEAVE: Claim = { kind: 'leave' }

/** What to make of an item as it was found: a pure decision. */
export function claimOf(queue: QueueShape, found: Stored, terms: Terms): Claim {
  const lease = credibleLeaseOf(queue, found.fields, terms.now)
  const status = found.fields[queue.status_field]
  if (status === queue.statuses.queued)
    return lease?.state === 'back' ? again(queue, found, lease, terms) : fresh(queue, found, lease, terms)
  if (status !== queue.statuses.processing) return LEAVE
  if (lease?.state === 'held') return terms.now < lease.until ? LEAVE : again(queue, found, lease, terms)
  if (lease?.state !== 'seen' || lease.mark !== markOf(found.fields)) return mark(queue, found, lease, terms)
  return terms.now < lease.until ? LEAVE : fresh(queue, found, lease, terms)
}

/** The first attempt of a new round. */
function fresh(queue: QueueShape, found: Stored, last: ItemLease | null, terms: Terms): Claim {
  const lease = leased(last, terms, { state: 'held', attempt: 1, round: terms.now })
  return {
    kind: 'take',
    lease,
    change: changeOf(queue, found, { [queue.status_field]: queue.statuses.processing }, lease),
  }
}

/** One more attempt of the same round, while there is one left. */
function again(queue: QueueShape, found: Stored, last: ItemLease, terms: Terms): Claim {
  const attempt = last.attempt + 1
  if (attempt <= terms.max_attempts) {
    const lease = leased(last, terms, { state: 'held', attempt, round: last.round })
    return {
      kind: 'take',
      lease,
      change: changeOf(queue, found, { [queue.status_field]: queue.statuses.processing }, lease),
    }
  }
  const lease = leased(last, terms, { state: 'done', attempt: last.attempt, round: last.round })
  const ended = { [queue.status_field]: queue.statuses.error, [queue.error_field]: spentText(last) }
  return { kind: 'spend', lease, change: changeOf(queue, found, ended, lease) }
}

function spentText({ attempt, run, owner }: ItemLease): string {
  return `It has used up its ${attempt} attempts: the worker of the last one (${owner} in ${run}) did not come back before its lease ran out. Put it back into the queue to have it tried again.`
}

function mark(queue: QueueShape, found: Stored, last: ItemLease | null, terms: Terms): Claim {
  const seen = { state: 'seen', attempt: 0, round: terms.now, mark: markOf(found.fields) } as const
  const lease = { ...leased(last, terms, seen), owner: '', run: '' }
  return { kind: 'mark', lease, change: changeOf(queue, found, {}, lease) }
}

function leased(
  last: ItemLease | null,
  { owner, run, until }: Terms,
  given: Pick<ItemLease, 'state' | 'attempt' | 'round'> & Partial<Pick<ItemLease, 'mark'>>,
): ItemLease {
  return { owner, run, fence: (last?.fence ?? 0) + 1, until, mark: '', ...given }
}

function changeOf(queue: QueueShape, found: Stored, fields: Fields, lease: ItemLease): Claimed['change'] {
  const { ref, version } = found
  return { kind: 'update', ref, version, fields: { ...fields, ...withLease(queue, found.fields, lease) } }
}

/** The item but for our own field: a worker that keeps no lease shows in nothing else that it is alive. */
function markOf(fields: Fields): string {
  const { [LEASE_FIELD]: _, ...rest } = fields
  const names = Object.keys(rest).toSorted()
  return digestOf(JSON.stringify(names.map((name) => [name, rest[name]])))
}
