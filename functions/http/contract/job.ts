import { z } from 'zod'
import { POLICIES } from '../../job/policies.ts'
import { count, instant, next_cursor, PATH, rate, SCHEDULE } from './parts.ts'

const overrideOf = <T extends z.ZodType>(registered: T) =>
  z.object({ registered, by: z.string(), at: instant, reason: z.string() }).nullable()

const ENTRY = z.object({
  run: z.string(),
  state: z.enum(['running', 'retry', 'callback']),
  fence: count,
  attempt: count,
  owner: z.string(),
  path: PATH,
  until: instant,
  scheduled_for: instant,
  began_at: instant,
  give_backs: count,
  died: z.boolean(),
  trouble: z.string().nullable(),
})

const LAST_RUN = z.object({
  run: z.string(),
  outcome: z.enum(['succeeded', 'failed', 'cancelled']),
  began_at: instant,
  ended_at: instant,
  error: z.string().nullable(),
  failures: count,
  failing_since: instant.nullable(),
})

const TARGET = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('handler') }),
  z.object({ kind: z.literal('http'), service: z.string().nullable(), endpoint: z.string() }),
])

/** The names that older clients of the service scheduler read. */
const CAMEL = {
  displayName: z.string(),
  cronExpression: z.string().nullable(),
  config: z.unknown(),
  isRunning: z.boolean(),
  jobType: z.string(),
  service: z.string().nullable(),
  endpoint: z.string().nullable(),
  failing_since: instant.nullable(),
  failed_in_a_row: z.int(),
  lastRunAt: instant.nullable(),
  lastRunStatus: z.enum(['completed', 'failed']).nullable(),
  lastRunDuration: z.number().nullable(),
  nextRunAt: instant.nullable(),
  totalRuns: count,
  successfulRuns: count,
  failedRuns: count,
  successRate: rate,
}

/** What is derived from the stored fields, for people and for the agent scheduler's clients. */
const DERIVED = {
  claimable_at: instant.nullable(),
  lease_until: instant.nullable(),
  status: z.enum(['pending', 'running', 'completed', 'failed', 'damaged']),
  standing: z.enum(['ok', 'paused', 'retrying', 'failing', 'damaged']),
  schedule_at: instant.nullable(),
  attempts: count,
  max_attempts: count,
  started_at: instant.nullable(),
  completed_at: instant.nullable(),
  error: z.string().nullable(),
  damage: z.string().nullable(),
  expire_at: instant.nullable(),
  is_due: z.boolean(),
  time_until_due_seconds: z.int().nullable(),
}

/** A job: its stored fields with instants in ISO 8601, and its older names beside them. */
export const JOB = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.enum(['recurring', 'one_off', 'reported', 'backfill']),
  display_name: z.string(),
  description: z.string(),
  job_type: z.string(),
  target: TARGET,
  lane: z.string(),
  schedule: SCHEDULE,
  ends_at: instant.nullable(),
  payload: z.unknown(),
  policies: POLICIES,
  enabled: z.boolean(),
  next_run_at: instant.nullable(),
  fence: count,
  entries: z.array(ENTRY),
  full_since: instant.nullable(),
  full_until: instant.nullable(),
  created_at: instant,
  updated_at: instant,
  defined_at: instant,
  last_run: LAST_RUN.nullable(),
  totals: z.object({
    runs: count,
    succeeded: count,
    failed: count,
    skipped: count,
    duplicates_suppressed: count,
  }),
  overrides: z.object({ enabled: overrideOf(z.boolean()), schedule: overrideOf(SCHEDULE) }),
  recent: z
    .array(
      z.object({
        at: instant,
        status: z.enum(['completed', 'failed', 'cancelled']),
        duration_ms: z.number(),
        lateness_ms: z.number(),
      }),
    )
    .max(20),
  ...CAMEL,
  ...DERIVED,
})

/** A job whose document cannot be read: its name, and why. */
export const DAMAGED_JOB = z.object({
  id: z.string(),
  name: z.string(),
  status: z.literal('damaged'),
  error: z.string(),
})

export const ANY_JOB = z.union([JOB, DAMAGED_JOB])

/** A one-off job as it was made; `warnings` say what was assumed. */
export const MADE_JOB = JOB.extend({ warnings: z.array(z.string()).optional() })

/** A page of jobs, in the order of their names. */
export const JOBS = z.object({ jobs: z.array(ANY_JOB), next_cursor })
