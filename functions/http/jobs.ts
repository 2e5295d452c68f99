import type { Context } from 'hono'
import { z } from 'zod'
import type { Caller } from '../auth/policy.ts'
import { TickoverError } from '../errors.ts'
import { existing } from '../lease/change.ts'
import { parseInstant } from '../schedule/instant.ts'
import type { Cursor } from '../store/documents.ts'
import { check, readBody } from './body.ts'
import { readCursor, writeCursor } from './cursor.ts'
import { count, refOfJob } from './fields.ts'
import { presentJob } from './presentation.ts'
import type { Deps, Handler, Vars } from './surface.ts'

const MOST = 1000

export const oneOffBody = z.strictObject({
  job_type: z.string().min(1).max(200),
  schedule_at: z
    .string()
    .max(64)
    .transform((text, context) => {
      const instant = parseInstant(text)
      if (instant === null) context.addIssue('must be an instant in ISO 8601, such as 2030-01-31T09:30:00Z')
      return instant ?? z.NEVER
    }),
  payload: z.unknown().default({}),
})

export const listingQuery = z.strictObject({
  kind: z
    .enum(
      ['recurring', 'one_off', 'backfill', 'reported'],
      'must be recurring, one_off, backfill or reported',
    )
    .default('recurring'),
  limit: count(1, MOST).default(MOST),
  standing: z
    .enum(['failing', 'retrying', 'paused', 'damaged'], 'must be failing, retrying, paused or damaged')
    .optional(),
  from: z.string().max(200).optional(),
  cursor: z.string().max(2000).optional(),
})

/** One-off jobs are made here; all jobs are listed and shown. */
export function jobRoutes(
  deps: Deps,
): Record<'POST /api/jobs' | 'GET /api/jobs' | 'GET /api/jobs/:name', Handler> {
  return {
    'POST /api/jobs': async (c) => {
      const { schedule_at, ...input } = check(oneOffBody, await readBody(c))
      requireOwnType(c.get('caller'), input.job_type)
      const caller = c.get('caller')?.name ?? ''
      const made = await deps.createOneOff({ ...input, schedule_at: schedule_at.at }, caller)
      const view = presentJob(made, deps.clock.now())
      return c.json(
        !schedule_at.assumed_utc
          ? view
          : { ...view, warnings: ['schedule_at names no zone; it was read as UTC.'] },
        201,
      )
    },
    'GET /api/jobs': async (c) => {
      const { kind, standing, limit, from, cursor } = check(listingQuery, c.req.query())
      const after = afterOf(cursor, from)
      const { value: found } = await deps.documents.query({
        ...(standing === undefined
          ? { shape: 'jobs', equals: kind }
          : { shape: 'standing', equals: standing }),
        limit,
        ...after,
      })
      const now = deps.clock.now()
      const jobs = found.map((job) => presentJob(job, now))
      const last = found.length === limit ? found.at(-1) : undefined
      return c.json({ jobs, next_cursor: last === undefined ? null : writeCursor(last) })
    },
    'GET /api/jobs/:name': (c) => showJob(deps, c),
  }
}

async function showJob(deps: Deps, c: Context<Vars>): Promise<Response> {
  const { value } = await deps.documents.get([refOfJob(c.req.param('name') ?? '')])
  return c.json(presentJob(existing(value[0]), deps.clock.now()))
}

/** Sorts before every name of a job. */
const FIRST_ID = '!'

/** Where a listing goes on, or begins: at the first name that does not sort before `from`. */
function afterOf(cursor: string | undefined, from: string | undefined): { after?: Cursor } {
  if (cursor !== undefined) return { after: readCursor(cursor) }
  return from === undefined || from === '' ? {} : { after: { value: from, id: FIRST_ID } }
}

/** Operators may make any job, services only those of their own types. */
function requireOwnType(caller: Caller | null, type: string): void {
  if (caller?.roles.includes('operator') || caller?.job_types.includes(type)) return
  throw new TickoverError(
    'not_your_job',
    'This job type is not your service’s. Use one of its own job_types.',
  )
}
