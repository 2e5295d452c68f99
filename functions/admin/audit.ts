import { TickoverError } from '../errors.ts'
import type { Change, Documents, Fields } from '../store/documents.ts'

/** What somebody did here: who, what, to what, why, and how it stood before and after. It is never changed. */
export interface AuditEntry {
  readonly action: string
  /** By the store's time, ms. */
  readonly at: number
  /** An e-mail address, or `service:NAME`. */
  readonly actor: string
  /** A job or a run; what is neither begins with `service/`, which no name of a job does. */
  readonly subject: string
  readonly reason: string
  readonly before: Fields | null
  readonly after: Fields | null
}

/** The change that keeps an entry, for the commit that does what it tells. */
export function auditChange(id: string, entry: AuditEntry & Fields): Change {
  return { kind: 'create', ref: { collection: 'scheduler_audit', id }, fields: { ...entry } }
}

/**
 * Keeps an entry under an id of its own: the same id is the same entry, however often it is told. Rejects with
 * `store_unreachable`.
 */
export async function recordAudit(
  documents: Documents,
  id: string,
  entry: AuditEntry & Fields,
): Promise<void> {
  const { outcome } = await documents.commit([auditChange(id, entry)])
  if (outcome === 'done' || outcome === 'conflict') return
  throw new TickoverError('store_unreachable', 'It could not be recorded. Send it again as it was.')
}
