import type { Documents, Query, Stored } from '../../store/documents.ts'
import { allowance, pages } from './pages.ts'

/** All that there is of the lanes from `since` (ms) to where the part before this one began. */
export interface Part {
  readonly since: number
  readonly found: readonly Stored[]
}

export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS
/** A day with more than this is read by shorter parts, and so is every day before it. */
const FULL_DAY = 5_000
const SHORT_MS = 3 * HOUR_MS

/**
 * What the lanes have from `first` to `until` (ms, both inclusive), newest part first, since a list can be read only from its
 * beginning and what counts most is at its end. Ends before `first` when 50,000 reads are spent: no part has a hole.
 */
export async function* backwards(
  documents: Documents,
  shape: Extract<Query['shape'], 'ticks' | 'runs'>,
  lanes: readonly string[],
  [first, until]: readonly [number, number],
): AsyncGenerator<Part> {
  const allowed = allowance()
  let step = DAY_MS
  for (let end = until; end >= first; ) {
    const since = Math.max(first, end - step + 1)
    const most = step === DAY_MS ? Math.min(FULL_DAY, allowed.left) : allowed.left
    const found = await all(documents, shape, lanes, [since, end], most)
    allowed.left -= found.reads
    if (found.cut && step === SHORT_MS) return
    if (found.cut) step = SHORT_MS
    else {
      yield { since, found: found.documents }
      end = since - 1
    }
  }
}

async function all(
  documents: Documents,
  shape: Query['shape'],
  lanes: readonly string[],
  between: readonly [number, number],
  most: number,
) {
  const allowed = allowance(most)
  const found: Stored[] = []
  for (const equals of lanes)
    for await (const page of pages(documents, { shape, equals }, between, allowed)) found.push(...page)
  return { documents: found, reads: most - allowed.left, cut: allowed.cut }
}
