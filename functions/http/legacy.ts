import type { Context } from 'hono'
import { z } from 'zod'
import { TickoverError } from '../errors.ts'
import type { Outcome } from '../job/outcome.ts'
import { claimRun, type Door, type Granted } from '../legacy/door.ts'
import { dataOf } from '../legacy/payload.ts'
import { renewRun, settleRun } from '../legacy/report.ts'
import { intentsOf } from '../target/intents.ts'
import { LONGEST_PAYLOAD } from '../target/registry.ts'
import { describe, LONGEST_RESULT } from '../target/storable.ts'
import { check, readBody } from './body.ts'
import { instant, iso, jobName, jsonText } from './fields.ts'
import type { Deps, Handler, Vars } from './surface.ts'

/** What these routes need. */
type LegacyDeps = Pick<Deps, 'config' | 'clock' | 'documents' | 'newId' | 'random' | 'emit' | 'register'>

const MOST_EFFECTS = 1_000

const leaseSeconds = z.int().min(10).max(3600)
const count = z.int().min(0)
const holding = {
  run: z.string().regex(/^[^/]{1,250}@[^/@]{1,40}$/u, 'must be the run that the claim answered'),
  fence: z.int().min(1),
}

export const claiming = z.strictObject({
  job: jobName,
  startedAt: instant,
  scheduledFor: instant.optional(),
  leaseSeconds,
  payload: jsonText(LONGEST_PAYLOAD).optional(),
  jobType: z.string().min(1).max(200).optional(),
})

export const renewing = z.strictObject({ ...holding, leaseSeconds })

export const settling = z.strictObject({
  ...holding,
  status: z.enum(['succeeded', 'failed'], 'must be succeeded or failed'),
  error: z.string().optional(),
  retryable: z.boolean().default(true),
  result: jsonText(LONGEST_RESULT).nullable().optional(),
  items: z.strictObject({ processed: count, succeeded: count, failed: count }).optional(),
  effects: z
    .array(z.strictObject({ key: z.string().min(1).max(200), input: z.unknown() }))
    .max(MOST_EFFECTS)
    .optional(),
  performed: z.boolean().default(true),
})

/** The door for a legacy scheduler that lives elsewhere: it claims before it performs, renews, and says how it ended. */
export function legacyRoutes(
  deps: LegacyDeps,
): Record<'POST /api/legacy/runs' | 'PATCH /api/legacy/runs', Handler> {
  const door = doorOf(deps)
  return {
    'POST /api/legacy/runs': async (c) => {
      const { job, startedAt, scheduledFor, payload, jobType, ...asked } = check(claiming, await readBody(c))
      const request = {
        job,
        started_at: startedAt,
        scheduled_for: scheduledFor ?? null,
        lease_seconds: asked.leaseSeconds,
        payload: payload ?? null,
        job_type: jobType ?? null,
        email: emailOf(c),
        key: keyOf(c),
      }
      await deps.register()
      return c.json(presentGranted(await claimRun(door, request)), 201)
    },
    'PATCH /api/legacy/runs': async (c) => {
      const body = await readBody(c)
      const email = emailOf(c)
      if (isRenewal(body)) {
        const { run, fence, leaseSeconds: seconds } = check(renewing, body)
        return c.json({ leaseUntil: iso(await renewRun(door, { run, fence, email }, seconds)) })
      }
      const { run, fence, performed, ...told } = check(settling, body)
      const { status, retry_at } = await settleRun(door, { run, fence, email }, outcomeOf(told), performed)
      return c.json({ status, nextAttemptAt: retry_at === null ? null : iso(retry_at) })
    },
  }
}

function doorOf({ config, clock, documents, newId, random, emit }: LegacyDeps): Door {
  const { max_skew_seconds, lanes } = config
  const lane = lanes[0]?.name ?? ''
  return { documents, clock, newId, random, emit, rollout: config, max_skew_seconds, lane }
}

function presentGranted({ job, entry, payload }: Granted) {
  const { run, fence, attempt, scheduled_for, until } = entry
  const instants = { scheduledFor: iso(scheduled_for), leaseUntil: iso(until) }
  return { run, job, fence, attempt, ...instants, payload: dataOf(payload) ?? null }
}

function outcomeOf(told: Omit<z.output<typeof settling>, 'run' | 'fence' | 'performed'>): Outcome {
  const items = told.items ?? null
  const acts = told.effects && {
    acts: { intents: intentsOf(told.effects), effect_failed: false, performed: told.effects.length },
  }
  if (told.status === 'succeeded') return { kind: 'succeeded', result: told.result ?? null, items, ...acts }
  const error = describe(told.error ?? 'The scheduler that reports here named no error')
  if (!told.retryable) return { kind: 'failed', error, items, ...acts }
  return { kind: 'retry', error, items, after_seconds: null, ...acts }
}

function isRenewal(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'leaseSeconds' in body
}

function emailOf(c: Context<Vars>): string {
  return c.get('caller')?.email ?? ''
}

function keyOf(c: Context<Vars>): string | null {
  const key = c.req.header('idempotency-key') ?? null
  if (key === null || (key.length > 0 && key.length <= 255)) return key
  throw new TickoverError('bad_request', 'The Idempotency-Key is not 1 to 255 characters long. Send a UUID.')
}
