import { mayCall } from '../auth/policy.ts'
import type { Clock } from '../clock.ts'
import { TickoverError } from '../errors.ts'
import type { Deps, Handler } from './surface.ts'

const CACHE_MS = 5000
const PATIENCE_MS = 4000
/** A job that waits this long past its instant is overdue: two cadences of a minute. */
const OVERDUE_MS = 120_000
const MOST = 100

/** GET /health: whether the store answers, asked at most every 5 s whoever asks; viewers also see what waits. */
export function healthRoutes(deps: Deps): { 'GET /health': Handler } {
  const overdue = cached(deps.clock, () => countOverdue(deps))
  return {
    'GET /health': async (c) => {
      const count = await overdue()
      const caller = c.get('caller')
      if (!mayCall('GET /api/jobs', caller)) return c.json({ status: 'ok' })
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
async function countOverdue({ config, clock, documents }: Deps): Promise<number> {
  const upTo = clock.now() - OVERDUE_MS
  const asked = Promise.all(
    config.lanes.map((lane) => documents.query({ shape: 'due', equals: lane.name, upTo, limit: MOST })),
  )
  const patience = new AbortController()
  const tooSlow = clock.sleep(PATIENCE_MS, patience.signal).then(() => null)
  const lanes = await Promise.race([asked, tooSlow]).finally(() => patience.abort())
  if (lanes === null)
    throw new TickoverError(
      'store_unreachable',
      'The store did not answer in 4 s. Try again in some seconds.',
    )
  // A backfill is of the past: it is never late.
  const late = lanes.flatMap(({ value }) => value).filter(({ fields }) => fields.kind !== 'backfill')
  return late.length
}
