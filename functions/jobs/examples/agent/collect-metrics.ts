import { z } from 'zod'
import { defineJob, type JobDefinition } from '../../../target/handler.ts'
import type { Api } from '../api.ts'

const metrics = z.object({ posts: z.number(), views: z.number(), likes: z.number() })

/** A type of one-off jobs that only reads: what it returns is kept with the run. */
export function collectMetrics(network: Api): JobDefinition {
  return defineJob({
    name: 'collect_metrics',
    description: 'Keeps how a campaign does',
    lane: 'low',
    payload: z.strictObject({ campaign_id: z.string().min(1).max(100) }),
    policies: { timeout_seconds: 60 },
    run: (ctx) => network.get(`/metrics/${encodeURIComponent(ctx.payload.campaign_id)}`, metrics, ctx.signal),
  })
}
