import { z } from 'zod'
import type { JobDefinition } from '../../../target/handler.ts'
import { defineQueue } from '../../../target/queue.ts'
import type { Api } from '../api.ts'
import { deliver } from './desk.ts'

/** Every minute, up to three runs side by side: fifty pending domains each. */
export function processPendingDomains(desk: Api): JobDefinition {
  return defineQueue({
    name: 'process-pending-domains',
    description: 'Looks pending domains up',
    lane: 'low',
    schedule: '@every 60s',
    collection: 'domains',
    status_field: 'processing_status',
    error_field: 'processing_error',
    batch: 50,
    concurrency: 10,
    policies: { max_instances: 3, catchup_window_seconds: 60 },
    item: z.object({ domain: z.string().min(1).max(253) }),
    process: (item) => deliver(desk, 'process', item, { domain: item.data.domain }),
  })
}
