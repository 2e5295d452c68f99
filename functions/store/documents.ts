/**
 * The port to the store. It is low on purpose: the protocol above it (`lease/`) is written, simulated and read once,
 * and an adapter is short. Every adapter passes `test/contract/documents.ts`.
 */

/** The collections, by the names under which they are stored. */
export type Collection =
  | 'scheduler_jobs'
  | 'scheduler_runs'
  | 'scheduler_ticks'
  | 'scheduler_effects'
  | 'scheduler_audit'
  | 'scheduler_shadow_jobs'
  | 'scheduler_shadow_runs'
  | 'scheduler_shadow_ticks'
  | 'scheduler_shadow_effects'
  | 'scheduler_shadow_marks'

declare const FOREIGN: unique symbol

/** A collection that is not ours: the documents of a queue stand in one. `foreign` makes it of a name. */
export type Foreign = string & { readonly [FOREIGN]: true }

/** Where a document stands. An id is 1 to 1,000 bytes of UTF-8, holds no `/`, is neither `.` nor `..` and not `__so__`. */
export interface Ref {
  readonly collection: Collection | Foreign
  readonly id: string
}

/**
 * A document's fields: JSON values, no `undefined`, no array directly in an array, at most 20 levels and about 1 MiB; a
 * name is 1 to 1,500 bytes and not `__so__`. An instant is a number of milliseconds since 1970 under a name that
 * `isInstant` knows, so that an adapter can store it as its own time type. Half a surrogate pair in a text is stored as
 * U+FFFD. What is read is not to be modified.
 */
export type Fields = { readonly [name: string]: unknown }

/** A document as it was read or written, with the version that the next conditional write needs. */
export interface Stored<T = Fields> {
  readonly ref: Ref
  readonly version: string
  readonly fields: T
}

/**
 * One conditional change. `update` writes the fields given and leaves the others alone (a hand-added field survives);
 * `check` writes nothing, and holds the whole commit to the version named. An `update` that changes no value may leave
 * the version as it was.
 */
export type Change =
  | { readonly kind: 'create'; readonly ref: Ref; readonly fields: Fields }
  | { readonly kind: 'update'; readonly ref: Ref; readonly version: string; readonly fields: Fields }
  | { readonly kind: 'delete'; readonly ref: Ref; readonly version: string }
  | { readonly kind: 'check'; readonly ref: Ref; readonly version: string }

/** A value with the store's own time (milliseconds) at which it was true. */
export interface Answer<T> {
  readonly value: T
  readonly time: number
}

/**
 * How a commit ended. `conflict`: a condition did not hold, nothing was written (or, after the client's own retry of
 * a lost reply, everything was: read back). `unknown`: the reply was lost, all or nothing was written. `unreachable`:
 * nothing was written.
 */
export type Committed =
  | { readonly outcome: 'done'; readonly time: number; readonly versions: readonly string[] }
  | { readonly outcome: 'conflict' | 'unknown' | 'unreachable'; readonly reason: string }

/** One kind of query: the documents whose field `equals` has a value, in the order of the field `order`. */
export interface Shape {
  readonly collection: Collection
  readonly equals: string
  readonly order: string
  /** Left out: ascending. */
  readonly direction?: 'descending'
}

