import { z } from 'zod'
import { defineJob, type JobDefinition } from '../../../target/handler.ts'
import type { Api } from '../api.ts'
import { routes } from './city.ts'

const insight = z.object({ route: z.string(), usual_delay_seconds: z.number() })

/** At 02:00, an hour after the reports it draws on: asks for the insights of each route, so that riders find them ready. */
export function insightCacheWarming(city: Api): JobDefinition {
  return defineJob({
    name: 'insight-cache-warming',
    description: 'Asks for the insights of each route, so that riders find them ready',
    lane: 'low',
    schedule: { cron: '0 2 * * *', time_zone: 'UTC' },
    payload: z.strictObject({}),
    async run(ctx) {
      for (const { id } of await city.get('/routes', routes, ctx.signal)) {
        ctx.items.processed += 1
        try {
          await city.get(`/insights/${encodeURIComponent(id)}`, insight, ctx.signal)
          ctx.items.succeeded += 1
        } catch (error) {
          // One cold route is no reason to leave the others cold; a run that is to end, ends.
          ctx.signal.throwIfAborted()
          ctx.items.failed += 1
          ctx.log.warn(`Route ${id} stays cold`, { error: String(error) })
        }
      }
    },
  })
}
