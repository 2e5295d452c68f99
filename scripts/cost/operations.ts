/** Operations of the store, in the units of its bill. A checked version is billed as a write; `expiring` is what TTL deletes later. */
export interface Operations {
  readonly read: number
  readonly written: number
  readonly checked: number
  readonly expiring: number
}

/**
 * What the parts of the work cost, as measured over the counted store: `test/unit/cost/operations.test.ts` runs each for
 * real, and fails when one of them has changed. Reads of looks at a lane depend on what is in sight; see `looks.ts`.
 */
export const OPERATIONS = {
  /** A tick, beside its looks: its own record. */
  tick: { read: 0, written: 1, checked: 0, expiring: 1 },
  /** A run, of a handler or an HTTP target: the job and the run's record, at the claim and at the settle. */
  run: { read: 0, written: 4, checked: 0, expiring: 1 },
  /** One effect of a run or of an item: `started` and `done`, each held to the version of who holds. */
  effect: { read: 0, written: 2, checked: 2, expiring: 1 },
  /** A queue's run beside its items: it asks for what is in work, and finds none. */
  batch: { read: 1, written: 0, checked: 0, expiring: 0 },
  /** The question for what is queued, where it finds nothing. */
  empty_batch: { read: 1, written: 0, checked: 0, expiring: 0 },
  /** One item of a queue: taken and ended. */
  item: { read: 1, written: 2, checked: 0, expiring: 0 },
  /** A stretch of skipped occurrences: one record. */
  skip: { read: 0, written: 1, checked: 0, expiring: 1 },
  /** A lease that is renewed, once a third of its length. */
  renewal: { read: 0, written: 1, checked: 0, expiring: 0 },
  /** A claim lost to another tick of the lane: the job and the run's record are read back. */
  lost_claim: { read: 2, written: 0, checked: 0, expiring: 0 },
  /** What a shadow asks at each tick to follow the live jobs: how far it is, and what has changed. */
  follow: { read: 2, written: 0, checked: 0, expiring: 0 },
  /** A look at a lane in which nothing is due: of a pass of the loop, or of the watch. */
  look: { read: 1, written: 0, checked: 0, expiring: 0 },
  /** A one-off job, made through the API: its document and its audit entry; the audit is kept. */
  one_off: { read: 0, written: 2, checked: 0, expiring: 1 },
} as const satisfies Record<string, Operations>

const NOTHING: Operations = { read: 0, written: 0, checked: 0, expiring: 0 }

/** The parts of the work. */
export type Part = keyof typeof OPERATIONS

const PARTS = Object.keys(OPERATIONS).filter((name): name is Part => name in OPERATIONS)

/** So many times each of these, together. */
export function times(counts: Readonly<Partial<Record<Part, number>>>): Operations {
  return PARTS.reduce((sum, part) => plus(sum, OPERATIONS[part], counts[part] ?? 0), NOTHING)
}

/** Of both. */
export function plus(a: Operations, b: Operations, count = 1): Operations {
  return {
    read: a.read + count * b.read,
    written: a.written + count * b.written,
    checked: a.checked + count * b.checked,
    expiring: a.expiring + count * b.expiring,
  }
}
