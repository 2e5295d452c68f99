import type { Documents, Selection, Stored } from '../../store/documents.ts'
import { foreign } from '../../store/foreign.ts'
import type { Queue } from '../queue.ts'
import { type Claimed, claimOf, type Terms } from './claim.ts'

/** What a look at a queue found, by what is to be made of it; the items of dead workers come first. */
export interface Found {
  readonly take: readonly Sighting[]
  readonly spend: readonly Sighting[]
  readonly mark: readonly Sighting[]
}

/** An item with what is to be made of it. */
export interface Sighting {
  readonly found: Stored
  readonly claim: Claimed
}

/** How far and on what terms to look. */
export interface Look extends Terms {
  /** The most items in the queue to read. */
  readonly most: number
  /** Workers that may hold a batch of the queue at once. */
  readonly max_instances: number
}

/** The longest answer of the store. */
const MOST_ANSWERED = 1_000

/** Reads what is queued, and as much of what is in work as shows the dead behind all the living. */
export async function look(documents: Documents, queue: Queue<never>, asked: Look): Promise<Found> {
  const { batch, statuses } = queue
  const inWork = Math.min(MOST_ANSWERED, batch * (asked.max_instances + 1))
  const [processing, queued] = await Promise.all([
    documents.query({ ...selection(queue, statuses.processing), limit: inWork }),
    documents.query({ ...selection(queue, statuses.queued), ...orderOf(queue), limit: asked.most }),
  ])
  const sightings = [...processing.value, ...queued.value].flatMap((found): Sighting[] => {
    const claim = claimOf(queue, found, asked)
    return claim.kind === 'leave' ? [] : [{ found, claim }]
  })
  const of = (kind: Sighting['claim']['kind']) => sightings.filter(({ claim }) => claim.kind === kind)
  return { take: of('take'), spend: of('spend'), mark: of('mark') }
}

function selection(queue: Queue<never>, equals: string): Omit<Selection, 'limit'> {
  return { collection: foreign(queue.collection), field: queue.status_field, equals }
}

function orderOf({ order_field }: Queue<never>): Pick<Selection, 'order'> {
  return order_field === null ? {} : { order: order_field }
}
