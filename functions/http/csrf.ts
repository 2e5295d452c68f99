import type { Context, MiddlewareHandler } from 'hono'
import { TickoverError } from '../errors.ts'
import type { Vars } from './surface.ts'

/**
 * Refuses what another site has had a browser send. Behind IAP a cookie stands for the person, and a browser sends it with
 * whatever any page asks for; so our page adds a header that a foreign page could send only after a preflight, which nobody
 * here answers. A proxy on somebody's machine may add other credentials to whatever passes: so a browser's word that a request
 * comes from elsewhere counts, whoever is proven. Programs say nothing of it, and GET changes nothing.
 */
export function refuseOtherSites(): MiddlewareHandler<Vars> {
  return async (c, next) => {
    const isSafe = c.req.method === 'GET' || c.req.method === 'HEAD'
    const isOurs = isFromHere(c, c.get('caller')?.by === 'iap')
    if (!isSafe && !isOurs) {
      throw new TickoverError(
        'cross_site',
        'This request did not come from the page itself. Open /admin, and act there.',
      )
    }
    await next()
  }
}

/** `mustProve`: who says nothing of where it comes from comes from elsewhere. */
function isFromHere(c: Context<Vars>, mustProve: boolean): boolean {
  if (mustProve && c.req.header('x-scheduler-request') !== 'page') return false
  const site = c.req.header('sec-fetch-site')
  if (site !== undefined) return site === 'same-origin' || (site === 'none' && !mustProve)
  const origin = c.req.header('origin')
  if (origin === undefined) return !mustProve
  const host = c.req.header('host')
  return host !== undefined && URL.parse(origin)?.host === host.toLowerCase()
}
