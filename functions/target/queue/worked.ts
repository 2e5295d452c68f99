import { JobFailure } from '../failure.ts'
import type { ItemCount } from '../handler.ts'
import type { End, Fate } from './end.ts'

/** What became of a batch, counted as it goes. */
export class Worked {
  readonly #items: ItemCount
  readonly #counts: Record<'taken' | 'succeeded' | 'failed' | 'given_back' | 'lost', number>
  #troubled: number
  #first: string | null = null

  /** `spent` items were ended without being worked, since they had used up their attempts. */
  constructor(items: ItemCount, taken: number, spent: number) {
    this.#items = items
    this.#counts = { taken, succeeded: 0, failed: spent, given_back: 0, lost: 0 }
    this.#troubled = 0
    items.processed += spent
    items.failed += spent
  }

  tell(id: string, end: End, fate: Fate): void {
    if (fate !== 'settled') this.#counts.lost++
    else if (end.kind === 'back') this.#counts.given_back++
    else {
      this.#counts[end.kind]++
      this.#items[end.kind]++
      this.#items.processed++
    }
    if (fate !== 'settled' || end.kind === 'succeeded' || end.error === null) return
    this.#troubled++
    this.#first ??= `${id}: ${end.error}`
  }

  /** The counts; throws when every item failed. */
  result(): Readonly<Record<string, number>> {
    const { taken } = this.#counts
    if (taken > 0 && this.#troubled === taken)
      throw new JobFailure(`All ${taken} items failed. ${this.#first}`, { retryable: false })
    return { ...this.#counts }
  }
}
