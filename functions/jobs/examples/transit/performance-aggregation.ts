import { z } from 'zod'
import { defineJob, type JobDefinition } from '../../../target/handler.ts'
import type { Api } from '../api.ts'
import { kept, scores } from './city.ts'

/** At 01:00: the scores of the day in one report. */
export function performanceAggregation(city: Api): JobDefinition {
  return defineJob({
    name: 'performance-aggregation',
    description: 'Reports the average and the worst score of the day',
    lane: 'low',
    schedule: { cron: '0 1 * * *', time_zone: 'UTC' },
    payload: z.strictObject({}),
    async run(ctx) {
      const day = (await city.get('/scores', scores, ctx.signal)).map(({ score }) => score)
      const sum = day.reduce((total, score) => total + score, 0)
      const report = {
        kind: 'performance',
        scores: day.length,
        average: day.length === 0 ? null : Math.round(sum / day.length),
        worst: day.length === 0 ? null : Math.min(...day),
      }
      await ctx.effect('report', report, (key) =>
        city.post('/reports', report, kept, { key, signal: ctx.signal }),
      )
      return report
    },
  })
}
