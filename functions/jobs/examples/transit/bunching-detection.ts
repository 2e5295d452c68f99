import { z } from 'zod'
import { defineJob, type JobDefinition } from '../../../target/handler.ts'
import type { Api } from '../api.ts'
import { type Arrival, arrivals, kept } from './city.ts'

/** Two vehicles of one route at one stop within this are a bunch, in ms. */
const TOO_CLOSE = 120_000

/** At 01:00: where vehicles of one route came right behind each other. */
export function bunchingDetection(city: Api): JobDefinition {
  return defineJob({
    name: 'bunching-detection',
    description: 'Reports where vehicles of one route came right behind each other',
    lane: 'low',
    schedule: { cron: '0 1 * * *', time_zone: 'UTC' },
    payload: z.strictObject({}),
    async run(ctx) {
      const logged = await city.get('/arrivals', arrivals, ctx.signal)
      const bunches = bunchesOf(logged)
      const report = { kind: 'bunching', arrivals: logged.length, bunches: bunches.length }
      await ctx.effect('report', report, (key) =>
        city.post('/reports', report, kept, { key, signal: ctx.signal }),
      )
      return report
    },
  })
}

/** The arrivals that followed the one before, of another vehicle of the same route at the same stop, too closely. */
export function bunchesOf(logged: readonly Arrival[]): Arrival[] {
  const before = new Map<string, Arrival>()
  return logged
    .toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))
    .filter((one) => {
      const place = `${one.route} ${one.stop}`
      const last = before.get(place)
      before.set(place, one)
      const apart = last === undefined ? Infinity : Date.parse(one.at) - Date.parse(last.at)
      return last?.vehicle !== one.vehicle && apart < TOO_CLOSE
    })
}
