import type { Fields, Stored } from '../../store/documents.ts'
import type { QueueShape } from '../queue.ts'
import { type ItemLease, isSameClaim, leaseOf, withLease } from './lease.ts'

/** An item that this run holds, as last seen. */
export interface Held {
  readonly stored: Stored
  /** As the claim wrote it, but for `until`. */
  readonly lease: ItemLease
}

/** The items that one run holds. Every write of theirs is conditional on the versions kept here. */
export class Hold {
  readonly #queue: QueueShape
  readonly #items = new Map<string, Held>()
  readonly #lost: (id: string) => void

  /** `lost` is told of each item that turns out to be somebody else's. */
  constructor(queue: QueueShape, items: readonly Stored[], lost: (id: string) => void) {
    this.#queue = queue
    this.#lost = lost
    for (const stored of items) {
      const lease = leaseOf(queue, stored.fields)
      if (lease !== null) this.#items.set(stored.ref.id, { stored, lease })
    }
  }

  all(): readonly Held[] {
    return [...this.#items.values()]
  }

  get(id: string): Held | undefined {
    return this.#items.get(id)
  }

  /** What to write so that a held item's lease is changed like this. */
  leased({ stored, lease }: Held, change: Partial<ItemLease>): Fields {
    return withLease(this.#queue, stored.fields, { ...lease, ...change })
  }

  /** Takes in what was written under the version, unless the item has been let go of meanwhile. */
  wrote({ stored: { ref, fields } }: Held, version: string, written: Fields): void {
    if (this.#items.has(ref.id)) this.see(ref.id, { ref, version, fields: { ...fields, ...written } })
  }

  /** Takes in an item as it was read: another's, or one that its owner has moved on, is lost. */
  see(id: string, stored: Stored | null): void {
    const held = this.#items.get(id)
    if (held === undefined) return
    const lease = stored === null ? null : leaseOf(this.#queue, stored.fields)
    if (stored !== null && lease !== null && this.#isMine(held, stored, lease))
      this.#items.set(id, { stored, lease })
    else {
      this.drop(id)
      this.#lost(id)
    }
  }

  /** Lets go of an item that has ended. */
  drop(id: string): void {
    this.#items.delete(id)
  }

  #isMine({ lease }: Held, { fields }: Stored, found: ItemLease): boolean {
    const { status_field, statuses } = this.#queue
    return fields[status_field] === statuses.processing && found.state === 'held' && isSameClaim(lease, found)
  }
}
