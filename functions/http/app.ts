import { type Context, Hono } from 'hono'
import type { Verify } from '../auth/oidc.ts'
import { type Caller, ROUTES, type Route } from '../auth/policy.ts'
import type { Clock } from '../clock.ts'
import type { Config } from '../config.ts'
import { TickoverError } from '../errors.ts'
import type { Emit } from '../observe/events.ts'
import { traceOf, withTrace } from '../observe/trace.ts'
import type { Documents, Stored } from '../store/documents.ts'
import { authenticate, authorize } from './access.ts'
import { healthRoutes } from './health.ts'
import { jobRoutes } from './jobs.ts'
import { legacyRoutes } from './legacy.ts'
import { ownershipRoutes } from './ownership.ts'
import { answerProblem } from './problem.ts'
import { rolloutRoutes } from './rollout.ts'
import { shadowRoutes } from './shadow.ts'
import { steerRoutes } from './steer.ts'
import { tickRoutes } from './tick.ts'

/** What a tick is asked to do. */
export interface TickRequest {
  readonly lane: string
  /** The most jobs to claim in all. */
  readonly limit?: number
  /** Runs at once, instead of the configured number. */
  readonly concurrency?: number
  readonly trace: string | null
}

/** How a tick ended; `report` holds the metrics of the answer. */
export interface TickAnswer {
  readonly status: 'ok' | 'clock_skew' | 'stopping'
  readonly report: Readonly<Record<string, unknown>>
}

/** A one-off job to be made. `schedule_at` in milliseconds since 1970. */
export interface OneOff {
  readonly job_type: string
  readonly schedule_at: number
  readonly payload: unknown
}

/** All that the HTTP surface needs of the rest. */
export interface Deps {
  readonly config: Config
  readonly clock: Clock
  readonly documents: Documents
  readonly verify: Verify
  readonly emit: Emit
  /** A new UUID. */
  readonly newId: () => string
  /** From 0 up to 1. */
  readonly random: () => number
  /** The job types that have a handler here. */
  readonly handlers: readonly string[]
  /** Brings the coded jobs into the store, where that is still to be done. */
  readonly register: () => Promise<void>
  /** A new trace id: 32 hexadecimal digits. */
  readonly newTrace: () => string
  /** Rejects with `TickoverError('store_unreachable')` when the store is out of reach. */
  readonly runTick: (request: TickRequest) => Promise<TickAnswer>
  /** Answers the job as it was stored. */
  readonly createOneOff: (input: OneOff) => Promise<Pick<Stored, 'ref' | 'fields'>>
}

/** What a request carries from the edge to its handler. */
export interface Vars {
  readonly Variables: { caller: Caller | null; trace: string }
}

/** One handler per route; a route of the policy without a handler, or the reverse, does not compile. */
export type Handler = (c: Context<Vars>) => Promise<Response>

/** The HTTP surface: trace, authenticate, route, authorize, handle; every error becomes a problem. */
export function createApp(deps: Deps): Hono<Vars> {
  const app = new Hono<Vars>()
  const handlers: Readonly<Record<Route, Handler>> = {
    ...healthRoutes(deps),
    ...tickRoutes(deps),
    ...jobRoutes(deps),
    ...legacyRoutes(deps),
    ...ownershipRoutes(deps),
    ...shadowRoutes(deps),
    ...rolloutRoutes(deps),
    ...steerRoutes(deps),
  }
  app.use((c, next) => {
    c.set('trace', traceOf((name) => c.req.header(name)) ?? deps.newTrace())
    c.header('Cache-Control', 'no-store')
    return withTrace(c.get('trace'), next)
  })
  app.use(authenticate(deps))
  for (const route of ROUTES) app.on(methodOf(route), pathOf(route), authorize(route), handlers[route])
  for (const path of new Set(ROUTES.map(pathOf))) app.all(path, () => refuseMethod(path))
  app.notFound((c) =>
    refuse(deps, c, new TickoverError('not_found', 'There is nothing here. GET /api/jobs lists the jobs.')),
  )
  app.onError((error, c) => refuse(deps, c, error))
  return app
}

function refuse(deps: Deps, c: Context<Vars>, error: unknown): Response {
  const response = answerProblem(c, error)
  const place = { method: c.req.method, path: c.req.path.slice(0, 200) }
  if (error instanceof TickoverError) {
    const reason = error.code === 'not_found' ? error.code : error.message
    deps.emit({ kind: 'request_refused', ...place, status: error.status, code: error.code, reason })
  } else {
    deps.emit({ kind: 'unexpected', where: `${place.method} ${place.path}`, error })
  }
  return response
}

function methodOf(route: Route): string {
  return route.slice(0, route.indexOf(' '))
}

function pathOf(route: Route): string {
  return route.slice(route.indexOf(' ') + 1)
}

function refuseMethod(path: string): never {
  const methods = ROUTES.filter((route) => pathOf(route) === path).map(methodOf)
  throw new TickoverError(
    'method_not_allowed',
    `This path takes ${methods.join(', ')} only. Use one of them.`,
  )
}
