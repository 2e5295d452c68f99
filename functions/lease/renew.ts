import { isHeldBy } from '../job/job.ts'
import { hear } from '../job/lifecycle.ts'
import { toFields } from '../job/stored.ts'
import type { Documents } from '../store/documents.ts'
import { type Copies, type Held, lookAgain } from './held.ts'

/** Conflicts with other writers that one renewal answers by reading again. */
const MOST_COMMITS = 10

/** `renewed`: held until the instant asked for. `lost`: it is not ours any more. `unreachable`: ask again soon. */
export type Renewal = 'renewed' | 'lost' | 'unreachable'

/** Prolongs the lease of a held attempt to `until` (ms, store's time). Updates `copies`. Never rejects for the store's sake. */
export async function renew(
  documents: Documents,
  held: Held,
  until: number,
  copies: Copies,
): Promise<Renewal> {
  for (let commits = 0; commits < MOST_COMMITS; commits++) {
    const stored = copies.get(held.job)
    if (stored === undefined || !isHeldBy(stored.fields, held.entry.run, held.entry.fence)) return 'lost'
    const job = hear(stored.fields, held.entry.run, held.entry.fence, { kind: 'renew', until }, until)
    if (job === null) return 'lost'
    const { ref, version } = stored
    const committed = await documents.commit([{ kind: 'update', ref, version, fields: toFields(job) }])
    if (committed.outcome === 'done') {
      copies.set(held.job, { ref, version: committed.versions[0] ?? '', fields: job })
      return 'renewed'
    }
    if (committed.outcome === 'unreachable') return 'unreachable'
    if (!(await lookAgain(documents, copies, held.job))) return 'unreachable'
  }
  return 'unreachable'
}
