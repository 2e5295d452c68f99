import { z } from 'zod'
import { count, instant, next_cursor, PATH, SCHEDULE, SKIP_REASON } from './parts.ts'

const ATTEMPT = z.object({
  attempt: count,
  fence: count,
  owner: z.string(),
  path: PATH,
  started_at: instant,
  ended_at: instant.nullable(),
  outcome: z.enum(['succeeded', 'failed', 'lost', 'given_back']).nullable(),
  error: z.string().nullable(),
})

/** A run, by the names and statuses that older clients know; `state` is the status as it is stored. */
export const EXECUTION = z.object({
  id: z.string(),
  job_name: z.string(),
  job_type: z.string(),
  status: z.enum(['running', 'completed', 'failed']),
  started_at: instant,
  completed_at: instant.nullable(),
  duration_ms: z.number().nullable(),
  items_processed: count,
  items_succeeded: count,
  items_failed: count,
  error_message: z.string().nullable(),
  metadata: z.unknown(),
  triggered_by: z.enum(['scheduler', 'manual', 'admin']),
  triggered_by_user: z.string().nullable(),
  state: z.enum(['running', 'retry', 'succeeded', 'failed', 'cancelled']),
  scheduled_for: instant,
  lateness_ms: z.number(),
  path: PATH.nullable(),
  attempts: z.array(ATTEMPT),
})

/** Occurrences that follow each other and were skipped for one reason. */
export const SKIPPED = z.object({
  id: z.string(),
  job_name: z.string(),
  status: z.literal('skipped'),
  reason: SKIP_REASON,
  first_at: instant,
  last_at: instant,
  count,
})

/** A run whose record cannot be read, and why. */
const UNREADABLE = z.object({
  id: z.string(),
  job_name: z.string().nullable(),
  status: z.literal('failed'),
  error_message: z.string(),
})

export const HISTORY = z.object({
  executions: z.array(z.union([EXECUTION, SKIPPED, UNREADABLE])),
  pagination: z.object({ limit: count, offset: count, total: count, hasMore: z.boolean(), next_cursor }),
})

export const STATS = z.object({
  stats: z.object({
    total_executions: count,
    successful_executions: count,
    failed_executions: count,
    avg_duration_ms: z.number(),
    total_items_processed: count,
  }),
  period: z.object({ days: count, from: instant, to: instant }),
})

export const PREVIEW = z.object({
  schedule: SCHEDULE,
  occurrences: z.array(z.object({ at: instant, local: z.string() })),
  clock_changes: z.array(
    z.object({
      at: instant,
      kind: z.enum(['gap', 'overlap']),
      minutes: z.number(),
      local_before: z.string(),
      local: z.string(),
      effect: z.enum(['none', 'moved', 'ran_once', 'ran_twice']),
      text: z.string(),
    }),
  ),
})

const state = z.record(z.string(), z.unknown()).nullable()

/** Who did what, why, and how it stood before and after. `on_behalf_of`: whom the caller named. */
export const AUDIT_ENTRY = z.object({
  id: z.string(),
  action: z.string(),
  at: instant,
  actor: z.string(),
  subject: z.string(),
  reason: z.string(),
  before: state,
  after: state,
  on_behalf_of: z.string().optional(),
})

export const AUDIT = z.object({ entries: z.array(AUDIT_ENTRY), next_cursor })
