import type { Cursor, Documents, Query, Stored } from '../../store/documents.ts'
import { placeOf } from '../../store/order.ts'

const PAGE = 1_000
/** What is read of one kind of documents at most. */
const MOST = 50_000

/** What may still be read of one kind; `cut` says that there was more. */
export interface Allowance {
  left: number
  cut: boolean
}

/** So many reads. One that finds nothing counts as one, as the store's bill has it. */
export function allowance(left: number = MOST): Allowance {
  return { left, cut: false }
}

/** The last place in the millisecond before: what ids are made of comes before `~`. */
export function justBefore(instant: number): Cursor {
  return { value: instant - 1, id: '~' }
}

/**
 * The documents of a shape from one instant to another (ms, both inclusive; no first: from the beginning; null: all), a thousand
 * at a time. Ends early, and marks that, when the allowance is spent.
 */
export async function* pages(
  documents: Documents,
  asked: Pick<Query, 'shape' | 'equals'>,
  between: readonly [number | null, number] | null,
  allowed: Allowance,
): AsyncGenerator<readonly Stored[]> {
  const [from, upTo] = between ?? [null, null]
  let query: Omit<Query, 'limit'> = { ...asked, ...(upTo !== null && { upTo }) }
  if (from !== null) query = { ...query, after: justBefore(from) }
  for (;;) {
    const limit = Math.min(PAGE, allowed.left)
    if (limit <= 0) {
      allowed.cut = true
      return
    }
    const { value: page } = await documents.query({ ...query, limit })
    allowed.left -= Math.max(1, page.length)
    yield page
    const last = page.at(-1)
    const value = last === undefined ? null : placeOf(asked.shape, last.fields)
    if (last === undefined || value === null || page.length < limit) return
    query = { ...query, after: { value, id: last.ref.id } }
  }
}
