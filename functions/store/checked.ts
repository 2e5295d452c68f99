import { TickoverError } from '../errors.ts'
import { type Asked, askedOf } from './asked.ts'
import { type Change, type Fields, MOST_CHANGES, type Query, type Ref, type Selection } from './documents.ts'
import { isForeign } from './foreign.ts'
import { isReserved, isStorableInstant, MOST_NAME_BYTES, storable } from './storable.ts'

const MOST_REFS = 1_000
const MOST_ANSWERS = 1_000
const MOST_ID_BYTES = 1_000
const MOST_COMMIT_BYTES = 9 * 1024 * 1024

/** The changes as every store can take them, their fields copied. Throws `bad_request` for what one of them could not. */
export function checkedChanges(changes: readonly Change[]): readonly Change[] {
  if (changes.length === 0 || changes.length > MOST_CHANGES)
    throw refusal('changes', `a commit has 1 to ${MOST_CHANGES} changes, not ${changes.length}`)
  const seen = new Set<string>()
  let bytes = 0
  return changes.map((change) => {
    checkRef(change.ref)
    const key = keyOf(change.ref)
    if (seen.has(key)) throw refusal('changes', `${key} is changed twice in one commit`)
    seen.add(key)
    const checked = checkedChange(change)
    bytes += checked.bytes
    if (bytes > MOST_COMMIT_BYTES) throw refusal('changes', `a commit has at most ${MOST_COMMIT_BYTES} bytes`)
    return checked.change
  })
}

function checkedChange(change: Change): { change: Change; bytes: number } {
  if (change.kind === 'check' || change.kind === 'delete') return { change, bytes: 0 }
  const { fields, bytes } = storable(change.fields)
  if (change.kind === 'update' && isEmpty(fields))
    throw refusal('fields', 'an update names at least one field')
  return { change: { ...change, fields }, bytes }
}

function isEmpty(fields: Fields): boolean {
  return Object.keys(fields).length === 0
}

/** Throws `bad_request` for a request that is too large, or names a document that no store could hold. */
export function checkRefs(refs: readonly Ref[]): void {
  if (refs.length === 0 || refs.length > MOST_REFS)
    throw refusal('refs', `1 to ${MOST_REFS} documents can be read at once, not ${refs.length}`)
  refs.forEach(checkRef)
}

function checkRef({ collection, id }: Ref): void {
  checkCollection(collection)
  checkId(id)
}

function checkId(id: string): void {
  const bytes = Buffer.byteLength(id)
  if (bytes === 0 || bytes > MOST_ID_BYTES)
    throw refusal('id', `an id has 1 to ${MOST_ID_BYTES} bytes, not ${bytes}`)
  if (id.includes('/') || id === '.' || id === '..' || isReserved(id) || !id.isWellFormed())
    throw refusal('id', `${JSON.stringify(id)} cannot be an id`)
}

function checkCollection(collection: Ref['collection']): void {
  if (!collection.startsWith('scheduler_') && !isForeign(collection))
    throw refusal('collection', `${JSON.stringify(collection)} cannot be a collection`)
}

/** A query in full. Throws `bad_request` for one that has no bounded, ordered answer. */
export function checkedQuery(query: Query | Selection): Asked {
  const asked = askedOf(query)
  const { limit, upTo, after } = asked
  const { collection, field, by, isTimed } = asked.order
  checkCollection(collection)
  if (!isField(field) || (by !== null && !isField(by))) throw refusal('field', 'is no name of a field')
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST_ANSWERS)
    throw refusal('limit', `a query answers 1 to ${MOST_ANSWERS} documents, not ${limit}`)
  if (upTo !== undefined && !(isTimed && isStorableInstant(upTo)))
    throw refusal('upTo', 'is no instant of this shape')
  if (after !== undefined && !isPlace(after.value, isTimed))
    throw refusal('after', 'is no place in this shape')
  if (after !== undefined) checkId(after.id)
  return asked
}

function isField(name: string): boolean {
  return name !== '' && Buffer.byteLength(name) <= MOST_NAME_BYTES && !isReserved(name)
}

function isPlace(value: number | string, isTimed: boolean): boolean {
  return typeof value === 'number' ? isTimed && isStorableInstant(value) : !isTimed
}

/** One text for a place: no collection's name holds a `/`. */
export function keyOf(ref: Ref): string {
  return `${ref.collection}/${ref.id}`
}

function refusal(field: string, message: string): TickoverError {
  return new TickoverError('bad_request', `The store cannot take this: ${message}.`, {
    problems: [{ field, message }],
  })
}
