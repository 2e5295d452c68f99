import { z } from 'zod'
import { count } from './parts.ts'

export const REGISTERED = z.object({ success: z.literal(true), message: z.string() })

export const DONE = z.object({ message: z.string() })

/** How a run that was asked for ended: its first attempt. */
export const RUN_RESULT = z.object({
  message: z.string(),
  result: z.object({
    success: z.boolean(),
    itemsProcessed: count,
    itemsSucceeded: count,
    itemsFailed: count,
    error: z.string().nullable(),
    metadata: z.unknown(),
  }),
  run: z.string(),
})

/** It goes on: its end is in the job's history. */
export const RUN_GOES_ON = z.object({ message: z.string(), run: z.string() })

export const CRON_CHANGED = z.object({ message: z.string(), cronExpression: z.string() })

export const RELEASED = z.object({ message: z.string(), runs: z.array(z.string()) })

export const BACKFILLED = z.object({ message: z.string(), job: z.string(), occurrences: count })

export const COMPLETED = z.object({ run: z.string(), status: z.enum(['succeeded', 'failed', 'retry']) })
