import { z } from 'zod'
import type { JobDefinition } from '../../../target/handler.ts'
import { defineQueue } from '../../../target/queue.ts'
import type { Api } from '../api.ts'
import { deliver } from './desk.ts'

/** Every minute: ten domains. They are items of another queue, too, by a status of its own. */
export function domainSitemapSubmission(desk: Api): JobDefinition {
  return defineQueue({
    name: 'domain-sitemap-submission',
    description: 'Submits the sitemaps of domains',
    lane: 'low',
    schedule: '@every 60s',
    collection: 'domains',
    status_field: 'sitemap_submission_status',
    error_field: 'sitemap_submission_error',
    batch: 10,
    concurrency: 5,
    policies: { catchup_window_seconds: 60 },
    item: z.object({ domain: z.string().min(1).max(253) }),
    process: (item) => deliver(desk, 'submit', item, { sitemap: `https://${item.data.domain}/sitemap.xml` }),
  })
}
