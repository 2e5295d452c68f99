import { z } from 'zod'
import { count, instant, next_cursor, PATH } from './parts.ts'

/** The claim was granted: perform now. */
export const GRANTED = z.object({
  run: z.string(),
  job: z.string(),
  fence: count,
  attempt: count,
  scheduledFor: instant,
  leaseUntil: instant,
  payload: z.unknown(),
})

export const REPORTED = z.union([
  z.object({ leaseUntil: instant }),
  z.object({ status: z.enum(['succeeded', 'failed', 'retry']), nextAttemptAt: instant.nullable() }),
])

/** Which path has a job, and until when; null: until the flags change. */
export const OWNERSHIP = z.object({
  stage: count,
  jobs: z.array(z.object({ job: z.string(), path: PATH, until: instant.nullable() })),
  next_cursor: next_cursor.optional(),
})
