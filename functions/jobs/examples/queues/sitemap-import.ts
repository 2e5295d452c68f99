import { z } from 'zod'
import type { JobDefinition } from '../../../target/handler.ts'
import { defineQueue } from '../../../target/queue.ts'
import type { Api } from '../api.ts'
import { deliver } from './desk.ts'

/** Every minute: twenty sitemaps; a run that is up to half an hour late still counts. */
export function sitemapImport(desk: Api): JobDefinition {
  return defineQueue({
    name: 'sitemap-import',
    description: 'Imports sitemaps',
    lane: 'low',
    schedule: '@every 60s',
    collection: 'sitemap_files',
    status_field: 'sitemap_import_status',
    error_field: 'sitemap_import_error',
    batch: 20,
    concurrency: 5,
    policies: { catchup_window_seconds: 1800 },
    item: z.object({ url: z.url().max(2000) }),
    process: (item) => deliver(desk, 'import', item, { url: item.data.url }),
  })
}
