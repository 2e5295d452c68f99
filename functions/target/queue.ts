import { z } from 'zod'
import type { Policies } from '../job/policies.ts'
import type { ScheduleInput } from '../schedule/schedule.ts'
import { isForeign } from '../store/foreign.ts'
import type { Context, Effect, JobDefinition, PolicyChoices } from './handler.ts'
import { LEASE_FIELD } from './queue/lease.ts'

/** The values of an item's status, from one to the next. */
export interface Statuses {
  readonly queued: string
  readonly processing: string
  readonly complete: string
  readonly error: string
}

/** Where the items of a queue stand, and by which fields they go. */
export interface QueueShape {
  /** A collection of the top level, none of the scheduler's own. */
  readonly collection: string
  readonly status_field: string
  readonly error_field: string
  /** The field (an instant) by which items are taken, the earliest first; null: in the order of their ids. */
  readonly order_field: string | null
  readonly statuses: Statuses
}

/** An item as its queue's `process` gets it. */
export interface Item<T> {
  readonly id: string
  readonly data: T
  /** 1 for the first attempt since it was put into the queue. */
  readonly attempt: number
  /** Aborted when the run is told to end and when the item's lease is lost: end soon after. */
  readonly signal: AbortSignal
  /** As a handler's `effect`, recorded for this item: done once for each time that the item was put into the queue. */
  readonly effect: Effect
}

/** What `process` is told of the run beside the item. */
export type QueueContext = Pick<Context<never>, 'job' | 'run' | 'scheduled_for' | 'log' | 'cache' | 'limit'>

/** A queue as it is worked. */
export interface Queue<T> extends QueueShape {
  /** The most items that one run takes, 1 to 100. */
  readonly batch: number
  /** Items of one run that are worked at once. */
  readonly concurrency: number
  readonly item: z.ZodType
  readonly process: (item: Item<T>, context: QueueContext) => Promise<unknown>
}

/** What `defineQueue` takes. */
export interface QueueOptions<T> {
  /** The job's name, its lane and its schedule: as of `defineJob`. Each run takes one batch. */
  readonly name: string
  readonly description?: string
  readonly lane?: string
  readonly schedule: ScheduleInput
  readonly collection: string
  readonly status_field: string
  /** Gets an item's error as text; null once it is complete. */
  readonly error_field: string
  /** On Firestore it takes an index of `status_field` and this one. */
  readonly order_field?: string
  readonly statuses?: Statuses
  readonly batch: number
  /** Left out: 5. */
  readonly concurrency?: number
  /** `max_instances` runs work side by side, never on one item; `max_attempts` are an item's, too. */
  readonly policies?: Omit<PolicyChoices, 'shadow'>
  /** What an item must look like; one that does not ends as an error. Instants come as milliseconds since 1970. */
  readonly item: z.ZodType<T>
  /**
   * The work on one item. What it throws is the item's error; a `JobFailure` that may be retried puts it back into the
   * queue, as long as it has attempts left. It changes neither the item's status nor its error.
   */
  readonly process: (item: Item<T>, context: QueueContext) => Promise<unknown>
}

const STATUSES: Statuses = {
  queued: 'Queued',
  processing: 'Processing',
  complete: 'Complete',
  error: 'Error',
}
const MOST_ITEMS = 100

/** All living items of a queue and one more batch of dead ones have to fit into one answer of the store. */
const MOST_ANSWERED = 1_000

/** Declares a queue: a job that works off the documents of a collection which carry a status. One file each, as jobs. */
export function defineQueue<T>(options: QueueOptions<T>): JobDefinition {
  const { name, description = '', lane = null, schedule, policies = {}, order_field = null } = options
  const { collection, status_field, error_field, statuses = STATUSES } = options
  const { batch, concurrency = 5, item, process } = options
  const shape = { collection, status_field, error_field, order_field, statuses }
  return {
    name,
    description,
    lane,
    schedule,
    payload: z.unknown(),
    with: {},
    policies: { ...policies, shadow: 'plan' },
    work: { kind: 'queue', queue: { ...shape, batch, concurrency, item, process } },
  }
}

/** Reports what is wrong with a queue, each in a sentence. */
export function checkQueue(
  queue: Queue<never>,
  { max_instances }: Policies,
  report: (message: string) => void,
): void {
  const { collection, batch, concurrency, statuses } = queue
  if (!isForeign(collection))
    report(
      `collection: ${JSON.stringify(collection)} is not one of the top level, or is one of the scheduler's own`,
    )
  if (!Number.isInteger(batch) || batch < 1 || batch > MOST_ITEMS) report(`batch: must be 1 to ${MOST_ITEMS}`)
  else if (batch * (max_instances + 1) > MOST_ANSWERED)
    report(
      `batch: with ${max_instances} instances at most ${Math.floor(MOST_ANSWERED / (max_instances + 1))}`,
    )
  if (!Number.isInteger(concurrency) || concurrency < 1)
    report('concurrency: must be a whole number from 1 on')
  if (new Set(Object.values(statuses)).size < 4) report('statuses: must be four different texts')
  const fields = [queue.status_field, queue.error_field, LEASE_FIELD]
  if (fields.includes('') || new Set(fields).size < fields.length)
    report(`status_field, error_field: must be two names, and not ${LEASE_FIELD}`)
}
