import { z } from 'zod'

/** An instant as it is answered. */
export const instant = z.iso.datetime()

/** How many of something. */
export const count = z.int().min(0)

/** A rate of 0 to 1; null of none. */
export const rate = z.number().min(0).max(1).nullable()

export const PATH = z.enum(['legacy', 'tick'])

/** Why an occurrence was not performed. */
export const SKIP_REASON = z.enum(['overlap', 'expired', 'coalesced', 'paused'])

/** When a job falls due. */
export const SCHEDULE = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('cron'), expression: z.string(), time_zone: z.string() }),
  z.object({ kind: z.literal('every'), seconds: z.number(), anchor_at: instant }),
  z.object({ kind: z.literal('at'), at: instant }),
])

/** Where the next page begins; null after the last one. */
export const next_cursor = z.string().nullable()

/** How many items a run worked off. */
export const ITEMS = z.object({ processed: count, succeeded: count, failed: count })
