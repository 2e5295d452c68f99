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
  /** At most `limit` documents that come after `after` in this order, none with a value beyond `upTo`. */
  slice(after: Cursor | undefined, upTo: number | undefined, limit: number): readonly Stored[]
}

/** The list is kept in pieces, or the move behind each change would grow with its length. */
const PIECE = 256
type Piece = Placed[]
type Compare = (a: Cursor, b: Cursor) => number

const backwards: Compare = (a, b) => comparePlaces(b, a)

/** Takes the documents in any order; sorts them once. */
export function sorted(initial: readonly Placed[], isDescending = false): Sorted {
  const compare = isDescending ? backwards : comparePlaces
  const all = initial.toSorted(compare)
  const pieces: Piece[] = [all.splice(0, PIECE)]
  for (let n = 0; n < all.length; n += PIECE) pieces.push(all.slice(n, n + PIECE))

  /** The last piece that begins with one of which `isBefore` is true, else the first piece. */
  function lastPiece(isBefore: (placed: Placed) => boolean): number {
    return Math.max(0, countBefore(pieces, ([first]) => first !== undefined && isBefore(first)) - 1)
  }

  /** The piece that the place belongs to, and where in it. */
  function find(place: Cursor): { n: number; piece: Piece; at: number } {
    const n = lastPiece((first) => compare(first, place) <= 0)
    const piece = pieces[n] ?? []
    return { n, piece, at: countBefore(piece, (one) => compare(one, place) < 0) }
  }

  return {
    put: (placed) => {
      const { n, piece, at } = find(placed)
      piece.splice(at, isAt(piece[at], placed) ? 1 : 0, placed)
      if (piece.length > 2 * PIECE) pieces.splice(n + 1, 0, piece.splice(PIECE))
    },
    remove: (place) => {
      const { n, piece, at } = find(place)
      if (isAt(piece[at], place)) piece.splice(at, 1)
      if (piece.length === 0 && pieces.length > 1) pieces.splice(n, 1)
    },
    slice: (after, upTo, limit) => {
      const isBeyond = ({ value }: Placed) => upTo !== undefined && Number(value) > upTo
      const isPassed = (one: Placed) =>
        (after !== undefined && compare(one, after) <= 0) || (isDescending && isBeyond(one))
      const found: Stored[] = []
      for (const placed of entriesFrom(pieces, lastPiece(isPassed), isPassed)) {
        if (found.length === limit || isBeyond(placed)) break
        found.push(placed.stored)
      }
      return found
    },
  }
}

/** All from the first that is not passed; those that are come first. */
function* entriesFrom(
  pieces: readonly Piece[],
  first: number,
  isPassed: (placed: Placed) => boolean,
): Iterable<Placed> {
  for (let n = first; n < pieces.length; n += 1) {
    const piece = pieces[n] ?? []
    for (let at = n === first ? countBefore(piece, isPassed) : 0; at < piece.length; at += 1) {
      const placed = piece[at]
      if (placed !== undefined) yield placed
    }
  }
}

function isAt(placed: Placed | undefined, place: Cursor): boolean {
  return placed !== undefined && comparePlaces(placed, place) === 0
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
