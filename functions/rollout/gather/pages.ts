import type { Cursor, Documents, Query, Stored } from '../../store/documents.ts'
import { placeOf } from '../../store/order.ts'

const PAGE = 1_000
const MOST = 100_000

/** What one gathering may still read; `cut` says that it was not enough. */
export interface Allowance {
  left: number
  cut: boolean
}

/** 100,000 documents, for all that share it. */
export function allowance(): Allowance {
  return { left: MOST, cut: false }
}

/** The last place in the millisecond before: what ids are made of comes before `~`. */
function justBefore(instant: number): Cursor {
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
  let query: Query = { ...asked, limit: PAGE, ...(upTo !== null && { upTo }) }
  if (from !== null) query = { ...query, after: justBefore(from) }
  for (;;) {
    if (allowed.left <= 0) {
      allowed.cut = true
      return
    }
    const { value: page } = await documents.query(query)
    allowed.left -= page.length
    yield page
    const last = page.at(-1)
    const value = last === undefined ? null : placeOf(asked.shape, last.fields)
    if (last === undefined || value === null || page.length < PAGE) return
    query = { ...query, after: { value, id: last.ref.id } }
  }
}
