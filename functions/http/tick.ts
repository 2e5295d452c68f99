import { z } from 'zod'
import { recordAudit } from '../admin/audit.ts'
import type { Caller } from '../auth/policy.ts'
import { TickoverError } from '../errors.ts'
import type { Fields } from '../store/documents.ts'
import { check, readBody } from './body.ts'
import type { Deps, Handler } from './surface.ts'

/** The bounds of what a tick may be asked for. */
const number = (most: number) =>
  z
    .union(
      [
        z.int(),
        z
          .string()
          .regex(/^\d{1,6}$/)
          .transform(Number),
      ],
      `must be a whole number from 1 to ${most}`,
    )
    .refine((value) => value >= 1 && value <= most, `must be a whole number from 1 to ${most}`)
export const tickRequest = z.strictObject({
  lane: z.string().max(63).optional(),
  limit: number(10_000).optional(),
  concurrency: number(200).optional(),
})

/** POST /cron/tick: one tick of one lane. 200 also when jobs failed, since they are tried again here; 503 when the store is out of reach. */
export function tickRoutes(deps: Deps): { 'POST /cron/tick': Handler } {
  return {
    'POST /cron/tick': async (c) => {
      const { lane, limit, concurrency } = check(tickRequest, {
        ...c.req.query(),
        ...asObject(await readBody(c)),
      })
      const trace = c.get('trace')
      await recordOperator(deps, c.get('caller'), {
        lane: knownLane(deps, lane),
        ...bounds({ limit, concurrency }),
      })
      const { status, report } = await deps.runTick({
        lane: knownLane(deps, lane),
        ...bounds({ limit, concurrency }),
        trace,
      })
      const timestamp = new Date(deps.clock.now()).toISOString()
      return c.json({ status, timestamp, trace_id: trace, metrics: report })
    },
  }
}

function bounds({ limit, concurrency }: { limit: number | undefined; concurrency: number | undefined }) {
  return { ...(limit !== undefined && { limit }), ...(concurrency !== undefined && { concurrency }) }
}

/** A tick that a person asks for is an action like any other. */
async function recordOperator(deps: Deps, caller: Caller | null, after: Fields): Promise<void> {
  if (caller === null || caller.roles.includes('scheduler')) return
  const entry = {
    action: 'tick_asked',
    at: deps.clock.now(),
    actor: caller.name,
    subject: `service/lane ${String(after.lane)}`,
  }
  await recordAudit(deps.documents, deps.newId(), { ...entry, reason: '', before: null, after })
}

function asObject(body: unknown): object {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body
  throw new TickoverError(
    'bad_request',
    'The body is not a JSON object. Send {"lane", "limit", "concurrency"} or nothing.',
  )
}

function knownLane({ config }: Deps, asked: string | undefined): string {
  const names = config.lanes.map((lane) => lane.name)
  const lane = asked ?? names[0]
  if (lane !== undefined && names.includes(lane)) return lane
  throw new TickoverError('unknown_lane', `No lane has this name. Use one of ${names.join(', ')}.`)
}
