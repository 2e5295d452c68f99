import type { JobDefinition } from '../../../target/handler.ts'
import { connect, type Place } from '../api.ts'
import { deepScanQueue } from './deep-scan-queue.ts'
import { domainExtractionQueue } from './domain-extraction-queue.ts'
import { domainSitemapSubmission } from './domain-sitemap-submission.ts'
import { pageCuration } from './page-curation.ts'
import { processPendingDomains } from './process-pending-domains.ts'
import { sitemapImport } from './sitemap-import.ts'

/** A web directory: documents that go from queue to queue by their status, each queue at its own pace. */
export function queueJobs(place: Place): readonly JobDefinition[] {
  const desk = connect(place)
  return [
    processPendingDomains(desk),
    deepScanQueue(desk),
    domainExtractionQueue(desk),
    domainSitemapSubmission(desk),
    sitemapImport(desk),
    pageCuration(desk),
  ]
}
