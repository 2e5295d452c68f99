import type { Context, MiddlewareHandler } from 'hono'
import { type Identity, refusal } from '../auth/oidc.ts'
import { type Caller, callerOf, mayCall, type Route } from '../auth/policy.ts'
import { TickoverError } from '../errors.ts'
import type { Deps, Vars } from './surface.ts'

/**
 * Proves who calls, before anything else of the request is looked at. Without proof every path but /health ends here,
 * known or not. /health answers everyone, so there credentials that prove nothing count as none.
 */
export function authenticate(deps: Pick<Deps, 'verify' | 'config'>): MiddlewareHandler<Vars> {
  return async (c, next) => {
    c.set('caller', c.req.path === '/health' ? await callerOrNull(c, deps) : await caller(c, deps))
    await next()
  }
}

/** Lets through whom the policy names. */
export function authorize(route: Route): MiddlewareHandler<Vars> {
  return async (c, next) => {
    if (!mayCall(route, c.get('caller'))) {
      throw new TickoverError(
        'forbidden',
        'Your account may not do this. Ask for a role that may in SCHEDULER_PRINCIPALS.',
      )
    }
    await next()
  }
}

async function caller(c: Context<Vars>, deps: Pick<Deps, 'verify' | 'config'>): Promise<Caller> {
  const found = callerOf(await identity(c, deps), deps.config)
  if (found.roles.length > 0) return found
  throw new TickoverError(
    'forbidden',
    'Your account is not known here. Ask for a role in SCHEDULER_PRINCIPALS.',
  )
}

async function callerOrNull(c: Context<Vars>, deps: Pick<Deps, 'verify' | 'config'>): Promise<Caller | null> {
  if (c.req.header('authorization') === undefined) return null
  try {
    return callerOf(await identity(c, deps), deps.config)
  } catch (error) {
    if (error instanceof TickoverError) return null
    throw error
  }
}

async function identity(c: Context<Vars>, { verify }: Pick<Deps, 'verify'>): Promise<Identity> {
  const header = c.req.header('authorization')
  if (header === undefined || header === '') throw refusal('missing')
  const token = /^Bearer +([\w.-]+)$/i.exec(header)?.[1]
  if (token === undefined) throw refusal('malformed')
  return verify(token)
}
