import { z } from 'zod'
import { mayCall } from '../auth/policy.ts'
import type { Clock } from '../clock.ts'
import { TickoverError } from '../errors.ts'
import { overdueSince } from '../rollout/overdue.ts'
import { check } from './body.ts'
import type { Deps, Handler } from './surface.ts'

const CACHE_MS = 5000
const PATIENCE_MS = 4000
const MOST = 100

const wholeTo100 = 'must be a whole number from 0 to 100'
export const healthQuery = z.strictObject({
  /** With more overdue jobs the answer is a refusal. */
  max_overdue: z
    .string()
    .regex(/^\d{1,3}$/, wholeTo100)
    .transform(Number)
    .refine((value) => value <= MOST, wholeTo100)
    .optional(),
})

/**
 * GET /health: whether the store answers, asked at most every 5 s whoever asks; viewers also see what waits. Their
 * `max_overdue` makes it a dead-man's switch: 503 `jobs_overdue` when more wait.
 */
export function healthRoutes(deps: Deps): { 'GET /health': Handler } {
  const overdue = cached(deps.clock, () => countOverdue(deps))
  return {
    'GET /health': async (c) => {
      const count = await overdue()
      const caller = c.get('caller')
      if (!mayCall('GET /api/jobs', caller)) return c.json({ status: 'ok' })
      const { max_overdue } = check(healthQuery, c.req.query())
      if (max_overdue !== undefined) watch(deps, count, max_overdue)
      const { environment, stage, storage, allow_json_in_production: allowed } = deps.config
      const warnings =
        environment === 'production' && storage === 'json' && allowed === 'yes'
          ? [
              'Production runs on the json storage: one instance only, and what it holds is lost with its disk.',
            ]
          : []
      return c.json({
        status: 'ok',
        environment,
        stage,
        storage,
        overdue_jobs: count,
        overdue_jobs_is_at_least: count >= MOST,
        warnings,
        caller: { name: caller?.name, may_operate: mayCall('POST /api/jobs/:name/trigger', caller) },
      })
    },
  }
}

/** Tells the log what the watch found. Throws `jobs_overdue` when that is too much. */
function watch({ emit }: Pick<Deps, 'emit'>, count: number, most: number): void {
  emit({ kind: 'overdue_checked', overdue: count })
  if (count <= most) return
  throw new TickoverError(
    'jobs_overdue',
    `Overdue jobs: ${count}, where ${most} may wait for two ticks past their instant. Run npm run doctor.`,
  )
}

/** One answer for all who ask within 5 s, also when it was an error. */
function cached<T>(clock: Clock, ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | null = null
  let until = Number.NEGATIVE_INFINITY
  return () => {
    if (answer !== null && clock.now() < until) return answer
    until = clock.now() + CACHE_MS
    answer = ask()
    return answer
  }
}

/** How many jobs of all lanes are overdue, at most 100 a lane. */
async function countOverdue(deps: Deps): Promise<number> {
  const { config, clock } = deps
  const now = clock.now()
  const asked = Promise.all(
    config.lanes.map(({ name }) => overdueOf(deps, name, overdueSince(config, name, now))),
  )
  const patience = new AbortController()
  const tooSlow = clock.sleep(PATIENCE_MS, patience.signal).then(() => null)
  const lanes = await Promise.race([asked, tooSlow]).finally(() => patience.abort())
  if (lanes === null)
    throw new TickoverError(
      'store_unreachable',
      'The store did not answer in 4 s. Try again in some seconds.',
    )
  return lanes.reduce((sum, count) => sum + count, 0)
}

/** The store is asked also where nothing can be overdue: whether it answers is the first thing that health is about. */
async function overdueOf({ documents }: Deps, lane: string, upTo: number | null): Promise<number> {
  const asked = { shape: 'due', equals: lane, upTo: upTo ?? 0, limit: MOST } as const
  const { value } = await documents.query(asked)
  // A backfill is of the past: it is never late.
  return value.filter(({ fields }) => fields.kind !== 'backfill').length
}
