import type { Context, MiddlewareHandler } from 'hono'
import { TickoverError } from '../errors.ts'
import type { Vars } from './surface.ts'

/**
 * Refuses what another site has had a browser send. Behind IAP a cookie stands for the person, and a browser sends it with
 * whatever any page asks for; so our page adds a header that a foreign page could send only after a preflight, which nobody
 * here answers. Other credentials never come by themselves, and GET changes nothing.
 */
export function refuseOtherSites(): MiddlewareHandler<Vars> {
  return async (c, next) => {
    const isSafe = c.req.method === 'GET' || c.req.method === 'HEAD'
    if (!isSafe && c.get('caller')?.by === 'iap' && !isFromOurPage(c)) {
      throw new TickoverError(
        'cross_site',
        'This request did not come from the page itself. Open /admin, and act there.',
      )
    }
    await next()
  }
}

function isFromOurPage(c: Context<Vars>): boolean {
  if (c.req.header('x-scheduler-request') !== 'page') return false
  const site = c.req.header('sec-fetch-site')
  if (site !== undefined) return site === 'same-origin'
  const host = c.req.header('host')
  return host !== undefined && URL.parse(c.req.header('origin') ?? '')?.host === host.toLowerCase()
}
