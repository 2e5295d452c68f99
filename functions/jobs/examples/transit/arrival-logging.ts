import { z } from 'zod'
import { defineJob, type JobDefinition } from '../../../target/handler.ts'
import type { Api } from '../api.ts'
import { arrival, kept } from './city.ts'

/**
 * Watches the stops for 10 to 15 minutes and logs each arrival as it comes. It is due every 2 minutes and never runs
 * twice at once: what falls due meanwhile is recorded as skipped. It holds up nothing else in its lane, and when the
 * process stops, its signal ends the feed, the run is given back, and another process goes on with it.
 */
export function arrivalLogging(city: Api): JobDefinition {
  return defineJob({
    name: 'arrival-logging',
    description: 'Logs the arrivals at the stops as they come',
    lane: 'high',
    schedule: { cron: '*/2 * * * *', time_zone: 'UTC' },
    payload: z.strictObject({ minutes: z.number().min(1).max(15) }),
    with: { minutes: 10 },
    policies: { max_instances: 1, overlap: 'skip', timeout_seconds: 16 * 60 },
    async run(ctx) {
      const { minutes } = ctx.payload
      ctx.log.info(`Watching the stops for ${minutes} minutes`)
      for await (const one of city.follow(`/arrivals/live?minutes=${minutes}`, arrival, ctx.signal)) {
        ctx.items.processed += 1
        await ctx.effect(`arrival ${one.id}`, one, (key) =>
          city.post('/arrivals', one, kept, { key, signal: ctx.signal }),
        )
        ctx.items.succeeded += 1
        ctx.log.info(`${one.vehicle} (${one.route}) arrived at ${one.stop}`, one)
      }
      return { arrivals: ctx.items.succeeded }
    },
  })
}
