import { z } from 'zod'
import type { JobDefinition } from '../../../target/handler.ts'
import { defineQueue } from '../../../target/queue.ts'
import type { Api } from '../api.ts'
import { deliver } from './desk.ts'

/** Every five minutes: ten places, two to five seconds each. */
export function deepScanQueue(desk: Api): JobDefinition {
  return defineQueue({
    name: 'deep-scan-queue',
    description: 'Scans places in depth',
    lane: 'low',
    schedule: '@every 300s',
    collection: 'places',
    status_field: 'deep_scan_status',
    error_field: 'deep_scan_error',
    batch: 10,
    concurrency: 2,
    policies: { catchup_window_seconds: 60 },
    item: z.object({ name: z.string().min(1).max(500) }),
    process: (item) => deliver(desk, 'deep-scan', item, { name: item.data.name }),
  })
}
