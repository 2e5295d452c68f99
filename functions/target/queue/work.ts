import pLimit from 'p-limit'
import { TickoverError } from '../../errors.ts'
import type { Copies } from '../../lease/held.ts'
import { performHeld, type Records, type Standing } from '../effect.ts'
import { JobFailure } from '../failure.ts'
import type { Context } from '../handler.ts'
import type { Notes } from '../intents.ts'
import { notedEffect } from '../noted.ts'
import type { Item, Queue } from '../queue.ts'
import { describe } from '../storable.ts'
import { readData } from './data.ts'
import { type End, Ender } from './end.ts'
import { type Held, Hold } from './hold.ts'
import { itemHolder } from './item.ts'
import { keepItems, type Renewing } from './renew.ts'
import { type Taker, type Taking, take } from './take.ts'
import { Worked } from './worked.ts'

/** One attempt at a queue's batch, with all that it needs. */
export interface QueueAttempt extends Records, Taking, Renewing {
  readonly copies: Copies
  readonly standing: Standing
  readonly context: Context<never>
  readonly notes: Notes
  /** Aborted when the process stops. */
  readonly stop: AbortSignal
}

/**
 * Works one batch of a queue: takes the items under leases, processes them, some at once, and ends each. Resolves with what became
 * of them; rejects with a `JobFailure` when every one of them failed, and with `store_unreachable` when none could be taken.
 */
export async function workQueue(attempt: QueueAttempt, queue: Queue<never>): Promise<unknown> {
  const { signal, until } = attempt.standing
  const { held, spent } = await take(attempt, queue, takerOf(attempt))
  const worked = new Worked(attempt.context.items, held.length, spent)
  const controls = new Map(held.map(({ ref }) => [ref.id, new AbortController()]))
  const hold = new Hold(queue, held, (id) =>
    controls.get(id)?.abort(new Error('The lease of this item is lost')),
  )
  const ender = new Ender({ ...attempt, queue, hold }, (id, end, fate) => worked.tell(id, end, fate))
  const interrupt = () => {
    for (const control of controls.values()) control.abort(signal.reason)
  }
  signal.addEventListener('abort', interrupt)
  if (signal.aborted) interrupt()
  const over = new AbortController()
  void keepItems(attempt, hold, until, over.signal)
  try {
    await pLimit(queue.concurrency).map(hold.all(), async (one) => {
      const { id } = one.stored.ref
      ender.add(id, await endOf(attempt, queue, hold, one, controls.get(id)?.signal ?? signal))
    })
    await ender.idle()
  } finally {
    over.abort()
    signal.removeEventListener('abort', interrupt)
  }
  return worked.result()
}

function takerOf({ copies, standing: { held, until } }: QueueAttempt): Taker {
  const policies = copies.get(held.job)?.fields.policies
  const { run, owner } = held.entry
  return {
    owner,
    run,
    until: until(),
    max_attempts: policies?.max_attempts ?? 1,
    max_instances: policies?.max_instances ?? 1,
  }
}

/** Processes one item; whatever it throws becomes its end here, once. */
async function endOf(
  attempt: QueueAttempt,
  queue: Queue<never>,
  hold: Hold,
  held: Held,
  signal: AbortSignal,
): Promise<End> {
  if (signal.aborted) return { kind: 'back', error: null, counts: false }
  try {
    await queue.process(itemOf(attempt, queue, hold, held, signal), attempt.context)
    return { kind: 'succeeded' }
  } catch (error) {
    if (attempt.stop.aborted) return { kind: 'back', error: null, counts: false }
    const isLast = held.lease.attempt >= takerOf(attempt).max_attempts
    const mayRetry = signal.aborted || isRetryable(error)
    return mayRetry && !isLast
      ? { kind: 'back', error: describe(error), counts: true }
      : { kind: 'failed', error: describe(error) }
  }
}

/** Does the error say so, or is it none of the item's? */
function isRetryable(error: unknown): boolean {
  if (error instanceof JobFailure) return error.retryable
  return error instanceof TickoverError && (error.code === 'lost' || error.code === 'store_unreachable')
}

function itemOf(
  attempt: QueueAttempt,
  queue: Queue<never>,
  hold: Hold,
  held: Held,
  signal: AbortSignal,
): Item<never> {
  const { stored, lease } = held
  const { id } = stored.ref
  const holder = itemHolder(queue, hold, held, attempt.standing, signal)
  const effect = notedEffect(attempt.notes, `${id}: `, (key, act) => performHeld(attempt, holder, key, act))
  return { id, data: readData(queue, stored.fields), attempt: lease.attempt, signal, effect }
}
