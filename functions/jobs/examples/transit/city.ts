import { z } from 'zod'

/** What the city's API answers. */
export const routes = z.array(z.object({ id: z.string(), name: z.string() })).max(1000)
export const vehicles = z
  .array(z.object({ id: z.string(), route: z.string(), delay_seconds: z.number() }))
  .max(10_000)
export const weather = z.object({ temperature: z.number(), condition: z.string() })
export const arrival = z.object({
  id: z.string(),
  vehicle: z.string(),
  route: z.string(),
  stop: z.string(),
  at: z.iso.datetime(),
})
export const arrivals = z.array(arrival).max(10_000)
export const scores = z.array(z.object({ score: z.number() })).max(10_000)
export const kept = z.object({ id: z.string() })

export type Arrival = z.infer<typeof arrival>
