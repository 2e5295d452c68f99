import type { MiddlewareHandler } from 'hono'

/** What every answer tells a browser, unless its route says something of its own: data only, nothing to run, embed or guess. */
export const SHIELD: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
}

/** Over https: never ask this host over http again, for a year. */
const ALWAYS_HTTPS = { 'Strict-Transport-Security': 'max-age=31536000' }

/** Adds them to whatever is answered, an error too. */
export function shield(): MiddlewareHandler {
  return async (c, next) => {
    await next()
    const isHttps = c.req.header('x-forwarded-proto') === 'https'
    for (const [name, value] of Object.entries({ ...SHIELD, ...(isHttps && ALWAYS_HTTPS) })) {
      if (!c.res.headers.has(name)) c.res.headers.set(name, value)
    }
  }
}
