import { z } from 'zod'
import { defineJob, type JobDefinition } from '../../../target/handler.ts'
import type { Api } from '../api.ts'
import { weather } from './city.ts'

/** On the hour, whatever else is running: the weather, which is kept as the run's result. */
export function weatherCollection(city: Api): JobDefinition {
  return defineJob({
    name: 'weather-collection',
    description: 'Keeps the weather of the hour',
    lane: 'low',
    schedule: { cron: '0 * * * *', time_zone: 'UTC' },
    payload: z.strictObject({}),
    policies: { timeout_seconds: 60 },
    run: (ctx) => city.get('/weather', weather, ctx.signal),
  })
}
