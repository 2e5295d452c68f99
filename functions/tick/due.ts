import type { Cursor, Documents, Stored } from '../store/documents.ts'
import type { Claimant } from './claimant.ts'

/** What one look at a lane found, of the jobs that the claimant may have. */
export interface Found {
  /** Claimable now or until the look's bound, in the order of their instants. */
  readonly jobs: readonly Stored[]
  /** How many documents were read, those of other hands too. */
  readonly read: number
  /** The store's time at the first answer, ms. */
  readonly now: number
}

/** The most jobs that one query reads, and the most queries of one look. */
const MOST_READ = 1_000
const MOST_PAGES = 10

/** What page after page is read with, once the first was full of other hands' jobs. */
const PAGE = 200

/**
 * The first `most` jobs of a lane that become claimable up to `upTo` (store's time, ms) and that the claimant may have:
 * jobs of other hands are paged over, as far as 10 pages go.
 */
export async function findDue(
  documents: Documents,
  claimant: Pick<Claimant, 'mayClaim'>,
  { lane, upTo, most }: { readonly lane: string; readonly upTo: number; readonly most: number },
): Promise<Found> {
  const jobs: Stored[] = []
  let read = 0
  let now: number | null = null
  let after: Cursor | null = null
  for (let page = 0; page < MOST_PAGES; page++) {
    const limit = Math.min(MOST_READ, page === 0 ? most : PAGE)
    const asked = { shape: 'due', equals: lane, upTo, limit } as const
    const answer = await documents.query(after === null ? asked : { ...asked, after })
    now ??= answer.time
    read += answer.value.length
    for (const job of answer.value) if (claimant.mayClaim(job, now)) jobs.push(job)
    const last = answer.value.at(-1)
    if (last === undefined || answer.value.length < limit || jobs.length >= most) break
    after = { value: claimableOf(last), id: last.ref.id }
  }
  return { jobs: jobs.slice(0, most), read, now: now ?? 0 }
}

/** When a job that was found becomes claimable, ms. */
export function claimableOf(stored: Stored): number {
  return Number(stored.fields.claimable_at)
}
