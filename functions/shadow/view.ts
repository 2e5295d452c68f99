import { KEEP_MS } from '../job/stored.ts'
import type { Change, Collection, Documents, Fields, Query, Ref, Stored } from '../store/documents.ts'

/** Where each kind of document of the engine stands in shadow. Nothing else can be reached through the view. */
const SHADOWS: Partial<Record<Ref['collection'], Collection>> = {
  scheduler_jobs: 'scheduler_shadow_jobs',
  scheduler_runs: 'scheduler_shadow_runs',
  scheduler_ticks: 'scheduler_shadow_ticks',
  scheduler_effects: 'scheduler_shadow_effects',
}

/** The queries that the engine asks, as the shadow's documents answer them. */
const SHAPES: Partial<Record<Query['shape'], Query['shape']>> = { due: 'shadow_due', runs: 'shadow_runs' }

/**
 * The documents as the shadow's engine sees them: the names are those of the live documents, what is read and written
 * are the shadow's own. Through it no live document can be changed, and none of ours even read; what stands in the
 * collection of a queue can be looked at.
 */
export function shadowView(documents: Documents): Documents {
  return {
    get: async (refs) => {
      const answer = await documents.get(refs.map(toShadow))
      return { ...answer, value: answer.value.map((stored, n) => fromShadow(stored, refs[n])) }
    },
    query: async (query) => {
      if (!('shape' in query)) return documents.query(query)
      const shape = SHAPES[query.shape]
      if (shape === undefined) throw new Error(`A shadow does not ask for ${query.shape}`)
      const answer = await documents.query({ ...query, shape })
      const value = answer.value.map((stored) => ({ ...stored, ref: liveRef(stored.ref) }))
      return { ...answer, value }
    },
    commit: (changes) => documents.commit(changes.map(changeInShadow)),
    close: async () => {},
  }
}

function toShadow({ collection, id }: Ref): Ref {
  const shadow = SHADOWS[collection]
  if (shadow === undefined) throw new Error(`A shadow has no ${collection}`)
  return { collection: shadow, id }
}

function fromShadow(stored: Stored | null, ref: Ref | undefined): Stored | null {
  return stored === null || ref === undefined ? null : { ...stored, ref }
}

function liveRef({ collection, id }: Ref): Ref {
  const found = Object.entries(SHADOWS).find(([, shadow]) => shadow === collection)?.[0]
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the names of the table are collections
  return { collection: (found ?? collection) as Collection, id }
}

function changeInShadow(change: Change): Change {
  const ref = toShadow(change.ref)
  if (change.kind === 'check' || change.kind === 'delete') return { ...change, ref }
  return { ...change, ref, fields: expiring(change.fields) }
}

/** What the live documents keep for ever, their shadow keeps for as long as it is in use. */
function expiring(fields: Fields): Fields {
  const { updated_at: at, expire_at } = fields
  return expire_at === null && typeof at === 'number' ? { ...fields, expire_at: at + KEEP_MS } : fields
}
