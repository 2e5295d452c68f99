import { z } from 'zod'
import { defineJob, type JobDefinition } from '../../../target/handler.ts'
import type { Api } from '../api.ts'
import { kept, vehicles } from './city.ts'

/** A vehicle is punctual within this, in seconds. */
const TOLERANCE = 60

/** Every 30 seconds: the share of vehicles that are punctual, in percent. */
export function scoreTick(city: Api): JobDefinition {
  return defineJob({
    name: 'score-tick',
    description: 'Scores how punctual the vehicles are',
    lane: 'high',
    schedule: { every_seconds: 30 },
    payload: z.strictObject({}),
    policies: { timeout_seconds: 20, max_attempts: 1 },
    async run(ctx) {
      const moving = await city.get('/vehicles', vehicles, ctx.signal)
      const punctual = moving.filter(({ delay_seconds }) => Math.abs(delay_seconds) <= TOLERANCE)
      const score = moving.length === 0 ? 100 : Math.round((100 * punctual.length) / moving.length)
      const body = { score, at: ctx.scheduled_for.toISOString() }
      await ctx.effect('score', body, (key) => city.post('/scores', body, kept, { key, signal: ctx.signal }))
      return { score, vehicles: moving.length }
    },
  })
}
