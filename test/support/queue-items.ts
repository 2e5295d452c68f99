import type { Change, Documents, Fields, Stored } from '../../functions/store/documents.ts'
import { foreign } from '../../functions/store/foreign.ts'

/** One of the six queues of a web directory, as its items stand in the store. */
export interface QueueOf {
  readonly job: string
  readonly collection: string
  readonly status_field: string
  readonly error_field: string
}

const queue = (job: string, collection: string, field: string): QueueOf => ({
  job,
  collection,
  status_field: `${field}_status`,
  error_field: `${field}_error`,
})

/** The first and the fourth have their items in common. */
export const QUEUES: readonly QueueOf[] = [
  queue('process-pending-domains', 'domains', 'processing'),
  queue('deep-scan-queue', 'places', 'deep_scan'),
  queue('domain-extraction-queue', 'local_businesses', 'domain_extraction'),
  queue('domain-sitemap-submission', 'domains', 'sitemap_submission'),
  queue('sitemap-import', 'sitemap_files', 'sitemap_import'),
  queue('page-curation', 'pages', 'page_processing'),
]

const FIELDS: Readonly<Record<string, (n: number) => Fields>> = {
  domains: (n) => ({
    domain: `d${n}.example`,
    processing_status: 'Queued',
    sitemap_submission_status: 'Queued',
  }),
  places: (n) => ({ name: `Place ${n}`, deep_scan_status: 'Queued' }),
  local_businesses: (n) => ({ website: `https://b${n}.example/`, domain_extraction_status: 'Queued' }),
  sitemap_files: (n) => ({ url: `https://s${n}.example/sitemap.xml`, sitemap_import_status: 'Queued' }),
  pages: (n) => ({ title: `Page ${n}`, page_processing_status: 'Queued' }),
}

/** Puts `count` documents of a collection into all of their queues. */
export async function fill(documents: Documents, collection: string, count: number): Promise<void> {
  const make = FIELDS[collection]
  if (make === undefined) throw new Error(`There is no collection ${collection}`)
  const changes = Array.from({ length: count }, (_, n): Change => {
    const id = `${collection}-${String(n).padStart(4, '0')}`
    return { kind: 'create', ref: { collection: foreign(collection), id }, fields: make(n) }
  })
  const { outcome } = await documents.commit(changes)
  if (outcome !== 'done') throw new Error(outcome)
}

/** The items of a queue that have this status. */
export async function itemsIn(
  documents: Documents,
  { collection, status_field: field }: QueueOf,
  status: string,
): Promise<readonly Stored[]> {
  const asked = { collection: foreign(collection), field, equals: status, limit: 1_000 }
  return (await documents.query(asked)).value
}

/** Is nothing queued or in work any more? */
export async function areEmpty(documents: Documents, queues: readonly QueueOf[] = QUEUES): Promise<boolean> {
  const open = await Promise.all(
    queues.flatMap((one) => ['Queued', 'Processing'].map((status) => itemsIn(documents, one, status))),
  )
  return open.every((items) => items.length === 0)
}
