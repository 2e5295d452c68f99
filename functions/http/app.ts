import { type Context, Hono } from 'hono'
import { ROUTES, type Route, routesOn } from '../auth/policy.ts'
import { TickoverError } from '../errors.ts'
import { traceOf, withTrace } from '../observe/trace.ts'
import { authentication, authorize } from './access.ts'
import { adminRoutes } from './admin.ts'
import { completionRoutes } from './complete.ts'
import { refuseOtherSites } from './csrf.ts'
import { healthRoutes } from './health.ts'
import { historyRoutes } from './history.ts'
import { jobRoutes } from './jobs.ts'
import { legacyRoutes } from './legacy.ts'
import { openApiRoutes } from './openapi.ts'
import { operateRoutes } from './operate.ts'
import { ownershipRoutes } from './ownership.ts'
import { performanceRoutes } from './performance.ts'
import { answerProblem } from './problem.ts'
import { registrationRoutes } from './registration.ts'
import { rolloutRoutes } from './rollout.ts'
import { shadowRoutes } from './shadow.ts'
import { shield } from './shield.ts'
import { steerRoutes } from './steer.ts'
import type { Deps, Handler, Vars } from './surface.ts'
import { tickRoutes } from './tick.ts'
import { timelineRoutes } from './timeline.ts'

/**
 * The HTTP surface: trace, route, authenticate, authorize, handle; every error becomes a problem. A route that this service does
 * not serve is none: whoever is proven gets 404, everybody else 401.
 */
export function createApp(deps: Deps): Hono<Vars> {
  const app = new Hono<Vars>()
  const handlers: Readonly<Partial<Record<Route, Handler>>> = {
    ...healthRoutes(deps),
    ...tickRoutes(deps),
    ...jobRoutes(deps),
    ...legacyRoutes(deps),
    ...ownershipRoutes(deps),
    ...shadowRoutes(deps),
    ...rolloutRoutes(deps),
    ...steerRoutes(deps),
    ...registrationRoutes(deps),
    ...operateRoutes(deps),
    ...historyRoutes(deps),
    ...completionRoutes(deps),
    ...timelineRoutes(deps),
    ...performanceRoutes(deps),
    ...adminRoutes(deps),
    ...openApiRoutes(deps),
  }
  app.use(shield(), (c, next) => {
    c.set('trace', traceOf((name) => c.req.header(name)) ?? deps.newTrace())
    c.header('Cache-Control', 'no-store')
    return withTrace(c.get('trace'), next)
  })
  const authenticate = authentication(deps)
  const routes = routesOn(deps.config.surface)
  for (const route of ROUTES) {
    const on = [methodOf(route), pathOf(route)] as const
    const guards = [authenticate(route), refuseOtherSites(), authorize(route)] as const
    if (routes.includes(route)) app.on(...on, ...guards, handlers[route] ?? absent)
    else app.on(...on, authenticate(null), absent)
  }
  app.use(authenticate(null))
  for (const path of new Set(routes.map(pathOf))) app.all(path, () => refuseMethod(path, routes))
  app.notFound((c) => refuse(deps, c, nothing()))
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

const absent: Handler = () => Promise.reject(nothing())

function nothing(): TickoverError {
  return new TickoverError('not_found', 'There is nothing here. The README lists the routes.')
}

function refuseMethod(path: string, routes: readonly Route[]): never {
  const methods = routes.filter((route) => pathOf(route) === path).map(methodOf)
  throw new TickoverError('method_not_allowed', `This path takes ${methods.join(', ')} only.`)
}
