import type { Context } from 'hono'
import { PAGE_POLICY, readPage } from '../admin/page.ts'
import { TickoverError } from '../errors.ts'
import type { Deps, Handler, Vars } from './surface.ts'

/**
 * GET /admin: the operator's page, and its files. They are read at the first request, since an instance that only ticks needs none;
 * locally at each, so that whoever edits one has only to reload.
 */
export function adminRoutes({
  config,
}: Pick<Deps, 'config'>): Record<'GET /admin' | 'GET /admin/:file', Handler> {
  let read: ReturnType<typeof readPage> | null = null
  const page = () => {
    if (config.environment === 'local') return readPage()
    read ??= readPage()
    return read
  }
  const answer = async (c: Context<Vars>, name: string): Promise<Response> => {
    const asset = page().get(name)
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
