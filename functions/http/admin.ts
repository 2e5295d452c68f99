import type { Context } from 'hono'
import { PAGE_POLICY, readPage } from '../admin/page.ts'
import { TickoverError } from '../errors.ts'
import type { Handler, Vars } from './surface.ts'

/** GET /admin: the operator's page, and its files. They are read at the first request: an instance that only ticks never does. */
export function adminRoutes(): Record<'GET /admin' | 'GET /admin/:file', Handler> {
  let page: ReturnType<typeof readPage> | null = null
  const answer = async (c: Context<Vars>, name: string): Promise<Response> => {
    page ??= readPage()
    const asset = page.get(name)
    if (asset === undefined) throw new TickoverError('not_found', 'The page has no such file. Open /admin.')
    const headers = {
      'Content-Type': asset.type,
      'Content-Security-Policy': PAGE_POLICY,
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': 'no-cache',
      ETag: asset.etag,
    }
    return c.req.header('if-none-match') === asset.etag
      ? c.body(null, 304, headers)
      : c.body(asset.body, 200, headers)
  }
  return {
    'GET /admin': (c) => answer(c, 'index.html'),
    'GET /admin/:file': (c) => answer(c, c.req.param('file') ?? ''),
  }
}
