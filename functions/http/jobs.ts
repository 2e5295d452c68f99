import type { Context } from 'hono'
import { z } from 'zod'
import type { Caller } from '../auth/policy.ts'
import { TickoverError } from '../errors.ts'
import { parseInstant } from '../schedule/instant.ts'
import type { Ref } from '../store/documents.ts'
import { check, readBody } from './body.ts'
import { readCursor, writeCursor } from './cursor.ts'
import { presentJob } from './presentation.ts'
import type { Deps, Handler, Vars } from './surface.ts'

const MOST = 1000

const oneOff = z.strictObject({
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

const listing = z.strictObject({
  kind: z.enum(['recurring', 'one_off'], 'must be recurring or one_off').default('recurring'),
  limit: z
    .string()
    .regex(/^\d{1,4}$/, `must be a whole number from 1 to ${MOST}`)
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= MOST, `must be a whole number from 1 to ${MOST}`)
    .default(MOST),
  cursor: z.string().max(2000).optional(),
})

/** One-off jobs are made here; all jobs are listed and shown. */
export function jobRoutes(
  deps: Deps,
): Record<'POST /api/jobs' | 'GET /api/jobs' | 'GET /api/jobs/:name', Handler> {
  return {
    'POST /api/jobs': async (c) => {
      const { schedule_at, ...input } = check(oneOff, await readBody(c))
      requireOwnType(c.get('caller'), input.job_type)
      const made = await deps.createOneOff({ ...input, schedule_at: schedule_at.at })
      const view = presentJob(made, deps.clock.now())
      return c.json(
        !schedule_at.assumed_utc
          ? view
          : { ...view, warnings: ['schedule_at names no zone; it was read as UTC.'] },
        201,
      )
    },
    'GET /api/jobs': async (c) => {
      const { kind, limit, cursor } = check(listing, c.req.query())
      const after = cursor === undefined ? {} : { after: readCursor(cursor) }
      const { value: found } = await deps.documents.query({ shape: 'jobs', equals: kind, limit, ...after })
      const now = deps.clock.now()
      const jobs = found.map((job) => presentJob(job, now))
      const last = found.length === limit ? found.at(-1) : undefined
      return c.json({ jobs, next_cursor: last === undefined ? null : writeCursor(last) })
    },
    'GET /api/jobs/:name': (c) => showJob(deps, c),
  }
}

async function showJob(deps: Deps, c: Context<Vars>): Promise<Response> {
  const ref = refOf(c.req.param('name') ?? '')
  const found = ref === null ? null : (await deps.documents.get([ref])).value[0]
  if (ref === null || !found)
    throw new TickoverError('not_found', 'Job not found. GET /api/jobs lists the jobs there are.')
  return c.json(presentJob(found, deps.clock.now()))
}

/** Operators may make any job, services only those of their own types. */
function requireOwnType(caller: Caller | null, type: string): void {
  if (caller?.roles.includes('operator') || caller?.job_types.includes(type)) return
  throw new TickoverError(
    'not_your_job',
    'This job type is not your service’s. Use one of its own job_types.',
  )
}

/** Null for a name that no document can have. */
function refOf(name: string): Ref | null {
  const isId = name.length > 0 && Buffer.byteLength(name) <= 1000 && !/^\.{1,2}$|\//.test(name)
  return isId ? { collection: 'scheduler_jobs', id: name } : null
}
