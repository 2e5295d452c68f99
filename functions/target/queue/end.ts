import type { Clock } from '../../clock.ts'
import type { Change, Documents, Fields, Stored } from '../../store/documents.ts'
import type { QueueShape } from '../queue.ts'
import type { Held, Hold } from './hold.ts'
import { isSameClaim, leaseOf } from './lease.ts'

/** How an item ended. `back`: it is put back into the queue, its round goes on; `counts`: its attempt was one. */
export type End =
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'failed'; readonly error: string }
  | { readonly kind: 'back'; readonly error: string | null; readonly counts: boolean }

/** What became of it. `lost`: it is somebody else's. `unsettled`: nothing could be written; it is taken over in time. */
export type Fate = 'settled' | 'lost' | 'unsettled'

/** What ending items needs. */
export interface Ending {
  readonly documents: Documents
  readonly clock: Clock
  readonly queue: QueueShape
  readonly hold: Hold
}

const MOST_COMMITS = 10
/** In ms. */
const LONGEST_PAUSE = 2_000

/** Ends items one group after the other: those that end while a group is written make the next. */
export class Ender {
  readonly #ending: Ending
  readonly #told: (id: string, end: End, fate: Fate) => void
  #waiting: (readonly [id: string, end: End])[] = []
  #writing: Promise<void> | null = null

  /** `told` hears of each what became of it. */
  constructor(ending: Ending, told: (id: string, end: End, fate: Fate) => void) {
    this.#ending = ending
    this.#told = told
  }

  add(id: string, end: End): void {
    this.#waiting.push([id, end])
    this.#writing ??= this.#drain()
  }

  /** Resolves when all that was added is written. Never rejects. */
  async idle(): Promise<void> {
    await this.#writing
  }

  async #drain(): Promise<void> {
    // Items that end in one turn of the event loop share the first write, too.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const group = new Map(this.#waiting.splice(0))
      const fates = await endItems(this.#ending, group)
      for (const [id, end] of group) this.#told(id, end, fates.get(id) ?? 'lost')
    }
    this.#writing = null
  }
}

async function endItems(
  ending: Ending,
  ends: ReadonlyMap<string, End>,
  most = MOST_COMMITS,
): Promise<ReadonlyMap<string, Fate>> {
  const fates = new Map<string, Fate>()
  const stillOpen = () => [...ends.keys()].flatMap((id) => (fates.has(id) ? [] : (ending.hold.get(id) ?? [])))
  for (let commits = 0; commits < most; commits++) {
    const open = stillOpen()
    if (open.length === 0) return fates
    for (const id of await write(ending, open, ends, commits)) {
      fates.set(id, 'settled')
      ending.hold.drop(id)
    }
  }
  for (const { stored } of stillOpen()) {
    fates.set(stored.ref.id, 'unsettled')
    ending.hold.drop(stored.ref.id)
  }
  return fates
}

/** Writes the ends of these items together; answers which of them stand now. */
async function write(
  { documents, clock, queue, hold }: Ending,
  open: readonly Held[],
  ends: ReadonlyMap<string, End>,
  commits: number,
): Promise<readonly string[]> {
  const changes = open.map((held) => changeOf(queue, hold, held, ends.get(held.stored.ref.id) ?? BACK))
  // What no store takes (an error text that makes a document too large) is a refusal like any other: it is tried alone.
  const groups = commits > MOST_COMMITS / 2 ? changes.map((change) => [change]) : [changes]
  const outcomes = await Promise.all(
    groups.map(async (group) => {
      const { outcome } = await documents.commit(group).catch(() => ({ outcome: 'conflict' as const }))
      return outcome
    }),
  )
  if (outcomes.every((outcome) => outcome === 'done')) return open.map(({ stored }) => stored.ref.id)
  if (!outcomes.includes('conflict')) await clock.sleep(Math.min(LONGEST_PAUSE, 100 * 2 ** commits))
  const read = await documents.get(open.map(({ stored }) => stored.ref)).catch(() => null)
  if (read === null) return []
  return open.flatMap((held, n) => {
    if (hasLanded(queue, held, read.value[n] ?? null)) return [held.stored.ref.id]
    hold.see(held.stored.ref.id, read.value[n] ?? null)
    return []
  })
}

const BACK: End = { kind: 'back', error: null, counts: false }

/** The claim is ours and no longer held: only the reply was lost. */
function hasLanded(queue: QueueShape, { lease }: Held, stored: Stored | null): boolean {
  const found = stored === null ? null : leaseOf(queue, stored.fields)
  return found !== null && found.state !== 'held' && isSameClaim(lease, found)
}

function changeOf(queue: QueueShape, hold: Hold, held: Held, end: End): Change {
  const {
    stored: { ref, version },
    lease,
  } = held
  const state = end.kind === 'back' ? 'back' : 'done'
  const attempt = end.kind === 'back' && !end.counts ? lease.attempt - 1 : lease.attempt
  const fields = { ...endFields(queue, end), ...hold.leased(held, { state, attempt }) }
  return { kind: 'update', ref, version, fields }
}

function endFields({ status_field, error_field, statuses }: QueueShape, end: End): Fields {
  if (end.kind === 'succeeded') return { [status_field]: statuses.complete, [error_field]: null }
  if (end.kind === 'failed') return { [status_field]: statuses.error, [error_field]: end.error }
  return { [status_field]: statuses.queued, ...(end.error !== null && { [error_field]: end.error }) }
}