/** The shapes of query that the code may issue; nothing else can be asked, so the declared indexes can be checked. */
export const SHAPES = {
  due: { collection: 'scheduler_jobs', equals: 'lane', order: 'claimable_at' },
  jobs: { collection: 'scheduler_jobs', equals: 'kind', order: 'name' },
  standing: { collection: 'scheduler_jobs', equals: 'standing', order: 'name' },
  changed: { collection: 'scheduler_jobs', equals: 'lane', order: 'defined_at' },
  runs: { collection: 'scheduler_runs', equals: 'lane', order: 'scheduled_for' },
  effects: { collection: 'scheduler_effects', equals: 'run', order: 'started_at' },
  ticks: { collection: 'scheduler_ticks', equals: 'lane', order: 'started_at' },
  audit: { collection: 'scheduler_audit', equals: 'action', order: 'at' },
  shadow_due: { collection: 'scheduler_shadow_jobs', equals: 'lane', order: 'claimable_at' },
  shadow_runs: { collection: 'scheduler_shadow_runs', equals: 'lane', order: 'scheduled_for' },
  history: {
    collection: 'scheduler_runs',
    equals: 'job',
    order: 'listed_at',
    direction: 'descending',
  },
  performed: {
    collection: 'scheduler_runs',
    equals: 'performed_job',
    order: 'listed_at',
    direction: 'descending',
  },
  recent_runs: {
    collection: 'scheduler_runs',
    equals: 'lane',
    order: 'scheduled_for',
    direction: 'descending',
  },
  recent_ticks: {
    collection: 'scheduler_ticks',
    equals: 'lane',
    order: 'started_at',
    direction: 'descending',
  },
  audit_of: { collection: 'scheduler_audit', equals: 'subject', order: 'at', direction: 'descending' },
} as const satisfies Record<string, Shape>

/** The names of the shapes. */
export const SHAPE_NAMES = Object.keys(SHAPES).filter((name): name is keyof typeof SHAPES => name in SHAPES)

/** A place in an ordered answer: the order field's value and the id of the last document seen. */
export interface Cursor {
  readonly value: number | string
  readonly id: string
}

/**
 * A bounded, ordered query. The order field is an instant where `isInstant` knows its name, else a text; a document
 * that has anything else there (null, nothing, another type) is never in the answer.
 */
export interface Query {
  readonly shape: keyof typeof SHAPES
  /** The value that the shape's `equals` field must have. */
  readonly equals: string
  /** Inclusive upper bound, for an order field that is an instant. */
  readonly upTo?: number
  /** Only what comes after this place, in the order of the shape. */
  readonly after?: Cursor
  /** 1 to 1,000. */
  readonly limit: number
}

/**
 * A bounded, ordered query of a collection that is not ours. A document that has anything but a text in `field`, or
 * anything but an instant in `order`, is never in the answer.
 */
export interface Selection {
  readonly collection: Foreign
  readonly field: string
  /** The value that `field` must have. */
  readonly equals: string
  /** A field that holds an instant. Left out: in the order of ids. On Firestore it needs an index of both fields. */
  readonly order?: string
  /** Only what comes after this place; without an `order` its value is the id again. */
  readonly after?: Cursor
  /** 1 to 1,000. */
  readonly limit: number
}

/** The most changes of one commit. */
export const MOST_CHANGES = 500

/**
 * The store. Reads reject with `TickoverError('store_unreachable')`; commits answer with a value. A request that no store
 * could take rejects with `TickoverError('bad_request')`. Of two calls, the one made after the other had ended never answers an
 * earlier time.
 */
export interface Documents {
  /** The documents named, in that order, null where there is none. 1 to 1,000. */
  get(refs: readonly Ref[]): Promise<Answer<readonly (Stored | null)[]>>
  /** The documents that match, in the direction of the shape by its order field, then by id; a selection's ascending. */
  query(query: Query | Selection): Promise<Answer<readonly Stored[]>>
  /**
   * All of the changes or none. `versions` are in the order of the changes (for `check` the version checked, for
   * `delete` empty). 1 to `MOST_CHANGES`, each of a document of its own, at most 9 MiB together.
   */
  commit(changes: readonly Change[]): Promise<Committed>
  /** Lets go of connections, files and locks; what was committed stays. */
  close(): Promise<void>
}

/** Is this the name of a field that holds an instant? Names say it: `at`, `until`, `scheduled_for`, `..._at`, `..._until`, `..._since`. */
export function isInstant(name: string): boolean {
  return name === 'at' || name === 'until' || name === 'scheduled_for' || /_(at|until|since)$/.test(name)
}
