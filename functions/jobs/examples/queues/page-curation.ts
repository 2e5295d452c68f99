import { z } from 'zod'
import type { JobDefinition } from '../../../target/handler.ts'
import { defineQueue } from '../../../target/queue.ts'
import type { Api } from '../api.ts'
import { deliver } from './desk.ts'

/** Every minute: ten pages. */
export function pageCuration(desk: Api): JobDefinition {
  return defineQueue({
    name: 'page-curation',
    description: 'Curates pages',
    lane: 'low',
    schedule: '@every 60s',
    collection: 'pages',
    status_field: 'page_processing_status',
    error_field: 'page_processing_error',
    batch: 10,
    concurrency: 5,
    item: z.object({ title: z.string().min(1).max(500) }),
    process: (item) => deliver(desk, 'curate', item, { title: item.data.title }),
  })
}
