import { z } from 'zod'
import type { TickReport } from '../../tick/report.ts'
import { count, instant, PATH } from './parts.ts'

const ms = z.number()

const METRICS = z.object({
  lane: z.string(),
  stage: count,
  path: PATH,
  revision: z.string(),
  jobs_checked: count,
  jobs_due: count,
  jobs_executed: count,
  jobs_succeeded: count,
  jobs_failed: count,
  jobs_skipped: count,
  leases_lost: count,
  duplicates_suppressed: count,
  jobs_damaged: count,
  claims_lost: count,
  duplicates: count,
  effects_repeated: count,
  lateness_p50_ms: ms.nullable(),
  lateness_p95_ms: ms.nullable(),
  lateness_p99_ms: ms.nullable(),
  store_calls: count,
  store_reads: count,
  store_writes: count,
  store_errors: count,
  store_ms: ms,
  event_loop_delay_ms: ms,
  duration_ms: ms,
}) satisfies z.ZodType<TickReport>

/** How a tick ended, and what it did. */
export const TICK_REPORT = z.object({
  status: z.enum(['ok', 'clock_skew', 'stopping']),
  timestamp: instant,
  trace_id: z.string(),
  metrics: METRICS,
})

/** Anyone reads the status; viewers the rest. */
export const HEALTH = z.object({
  status: z.literal('ok'),
  environment: z.enum(['local', 'qa', 'production']).optional(),
  stage: count.optional(),
  storage: z.enum(['json', 'firestore']).optional(),
  overdue_jobs: count.optional(),
  overdue_jobs_is_at_least: z.boolean().optional(),
  warnings: z.array(z.string()).optional(),
  caller: z.object({ name: z.string(), may_operate: z.boolean() }).optional(),
})
