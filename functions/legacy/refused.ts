import { recordAudit } from '../admin/audit.ts'
import { KEEP_MS } from '../job/stored.ts'
import type { Documents } from '../store/documents.ts'
import type { Holding } from './requests.ts'

/** How the audit names a report that came after its run was lost. */
export const REFUSED = 'legacy_report_refused'

/**
 * Records that an attempt performed although its run was lost: a duplicate, unless the other attempt failed. The same
 * report is recorded once, however often it is sent. `now` in ms. Rejects with `store_unreachable`.
 */
export async function recordRefused(
  documents: Documents,
  { run, fence, email }: Holding,
  now: number,
): Promise<void> {
  await recordAudit(documents, `${run} ${fence} ${REFUSED}`, {
    action: REFUSED,
    at: now,
    actor: email,
    subject: run,
    reason: `It performed under fence ${fence}, which does not hold the run.`,
    before: null,
    after: null,
    performed: true,
    expire_at: now + KEEP_MS,
  })
}
