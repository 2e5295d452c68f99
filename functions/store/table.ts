import { type Asked, type Order, orderOf, placeIn } from './asked.ts'
import { keyOf } from './checked.ts'
import { type Change, type Ref, SHAPE_NAMES, type Stored } from './documents.ts'
import { comparePlaces } from './order.ts'
import { type Placed, type Sorted, sorted } from './sorted.ts'

/** What a change makes of a document: its next state, or null for one that is gone. */
export interface Write {
  readonly ref: Ref
  readonly next: Stored | null
}

/** What a commit would write and the versions to answer, or the condition that did not hold. */
export type Staged =
  | { readonly writes: readonly Write[]; readonly versions: readonly string[] }
  | { readonly conflict: string }

/** Documents in memory: what `memory.ts` and `json.ts` have in common. */
export interface Table {
  get(ref: Ref): Stored | null
  query(asked: Asked): readonly Stored[]
  /** What checked changes would write under the version, on top of writes that are not applied yet. */
  stage(changes: readonly Change[], version: string, ahead: ReadonlyMap<string, Stored | null>): Staged
  apply(writes: readonly Write[]): void
  all(): Iterable<Stored>
}

interface Index {
  replace(last: Stored | undefined, next: Stored | null): void
  query(asked: Asked): readonly Stored[]
}

/** A table of the documents given, each at most once. */
export function table(initial: Iterable<Stored>): Table {
  const documents = new Map<string, Stored>()
  for (const stored of initial) documents.set(keyOf(stored.ref), stored)
  const indexes = new Map<string, Index>()
  for (const shape of SHAPE_NAMES) indexFor(orderOf(shape))

  /** One for each order that is asked for: those of the shapes, and as many more as there are queues. */
  function indexFor(order: Order): Index {
    const key = Object.values(order).join(' ')
    const found = indexes.get(key) ?? index(order, documents.values())
    indexes.set(key, found)
    return found
  }

  function apply({ ref, next }: Write): void {
    const key = keyOf(ref)
    const last = documents.get(key)
    for (const one of indexes.values()) one.replace(last, next)
    if (next === null) documents.delete(key)
    else documents.set(key, next)
  }

  return {
    get: (ref) => documents.get(keyOf(ref)) ?? null,
    query: (asked) => indexFor(asked.order).query(asked),
    stage: (changes, version, ahead) => {
      const writes: Write[] = []
      for (const change of changes) {
        const key = keyOf(change.ref)
        const staged = ahead.get(key)
        const current = staged === undefined ? (documents.get(key) ?? null) : staged
        if (!holds(change, current)) return { conflict: `${key} is not as the ${change.kind} expects it` }
        if (change.kind !== 'check') writes.push({ ref: change.ref, next: nextOf(change, current, version) })
      }
      return { writes, versions: changes.map((change) => versionAfter(change, version)) }
    },
    apply: (writes) => writes.forEach(apply),
    all: () => documents.values(),
  }
}

function holds(change: Change, current: Stored | null): boolean {
  return change.kind === 'create' ? current === null : current?.version === change.version
}

function nextOf(change: Change, current: Stored | null, version: string): Stored | null {
  if (change.kind === 'create') return { ref: change.ref, version, fields: change.fields }
  if (change.kind !== 'update') return null
  return { ref: change.ref, version, fields: Object.freeze({ ...current?.fields, ...change.fields }) }
}

function versionAfter(change: Change, version: string): string {
  if (change.kind === 'delete') return ''
  return change.kind === 'check' ? change.version : version
}

interface Located {
  readonly group: string
  readonly placed: Placed
}

function isSamePlace(from: Located, to: Located | null): boolean {
  return from.group === to?.group && comparePlaces(from.placed, to.placed) === 0
}

/** The documents that can be asked for in this order, apart for each value of its field. */
function index(order: Order, initial: Iterable<Stored>): Index {
  const { collection, field, isDescending } = order
  const groups = new Map<string, Sorted>()

  function locate(stored: Stored | null | undefined): Located | null {
    if (stored?.ref.collection !== collection) return null
    const group = stored.fields[field]
    const value = placeIn(order, stored.ref.id, stored.fields)
    if (typeof group !== 'string' || value === null) return null
    return { group, placed: { value, id: stored.ref.id, stored } }
  }

  const located = Array.from(initial, locate).filter((found) => found !== null)
  for (const [group, members] of Map.groupBy(located, (found) => found.group))
    groups.set(
      group,
      sorted(
        members.map(({ placed }) => placed),
        isDescending,
      ),
    )

  return {
    replace: (last, next) => {
      const from = locate(last)
      const to = locate(next)
      if (from !== null && !isSamePlace(from, to)) groups.get(from.group)?.remove(from.placed)
      if (to === null) return
      const group = groups.get(to.group) ?? sorted([], isDescending)
      groups.set(to.group, group)
      group.put(to.placed)
    },
    query: ({ equals, after, upTo, limit }) => groups.get(equals)?.slice(after, upTo, limit) ?? [],
  }
}
