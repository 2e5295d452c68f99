import type { Cursor, Stored } from './documents.ts'
import { comparePlaces } from './order.ts'

/** A document at its place in an order. */
export interface Placed extends Cursor {
  readonly stored: Stored
}

/** Documents in order: a change costs one binary search and one move of memory, an answer only what it holds. */
export interface Sorted {
  add(placed: Placed): void
  remove(place: Cursor): void
  /** At most `limit` documents after `after`, none beyond `upTo`. */
  slice(after: Cursor | undefined, upTo: number | undefined, limit: number): readonly Stored[]
}

/** Takes the documents in any order; sorts them once. */
export function sorted(initial: readonly Placed[]): Sorted {
  const all = initial.toSorted(comparePlaces)
  return {
    add: (placed) => {
      all.splice(firstNotBefore(all, placed), 0, placed)
    },
    remove: (place) => {
      all.splice(firstNotBefore(all, place), 1)
    },
    slice: (after, upTo, limit) => {
      const start = after === undefined ? 0 : firstAfter(all, after)
      const found = all.slice(start, start + limit)
      const beyond = upTo === undefined ? -1 : found.findIndex(({ value }) => Number(value) > upTo)
      return (beyond === -1 ? found : found.slice(0, beyond)).map(({ stored }) => stored)
    },
  }
}

function firstAfter(all: readonly Cursor[], place: Cursor): number {
  const n = firstNotBefore(all, place)
  const found = all[n]
  return found !== undefined && comparePlaces(found, place) === 0 ? n + 1 : n
}

function firstNotBefore(all: readonly Cursor[], place: Cursor): number {
  let low = 0
  let high = all.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const candidate = all[middle]
    if (candidate !== undefined && comparePlaces(candidate, place) < 0) low = middle + 1
    else high = middle
  }
  return low
}
