import { orderOf, placeIn } from './asked.ts'
import type { Cursor, Fields, Query } from './documents.ts'

/** Where the document stands in the order of the shape; null when it is never in its answers. */
export function placeOf(shape: Query['shape'], fields: Fields): number | string | null {
  return placeIn(orderOf(shape), '', fields)
}

/** The ascending order of answers: by value, then by id. Both values are of one type. */
export function comparePlaces(a: Cursor, b: Cursor): number {
  if (a.value === b.value) return compareText(a.id, b.id)
  if (typeof a.value === 'string' && typeof b.value === 'string') return compareText(a.value, b.value)
  return a.value < b.value ? -1 : 1
}

/**
 * Texts in the order of their UTF-8 bytes, as Firestore has them. `<` compares UTF-16 units, which differs only where
 * a surrogate meets one of U+E000 to U+FFFF.
 */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i += 1) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return isSurrogate(x) === isSurrogate(y) ? x - y : isSurrogate(x) ? 1 : -1
  }
  return a.length - b.length
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff
}
