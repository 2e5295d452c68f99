import { type Context, Hono } from 'hono'
import { ROUTES, type Route } from '../auth/policy.ts'
import { TickoverError } from '../errors.ts'
import { traceOf, withTrace } from '../observe/trace.ts'
import { authenticate, authorize } from './access.ts'
import { healthRoutes } from './health.ts'
import { jobRoutes } from './jobs.ts'
import { legacyRoutes } from './legacy.ts'
import { ownershipRoutes } from './ownership.ts'
import { answerProblem } from './problem.ts'
import { rolloutRoutes } from './rollout.ts'
import { shadowRoutes } from './shadow.ts'
import { steerRoutes } from './steer.ts'
import type { Deps, Handler, Vars } from './surface.ts'
import { tickRoutes } from './tick.ts'

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
    refuse(deps, c, new TickoverError('not_found', 'There is nothing here. The README lists the routes.')),
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
  throw new TickoverError('method_not_allowed', `This path takes ${methods.join(', ')} only.`)
}
