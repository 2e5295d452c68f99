import { z } from 'zod'
import { defineJob, type JobDefinition } from '../../../target/handler.ts'
import type { Api } from '../api.ts'
import { kept, routes, vehicles } from './city.ts'

/** Every 5 seconds: tells the displays at the stops how late each route is. */
export function routeBroadcast(city: Api): JobDefinition {
  return defineJob({
    name: 'route-broadcast',
    description: 'Tells the displays at the stops how late each route is',
    lane: 'high',
    schedule: { every_seconds: 5 },
    payload: z.strictObject({}),
    // The next one is so near that trying this one again would only be in its way.
    policies: { timeout_seconds: 10, max_attempts: 1 },
    async run(ctx) {
      // Routes hardly ever change: one answer serves all runs of this process for a while.
      const known = await ctx.cache('routes', () => city.get('/routes', routes, ctx.signal))
      const moving = await city.get('/vehicles', vehicles, ctx.signal)
      const board = known.map(({ id, name }) => {
        const delays = moving.filter(({ route }) => route === id).map((vehicle) => vehicle.delay_seconds)
        return { route: name, worst_delay_seconds: Math.max(0, ...delays) }
      })
      const { id } = await ctx.effect('broadcast', { board }, (key) =>
        city.post('/broadcasts', { board }, kept, { key, signal: ctx.signal }),
      )
      return { broadcast: id, routes: board.length }
    },
  })
}
