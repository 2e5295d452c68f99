import { describe, expect, it } from 'vitest'
import { setup } from './setup.ts'

const OPERATOR = { email: 'ops@example.com', domain: null }
const HOST = 'page.example.com'
const PAGE = { 'x-scheduler-request': 'page' }

/** An operator's browser, which IAP signs in whatever page it is on. */
function ask(method: string, headers: Record<string, string>) {
  const { app, created } = setup({ verifyIap: async () => OPERATOR })
  const body =
    method === 'POST' ? JSON.stringify({ job_type: 'x', schedule_at: '2030-02-01T00:00:00Z' }) : null
  const all = {
    host: HOST,
    'content-type': 'application/json',
    'x-goog-iap-jwt-assertion': 'signed',
    ...headers,
  }
  const response = app.request(`https://${HOST}/api/jobs`, { method, body, headers: all })
  return { response, created }
}

describe('a request that IAP signed in', () => {
  it.each<[string, Record<string, string>]>([
    ['says that it is of the same origin', { ...PAGE, 'sec-fetch-site': 'same-origin' }],
    ['does not say that, but names our origin', { ...PAGE, origin: `https://${HOST}` }],
  ])('is taken for the page’s own when the browser %s', async (_, headers) => {
    const { response, created } = ask('POST', headers)
    expect((await response).status).toBe(201)
    expect(created).toHaveLength(1)
  })

  it.each<[string, Record<string, string>]>([
    ['bears no mark', { 'sec-fetch-site': 'same-origin' }],
    ['bears another mark', { 'sec-fetch-site': 'same-origin', 'x-scheduler-request': 'yes' }],
    ['comes from another site', { ...PAGE, 'sec-fetch-site': 'cross-site' }],
    ['comes from a sister of our host', { ...PAGE, 'sec-fetch-site': 'same-site' }],
    ['comes from no page', { ...PAGE, 'sec-fetch-site': 'none' }],
    [
      'comes from another site that names our origin',
      { ...PAGE, 'sec-fetch-site': 'cross-site', origin: `https://${HOST}` },
    ],
    ['names another origin', { ...PAGE, origin: 'https://evil.example.com' }],
    ['names an origin that begins like ours', { ...PAGE, origin: `https://${HOST}.evil.example` }],
    ['names our host on another port', { ...PAGE, origin: `https://${HOST}:8443` }],
    ['names no origin', PAGE],
    ['names a hidden origin', { ...PAGE, origin: 'null' }],
    ['is a plain form', { origin: 'https://evil.example.com', 'content-type': 'text/plain' }],
  ])('is refused when it %s, and changes nothing', async (_, headers) => {
    const { response, created } = ask('POST', headers)
    expect((await response).status).toBe(403)
    expect(await (await response).json()).toMatchObject({ code: 'cross_site' })
    expect(created).toEqual([])
  })

  it('may look, from wherever it comes', async () => {
    for (const method of ['GET', 'HEAD'])
      expect((await ask(method, { 'sec-fetch-site': 'cross-site' }).response).status).toBe(200)
  })

  it('is told of no other site that may ask: a preflight gets no leave', async () => {
    const headers = { origin: 'https://evil.example.com', 'access-control-request-method': 'POST' }
    const response = await ask('OPTIONS', headers).response
    expect(response.status).toBe(405)
    for (const [name] of response.headers) expect(name).not.toMatch(/^access-control-/)
  })
})

describe('a request with credentials that no browser sends by itself', () => {
  it('needs no mark', async () => {
    const { app } = setup()
    const body = JSON.stringify({ job_type: 'x', schedule_at: '2030-02-01T00:00:00Z' })
    const headers = { authorization: 'Bearer operator', 'content-type': 'application/json' }
    expect((await app.request('/api/jobs', { method: 'POST', body, headers })).status).toBe(201)
  })

  it.each([
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'same-site' }, 403],
    [{ origin: 'https://evil.example.com' }, 403],
    [{ origin: 'null' }, 403],
    [{ 'sec-fetch-site': 'same-origin' }, 201],
    [{ 'sec-fetch-site': 'none' }, 201],
    [{ origin: 'http://localhost', host: 'localhost' }, 201],
  ])(
    'is refused all the same when a browser says that another site sent it: %o is %i',
    async (said, status) => {
      const { app } = setup()
      const body = JSON.stringify({ job_type: 'x', schedule_at: '2030-02-01T00:00:00Z' })
      const headers = { authorization: 'Bearer operator', 'content-type': 'application/json', ...said }
      expect((await app.request('/api/jobs', { method: 'POST', body, headers })).status).toBe(status)
    },
  )
})

describe('every answer', () => {
  it.each([
    ['/health', {}],
    ['/api/jobs', { authorization: 'Bearer viewer' }],
    ['/api/jobs', {}],
    ['/nothing', { authorization: 'Bearer viewer' }],
  ])('of %s with %j tells browsers to guess, embed, run and keep nothing', async (path, headers) => {
    const response = await setup().app.request(path, { headers })
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
    })
    expect(response.headers.has('strict-transport-security')).toBe(false)
  })

  it('over https binds the host to it', async () => {
    const headers = { 'x-forwarded-proto': 'https' }
    const response = await setup().app.request('/health', { headers })
    expect(response.headers.get('strict-transport-security')).toMatch(/^max-age=\d{8}$/)
  })

  it('of the page keeps the page’s own policy', async () => {
    const response = await setup().app.request('/admin', { headers: { authorization: 'Bearer viewer' } })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-security-policy')).toContain("script-src 'self'")
  })
})
