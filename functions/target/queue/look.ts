import type { Cursor, Documents, Selection, Stored } from '../../store/documents.ts'
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

/** The most items that one answer of the store holds. */
const MOST_ANSWERED = 1_000

/** Pages of items in work that one look reads, and the length of those after the first. */
const MOST_PAGES = 10
const PAGE = 200

/**
 * Reads what is queued, and what is in work until the items of dead workers fill a batch: those that others work on are
 * paged over, as far as 10 pages go.
 */
export async function look(documents: Documents, queue: Queue<never>, asked: Look): Promise<Found> {
  const queued = { ...selection(queue, queue.statuses.queued), ...orderOf(queue), limit: asked.most }
  const [inWork, waiting] = await Promise.all([lookAtWork(documents, queue, asked), documents.query(queued)])
  const sightings = [...inWork, ...sightingsIn(queue, waiting.value, asked)]
  const of = (kind: Sighting['claim']['kind']) => sightings.filter(({ claim }) => claim.kind === kind)
  return { take: of('take'), spend: of('spend'), mark: of('mark') }
}

/** The first page is as long as all workers of ours can fill, and a batch longer: where nobody else works it shows the dead. */
async function lookAtWork(documents: Documents, queue: Queue<never>, asked: Look): Promise<Sighting[]> {
  const sightings: Sighting[] = []
  const ofWork = selection(queue, queue.statuses.processing)
  let after: Cursor | null = null
  for (let page = 0; page < MOST_PAGES; page++) {
    const limit = page === 0 ? Math.min(MOST_ANSWERED, queue.batch * (asked.max_instances + 1)) : PAGE
    const { value } = await documents.query({ ...ofWork, limit, ...(after !== null && { after }) })
    sightings.push(...sightingsIn(queue, value, asked))
    const last = value.at(-1)
    const dead = sightings.filter(({ claim }) => claim.kind === 'take')
    if (last === undefined || value.length < limit || dead.length >= queue.batch) break
    after = { value: last.ref.id, id: last.ref.id }
  }
  return sightings
}

function sightingsIn(queue: Queue<never>, items: readonly Stored[], terms: Terms): Sighting[] {
  return items.flatMap((found) => {
    const claim = claimOf(queue, found, terms)
    return claim.kind === 'leave' ? [] : [{ found, claim }]
  })
}

function selection(queue: Queue<never>, equals: string): Omit<Selection, 'limit'> {
  return { collection: foreign(queue.collection), field: queue.status_field, equals }
}

function orderOf({ order_field }: Queue<never>): Pick<Selection, 'order'> {
  return order_field === null ? {} : { order: order_field }
}
