import type { Cursor, Stored } from './documents.ts'
import { comparePlaces } from './order.ts'

/** A document at its place in an order. */
export interface Placed extends Cursor {
  readonly stored: Stored
}

/** Documents in order. A change costs two binary searches and the move of at most one piece, an answer only what it holds. */
export interface Sorted {
  /** Puts the document at its place, instead of one that stands there. */
  put(placed: Placed): void
  remove(place: Cursor): void
  /** At most `limit` documents after `after`, none beyond `upTo`. */
  slice(after: Cursor | undefined, upTo: number | undefined, limit: number): readonly Stored[]
}

/** The list is kept in pieces, or the move behind each change would grow with its length. */
const PIECE = 256
type Piece = Placed[]

/** Takes the documents in any order; sorts them once. */
export function sorted(initial: readonly Placed[]): Sorted {
  const all = initial.toSorted(comparePlaces)
  const pieces: Piece[] = [all.splice(0, PIECE)]
  for (let n = 0; n < all.length; n += PIECE) pieces.push(all.slice(n, n + PIECE))

  /** The last piece that begins at or before the place, else the first one. */
  function pieceOf(place: Cursor): number {
    const n = countBefore(pieces, (piece) => piece[0] !== undefined && comparePlaces(piece[0], place) <= 0)
    return Math.max(0, n - 1)
  }

  return {
    put: (placed) => {
      const n = pieceOf(placed)
      const piece = pieces[n] ?? []
      const at = firstNotBefore(piece, placed)
      piece.splice(at, isAt(piece[at], placed) ? 1 : 0, placed)
      if (piece.length > 2 * PIECE) pieces.splice(n + 1, 0, piece.splice(PIECE))
    },
    remove: (place) => {
      const n = pieceOf(place)
      const piece = pieces[n] ?? []
      const at = firstNotBefore(piece, place)
      if (isAt(piece[at], place)) piece.splice(at, 1)
      if (piece.length === 0 && pieces.length > 1) pieces.splice(n, 1)
    },
    slice: (after, upTo, limit) => {
      const found: Stored[] = []
      for (const { value, stored } of entriesAfter(pieces, after === undefined ? 0 : pieceOf(after), after)) {
        if (found.length === limit || (upTo !== undefined && Number(value) > upTo)) break
        found.push(stored)
      }
      return found
    },
  }
}

function* entriesAfter(pieces: readonly Piece[], first: number, after: Cursor | undefined): Iterable<Placed> {
  for (let n = first; n < pieces.length; n += 1) {
    const piece = pieces[n] ?? []
    const start = after === undefined || n > first ? 0 : firstNotBefore(piece, after)
    for (const placed of piece.slice(start)) if (after === undefined || !isAt(placed, after)) yield placed
  }
}

function isAt(placed: Placed | undefined, place: Cursor): boolean {
  return placed !== undefined && comparePlaces(placed, place) === 0
}

function firstNotBefore(piece: readonly Cursor[], place: Cursor): number {
  return countBefore(piece, (candidate) => comparePlaces(candidate, place) < 0)
}

/** How many stand before the first that is not before; all that are come first. */
function countBefore<T>(all: readonly T[], isBefore: (candidate: T) => boolean): number {
  let low = 0
  let high = all.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const candidate = all[middle]
    if (candidate !== undefined && isBefore(candidate)) low = middle + 1
    else high = middle
  }
  return low
}
