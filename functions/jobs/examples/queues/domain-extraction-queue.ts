import { z } from 'zod'
import type { JobDefinition } from '../../../target/handler.ts'
import { defineQueue } from '../../../target/queue.ts'
import type { Api } from '../api.ts'
import { deliver } from './desk.ts'

/** Every two minutes: the domains of twenty businesses, a second or two each. */
export function domainExtractionQueue(desk: Api): JobDefinition {
  return defineQueue({
    name: 'domain-extraction-queue',
    description: 'Finds the domain on a business’s website',
    lane: 'low',
    schedule: '@every 120s',
    collection: 'local_businesses',
    status_field: 'domain_extraction_status',
    error_field: 'domain_extraction_error',
    batch: 20,
    concurrency: 4,
    policies: { catchup_window_seconds: 60 },
    item: z.object({ website: z.url().max(2000) }),
    process: (item) => deliver(desk, 'extract', item, { domain: new URL(item.data.website).hostname }),
  })
}
