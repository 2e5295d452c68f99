import { createServer, type IncomingMessage, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { type Iap, startIap } from '../../../scripts/dev/iap.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

/** IAP before a server that answers what it was asked. */
async function setup(): Promise<Iap> {
  const behind = createServer((request, response) => {
    const { method, url, headers } = request
    void text(request).then((body) => response.end(JSON.stringify({ method, url, headers, body })))
  })
  await new Promise<void>((resolve) => behind.listen(0, '127.0.0.1', resolve))
  closing.push(() => new Promise((resolve) => behind.close(resolve)))
  let signed = 0
  const mintAssertion = async ({ email, audience }: { email: string; audience: string }) =>
    `${email} for ${audience}, number ${++signed}`
  const { port: target } = behind.address() as AddressInfo
  const iap = await startIap({
    port: 0,
    target,
    audience: '/a',
    email: 'you@example.com',
    issuer: { mintAssertion },
  })
  closing.push(() => iap.close())
  return iap
}

/** Asks with any headers, also such as `fetch` does not let through. */
async function ask(iap: Iap, headers: Record<string, string>, init: { method?: string; body?: string } = {}) {
  const { port } = new URL(iap.url)
  const asked = send({ host: '127.0.0.1', port, path: '/admin?x=1', method: init.method ?? 'GET', headers })
  asked.end(init.body)
  const response = await new Promise<IncomingMessage>((resolve, reject) =>
    asked.on('response', resolve).on('error', reject),
  )
  return { status: response.statusCode, body: await text(response) }
}

describe('the local IAP', () => {
  it('signs a fresh assertion for each request, and passes on all the rest', async () => {
    const iap = await setup()
    const host = new URL(iap.url).host
    const first = JSON.parse(
      (await ask(iap, { host, 'x-mark': 'a' }, { method: 'POST', body: 'hello' })).body,
    )
    expect(first).toMatchObject({ method: 'POST', url: '/admin?x=1', body: 'hello' })
    expect(first.headers).toMatchObject({ host, 'x-mark': 'a' })
    expect(first.headers['x-goog-iap-jwt-assertion']).toBe('you@example.com for /a, number 1')
    const second = JSON.parse((await ask(iap, { host })).body)
    expect(second.headers['x-goog-iap-jwt-assertion']).toBe('you@example.com for /a, number 2')
  })

  it('lets no assertion of the caller’s own through', async () => {
    const iap = await setup()
    const headers = { host: 'localhost', 'X-Goog-IAP-JWT-Assertion': 'mine' }
    const { body } = await ask(iap, headers)
    expect(body).toContain('you@example.com for /a')
    expect(body).not.toContain('mine')
  })

  it.each(['evil.example', 'localhost.evil.example', 'localhost@evil.example', '127.0.0.1.nip.example:80'])(
    'signs nobody in who calls it %j: a name of another site may point here',
    async (host) => {
      expect(await ask(await setup(), { host })).toEqual({
        status: 403,
        body: 'Open it as http://localhost.\n',
      })
    },
  )
})
