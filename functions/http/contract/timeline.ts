import { z } from 'zod'
import type { Row } from '../../admin/timeline.ts'
import { count, instant, SKIP_REASON } from './parts.ts'

const ROW = z.object({
  name: z.string(),
  displayName: z.string(),
  enabled: z.boolean(),
  every_seconds: z.number().nullable(),
  runs: z.array(
    z.object({
      id: z.string(),
      scheduled_for: instant,
      started_at: instant,
      finished_at: instant.nullable(),
      status: z.enum(['running', 'retry', 'completed', 'failed', 'cancelled']),
      lateness_ms: z.number(),
      is_late: z.boolean(),
      triggered_by: z.enum(['scheduler', 'manual', 'admin']),
      attempts: count,
    }),
  ),
  skips: z.array(z.object({ reason: SKIP_REASON, first_at: instant, last_at: instant, count })),
  missing: z.array(instant),
}) satisfies z.ZodType<Row>

/** What ran, was skipped and is missing in a lane's window. */
export const TIMELINE = z.object({
  lane: z.string(),
  lanes: z.array(z.string()),
  from: instant,
  to: instant,
  now: instant,
  jobs: z.array(ROW),
  complete_from: instant,
  skipped_jobs: count,
  left_out_jobs: count,
  truncated: z.boolean(),
})
