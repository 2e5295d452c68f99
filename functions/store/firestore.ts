import {
  type DocumentReference,
  type DocumentSnapshot,
  FieldPath,
  FieldValue,
  type Firestore,
  type Query as FirestoreQuery,
  Timestamp,
  type WriteBatch,
  type WriteResult,
} from '@google-cloud/firestore'
import type { Clock } from '../clock.ts'
import { TickoverError } from '../errors.ts'
import type { Asked } from './asked.ts'
import { checkedChanges, checkedQuery, checkRefs } from './checked.ts'
import { decode, decodeInstant, encode, encodeInstant, fromVersion, toVersion } from './codec.ts'
import { calls } from './deadline.ts'
import type { Change, Committed, Documents, Fields, Ref, Stored } from './documents.ts'
import { failureOf, reasonOf } from './grpc.ts'

/** The smallest values: a range from one of them matches its type and no other. */
const FIRST_TEXT = ''
const FIRST_INSTANT = encodeInstant(-62_135_596_800_000)

/** Deleting a field that is never there changes nothing, not even the update time, and takes a condition. */
const NEVER_STORED = new FieldPath('never_stored')

/**
 * Documents in Firestore. Each call is one call on the wire, but for what the client repeats by itself after trouble on
 * the line. A commit is one batch under conditions on existence and update time. A call that has no answer after
 * `deadlineMs` ends as `unknown` or `store_unreachable`; a commit given up like that may still be made for some minutes, but
 * only while its conditions hold. `close` ends
 * the client, unless such a call still goes on.
 */
export function firestoreDocuments(firestore: Firestore, clock: Clock, deadlineMs = 10_000): Documents {
  const { bounded, ended } = calls(clock, deadlineMs)
  let latest = 0
  const told = (time: Timestamp): number => {
    const ms = Math.floor(decodeInstant(time))
    latest = Math.max(latest, ms)
    return ms
  }
  const read = async <T>(asked: Promise<T>): Promise<T> => {
    try {
      return await bounded(asked)
    } catch (error) {
      throw unreachable(error)
    }
  }
  const refOf = ({ collection, id }: Ref) => firestore.collection(collection).doc(id)

  return {
    get: async (refs) => {
      checkRefs(refs)
      const snapshots = await read(firestore.getAll(...refs.map(refOf)))
      const value = refs.map((ref, n) => storedOf(ref, snapshots[n]))
      return { value, time: told(snapshots[0]?.readTime ?? Timestamp.fromMillis(latest)) }
    },
    query: async (query) => {
      const asked = checkedQuery(query)
      const { docs, readTime } = await read(toQuery(firestore, asked).get())
      const { collection } = asked.order
      const value = docs.map((doc) => storedOf({ collection, id: doc.id }, doc))
      return { value: value.filter((stored) => stored !== null), time: told(readTime) }
    },
    commit: async (changes) => {
      const checked = checkedChanges(changes)
      const batch = firestore.batch()
      for (const change of checked)
        if (!add(batch, refOf(change.ref), change))
          return { outcome: 'conflict', reason: `${change.ref.id} never had the version named` }
      const before = latest
      try {
        const results = await bounded(batch.commit())
        return done(checked, results, Math.max(before, ...results.map(({ writeTime }) => told(writeTime))))
      } catch (error) {
        return failed(error)
      }
    },
    // Ended under calls that still go on, the client would wait for them for minutes, and reject strays.
    close: async () => {
      if (await ended()) await firestore.terminate()
    },
  }
}

function storedOf(ref: Ref, snapshot: DocumentSnapshot | undefined): Stored | null {
  const data = snapshot?.data()
  if (data === undefined || snapshot?.updateTime === undefined) return null
  return { ref, version: toVersion(snapshot.updateTime), fields: decode(data) }
}

/** A range matches one type only, in the order of the declared index; the id breaks ties. */
function toQuery(firestore: Firestore, { order, equals, upTo, after, limit }: Asked): FirestoreQuery {
  const { collection, field, by, isTimed, isDescending } = order
  const direction = isDescending ? 'desc' : 'asc'
  let query = firestore.collection(collection).where(new FieldPath(field), '==', equals)
  if (by !== null) {
    const path = new FieldPath(by)
    query = query.where(path, '>=', isTimed ? FIRST_INSTANT : FIRST_TEXT)
    if (upTo !== undefined) query = query.where(path, '<=', encodeInstant(upTo))
    query = query.orderBy(path, direction)
  }
  query = query.orderBy(FieldPath.documentId(), direction).limit(limit)
  if (after === undefined) return query
  const { value, id } = after
  if (by === null) return query.startAfter(id)
  return query.startAfter(typeof value === 'number' ? encodeInstant(value) : value, id)
}

/** Adds the change with its condition; false when the condition can never hold. */
function add(batch: WriteBatch, ref: DocumentReference, change: Change): boolean {
  if (change.kind === 'create') {
    batch.create(ref, encode(change.fields))
    return true
  }
  const lastUpdateTime = fromVersion(change.version)
  if (lastUpdateTime === null) return false
  if (change.kind === 'delete') batch.delete(ref, { lastUpdateTime })
  else if (change.kind === 'check') batch.update(ref, NEVER_STORED, FieldValue.delete(), { lastUpdateTime })
  else update(batch, ref, change.fields, lastUpdateTime)
  return true
}

/** By field paths: in a map of fields the client would take a dot in a name for a step down. */
function update(batch: WriteBatch, ref: DocumentReference, fields: Fields, lastUpdateTime: Timestamp): void {
  const [first, ...others] = Object.entries(encode(fields))
  if (first === undefined) return
  const more = others.flatMap(([name, value]) => [new FieldPath(name), value])
  batch.update(ref, new FieldPath(first[0]), first[1], ...more, { lastUpdateTime })
}

function done(changes: readonly Change[], results: readonly WriteResult[], time: number): Committed {
  const versions = changes.map(({ kind }, n) => {
    const result = results[n]
    return kind === 'delete' || result === undefined ? '' : toVersion(result.writeTime)
  })
  return { outcome: 'done', time, versions }
}

function failed(error: unknown): Committed {
  const outcome = failureOf(error)
  const reason = reasonOf(error)
  if (outcome !== 'bad_request') return { outcome, reason }
  throw new TickoverError('bad_request', `The store refused this: ${reason}.`, { cause: error })
}

function unreachable(error: unknown): TickoverError {
  const reason = reasonOf(error)
  return new TickoverError(
    'store_unreachable',
    `Firestore did not answer a read: ${reason}. Check the project, the database and the service account's role.`,
    { cause: error },
  )
}
