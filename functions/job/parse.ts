import { z } from 'zod'
import { TickoverError } from '../errors.ts'
import { validateSchedule } from '../schedule/schedule.ts'
import type { Fields, Stored } from '../store/documents.ts'
import { type Job, NO_OVERRIDES } from './job.ts'
import { POLICIES } from './policies.ts'
import type { Run, Skip, SkipReason } from './run.ts'
import { HANDLER } from './target.ts'

/** A document as the code understands it, or why it cannot be read. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: string }

const INSTANT = z.number().min(-8.64e15).max(8.64e15)
const COUNT = z.number().int().min(0)
const NAME = z.string().min(1).max(200)

const SCHEDULE = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('cron'), expression: z.string(), time_zone: z.string() }),
  z.object({ kind: z.literal('every'), seconds: z.number(), anchor_at: INSTANT }),
  z.object({ kind: z.literal('at'), at: INSTANT }),
])

/** What can be the id of a document. */
const ID = z.string().regex(/^(?!\.{1,2}$)(?!__.*__$)[^/]{1,300}$/u, 'cannot be the id of a record')

const PATH = z.enum(['legacy', 'tick']).default('tick')

const ENTRY = z.object({
  run: ID,
  state: z.enum(['running', 'retry', 'callback']),
  fence: COUNT,
  attempt: COUNT,
  owner: z.string(),
  path: PATH,
  until: INSTANT,
  scheduled_for: INSTANT,
  began_at: INSTANT,
  give_backs: COUNT,
  died: z.boolean().default(false),
  trouble: z.string().nullable(),
  token: z.string().nullable().default(null),
})

const TARGET = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('handler') }),
  z.object({ kind: z.literal('http'), service: NAME.nullable(), endpoint: z.string() }),
])

const overrideOf = <T>(registered: z.ZodType<T>) =>
  z.object({ registered, by: z.string(), at: INSTANT, reason: z.string() }).nullable()

const OVERRIDES = z.object({ enabled: overrideOf(z.boolean()), schedule: overrideOf(SCHEDULE) })

const LAST_RUN = z.object({
  run: z.string(),
  outcome: z.enum(['succeeded', 'failed', 'cancelled']),
  began_at: INSTANT,
  ended_at: INSTANT,
  error: z.string().nullable(),
  failures: COUNT.default(0),
  failing_since: INSTANT.nullable().default(null),
})

const TOTALS = z.object({
  runs: COUNT,
  succeeded: COUNT,
  failed: COUNT,
  skipped: COUNT,
  duplicates_suppressed: COUNT,
})

const JOB = z.object({
  name: NAME,
  kind: z.enum(['recurring', 'one_off', 'reported', 'backfill']),
  display_name: z.string().default(''),
  description: z.string(),
  job_type: NAME,
  target: TARGET.default(HANDLER),
  lane: NAME,
  schedule: SCHEDULE,
  ends_at: INSTANT.nullable().default(null),
  payload: z.string(),
  policies: POLICIES,
  enabled: z.boolean(),
  next_run_at: INSTANT.nullable(),
  fence: COUNT,
  entries: z.array(ENTRY).max(100),
  full_since: INSTANT.nullable(),
  full_until: INSTANT.nullable(),
  created_at: INSTANT,
  updated_at: INSTANT,
  defined_at: INSTANT.default(0),
  last_run: LAST_RUN.nullable(),
  totals: TOTALS,
  overrides: OVERRIDES.default(NO_OVERRIDES),
  daily: z.string().default(''),
  recent: z.string().default(''),
}) satisfies z.ZodType<Job>

const ATTEMPT = z.object({
  attempt: COUNT,
  fence: COUNT,
  owner: z.string(),
  path: PATH,
  started_at: INSTANT,
  ended_at: INSTANT.nullable(),
  outcome: z.enum(['succeeded', 'failed', 'lost', 'given_back']).nullable(),
  error: z.string().nullable(),
})

const INTENTS = z.object({
  count: COUNT,
  digest: z.string(),
  first: z.array(z.object({ key: z.string(), hash: z.string() })).max(100),
})

const RUN = z.object({
  id: z.string(),
  job: NAME,
  job_type: NAME,
  lane: NAME,
  triggered_by: z.enum(['scheduler', 'manual', 'admin']),
  triggered_by_user: z.string().nullable().default(null),
  scheduled_for: INSTANT,
  status: z.enum(['running', 'retry', 'succeeded', 'failed', 'cancelled']),
  fence: COUNT,
  attempts: z.array(ATTEMPT).max(100),
  started_at: INSTANT,
  finished_at: INSTANT.nullable(),
  lateness_ms: z.number(),
  items: z.object({ processed: COUNT, succeeded: COUNT, failed: COUNT }).nullable(),
  result: z.string().nullable(),
  error: z.string().nullable(),
  payload_hash: z.string().default(''),
  intents: INTENTS.nullable().default(null),
  effect_failed: z.boolean().default(false),
  expire_at: INSTANT,
}) satisfies z.ZodType<Run>

/** Every reason there is: one that is missing here does not compile. */
const REASONS = {
  overlap: 'overlap',
  expired: 'expired',
  coalesced: 'coalesced',
  paused: 'paused',
} as const satisfies { readonly [R in SkipReason]: R }

const SKIPPED = z.object({
  job: NAME,
  reason: z.enum(REASONS),
  first_at: INSTANT,
  last_at: INSTANT,
  count: COUNT,
}) satisfies z.ZodType<SkippedRange>

/** A range of skipped occurrences, as it is stored. */
export interface SkippedRange extends Skip {
  readonly job: string
}

/** Reads a stored job. Whatever a hand has written into it, this never throws. */
export function parseJob({ ref, fields }: Pick<Stored, 'ref' | 'fields'>): Parsed<Job> {
  const job = read(JOB, fields)
  if (!job.ok) return job
  if (job.value.name !== ref.id) return { ok: false, reason: `name: is not the document's id "${ref.id}"` }
  try {
    validateSchedule(job.value.schedule)
    return job
  } catch (error) {
    if (error instanceof TickoverError) return { ok: false, reason: error.message }
    throw error
  }
}

/** Reads the stored record of a run; a record of skipped occurrences is none. */
export function parseRun(fields: Fields): Parsed<Run> {
  return read(RUN, fields)
}

/** Reads the stored record of skipped occurrences; that of a run is none. */
export function parseSkip(fields: Fields): Parsed<SkippedRange> {
  return read(SKIPPED, fields)
}

function read<T>(schema: z.ZodType<T>, fields: Fields): Parsed<T> {
  const result = schema.safeParse(fields)
  if (result.success) return { ok: true, value: result.data }
  const issue = result.error.issues[0]
  const place = issue?.path.join('.') ?? ''
  return {
    ok: false,
    reason: `${place === '' ? 'the document' : place}: ${issue?.message ?? 'cannot be read'}`,
  }
}
