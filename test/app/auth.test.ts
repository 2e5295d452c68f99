import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createVerifier } from '../../functions/auth/oidc.ts'
import { TickoverError } from '../../functions/errors.ts'
import type { Mint } from '../../scripts/dev/issuer/mint.ts'
import { type Issuer, startIssuer } from '../../scripts/dev/issuer.ts'
import { until } from '../support/until.ts'
import { virtualClock } from '../support/virtual-clock.ts'
import { setup, TICKER } from './setup.ts'

const AUDIENCE = 'https://tickover.example.com'
/** The library reads the machine's clock, so each test starts from that. */
let clock = virtualClock(Date.now())
beforeEach(() => {
  clock = virtualClock(Date.now())
})
const now = () => Math.floor(clock.now() / 1000)
let issuer: Issuer

beforeAll(async () => {
  issuer = await startIssuer({
    clock: { now: () => clock.now(), sleep: (ms, signal) => clock.sleep(ms, signal) },
  })
})
afterAll(() => issuer.close())

const verifier = (keys_url = issuer.certs_url) => createVerifier({ audience: AUDIENCE, keys_url, clock })
const token = ({ claims, ...options }: Partial<Mint> = {}) =>
  issuer.mint({
    email: TICKER,
    audience: AUDIENCE,
    ...options,
    claims: { iat: now() - 600, exp: now() + 3000, ...claims },
  })
const without = (name: string) => token({ claims: { [name]: undefined } })

async function refusal(work: Promise<unknown>): Promise<TickoverError> {
  const error: unknown = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (error instanceof TickoverError) return error
  throw new Error('It was not refused.', { cause: error })
}

describe('an ID token', () => {
  it('proves the e-mail address that Google verified', async () => {
    expect(await verifier()(await token({ email: 'Tick@Example.com' }))).toEqual({
      email: 'tick@example.com',
      domain: null,
    })
    expect(await verifier()(await token({ claims: { hd: 'Example.com' } }))).toMatchObject({
      domain: 'example.com',
    })
    expect(await verifier()(await token({ claims: { iss: 'accounts.google.com' } }))).toMatchObject({
      email: TICKER,
    })
  })

  const bad: Record<string, { mint: () => Promise<string>; says: RegExp }> = {
    'is empty': { mint: async () => '', says: /no ID token/ },
    'is no token': { mint: async () => 'abc', says: /no ID token/ },
    'has two parts': {
      mint: async () => (await token()).split('.').slice(0, 2).join('.'),
      says: /no ID token/,
    },
    'has four parts': { mint: async () => `${await token()}.x`, says: /no ID token/ },
    'holds no JSON': { mint: async () => 'abc.def.ghi', says: /no ID token/ },
    'is endless': { mint: async () => `${await token()}${'A'.repeat(9000)}`, says: /no ID token/ },
    'is unsigned (none)': { mint: () => token({ signature: 'none' }), says: /RS256/ },
    'is signed as HS256 with the public key': { mint: () => token({ signature: 'confused' }), says: /RS256/ },
    'is signed by a stranger under a known key id': {
      mint: () => token({ signature: 'stranger' }),
      says: /signature does not fit/,
    },
    'had its claims changed': { mint: async () => forged(await token()), says: /signature does not fit/ },
    'lost its signature to Cloud Run': {
      mint: async () => `${(await token()).split('.').slice(0, 2).join('.')}.SIGNATURE_REMOVED_BY_GOOGLE`,
      says: /impersonate-service-account/,
    },
    'names an unknown key': {
      mint: async () => reheaded(await token(), { alg: 'RS256', kid: 'unheard-of' }),
      says: /unknown key/,
    },
    'names no key': { mint: async () => reheaded(await token(), { alg: 'RS256' }), says: /unknown key/ },
    'names a key of every object': {
      mint: async () => reheaded(await token(), { alg: 'RS256', kid: '__proto__' }),
      says: /unknown key/,
    },
    'has expired': { mint: () => token({ claims: { iat: now() - 3700, exp: now() - 31 } }), says: /expired/ },
    'was issued in the future': { mint: () => token({ claims: { iat: now() + 40 } }), says: /not valid yet/ },
    'is not valid before later (nbf)': {
      mint: () => token({ claims: { nbf: now() + 40 } }),
      says: /not valid yet/,
    },
    'never expires': { mint: () => without('exp'), says: /no ID token/ },
    'has no time of issue': { mint: () => without('iat'), says: /no ID token/ },
    'lives for a year': {
      mint: () => token({ claims: { exp: now() + 365 * 86_400 } }),
      says: /signature does not fit|expire/,
    },
    'is for another audience': {
      mint: () => token({ audience: `${AUDIENCE}/cron/tick` }),
      says: /another audience/,
    },
    'is for several audiences': {
      mint: () => token({ claims: { aud: [AUDIENCE, 'x'] } }),
      says: /no ID token/,
    },
    'is of another issuer': {
      mint: () => token({ claims: { iss: 'https://accounts.example.com' } }),
      says: /another issuer/,
    },
    'is of the universe domain': {
      mint: () => token({ claims: { iss: 'googleapis.com' } }),
      says: /another issuer/,
    },
    'names no e-mail': { mint: () => token({ claims: { email: undefined } }), says: /no e-mail/ },
    'has an unverified e-mail': {
      mint: () => token({ claims: { email_verified: false } }),
      says: /not verified/,
    },
    'says "true" for verified': {
      mint: () => token({ claims: { email_verified: 'true' } }),
      says: /not verified/,
    },
    'does not say whether it is verified': {
      mint: () => token({ claims: { email_verified: undefined } }),
      says: /not verified/,
    },
  }

  it.each(Object.entries(bad))('that %s is refused, and nowhere repeated', async (_, { mint, says }) => {
    const text = await mint()
    const error = await refusal(verifier()(text))
    expect(error).toMatchObject({ code: 'unauthenticated', status: 401 })
    expect(error.message).toMatch(says)
    expect(error.cause).toBeUndefined()
    for (const part of text.split('.').filter((piece) => piece.length > 8 && !piece.startsWith('SIGN'))) {
      expect(error.message).not.toContain(part)
    }
  })

  it('is forgiven 30 seconds of clock, and no more', async () => {
    await verifier()(await token({ claims: { iat: now() + 25 } }))
    await verifier()(await token({ claims: { iat: now() - 3600, exp: now() - 25 } }))
  })
})

describe('the issuer’s keys', () => {
  const servers: Server[] = []
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  })

  async function keyServer(answer: RequestListener): Promise<string> {
    const server = createServer(answer)
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/certs`
  }

  it('are fetched once for many tokens, also for those that arrive together', async () => {
    const verify = verifier()
    const before = issuer.fetches()
    const tokens = await Promise.all(Array.from({ length: 20 }, () => token()))
    await Promise.all(tokens.map(verify))
    for (const text of tokens) await verify(text)
    expect(issuer.fetches() - before).toBe(1)
  })

  it('are fetched again once their max-age is over', async () => {
    const verify = verifier()
    await verify(await token())
    const before = issuer.fetches()
    await clock.advance(301_000)
    await verify(await token())
    expect(issuer.fetches() - before).toBe(1)
  })

  it('are kept a minute when the answer names no max-age', async () => {
    let fetches = 0
    const url = await keyServer((_, response) => {
      fetches += 1
      void fetch(issuer.certs_url).then(async (answer) =>
        response.setHeader('content-type', 'application/json').end(await answer.text()),
      )
    })
    const verify = verifier(url)
    for (let n = 0; n < 5; n += 1) await verify(await token())
    expect(fetches).toBe(1)
    await clock.advance(61_000)
    await verify(await token())
    expect(fetches).toBe(2)
  })

  it('are fetched again for a key id they lack, so that rotation is seen, but for invented ones at most every 30 s', async () => {
    const verify = verifier()
    await verify(await token())
    await clock.advance(31_000)
    await issuer.rotate()
    await verify(await token())
    const before = issuer.fetches()
    const invented = reheaded(await token(), { alg: 'RS256', kid: 'invented' })
    for (let n = 0; n < 10; n += 1) expect((await refusal(verify(invented))).status).toBe(401)
    expect(issuer.fetches() - before).toBe(0)
    await clock.advance(31_000)
    for (let n = 0; n < 10; n += 1) await refusal(verify(invented))
    expect(issuer.fetches() - before).toBe(1)
  })

  it('are not even asked for when the token cannot be one', async () => {
    const before = issuer.fetches()
    await refusal(verifier()('not-a-token'))
    await refusal(verifier()(await token({ signature: 'none' })))
    expect(issuer.fetches() - before).toBe(0)
  })

  it.each<[string, RequestListener]>([
    ['answers 500', (_, response) => response.writeHead(500).end('secret inside')],
    ['answers a page', (_, response) => response.setHeader('content-type', 'text/html').end('<html>')],
    ['answers no keys', (_, response) => response.setHeader('content-type', 'application/json').end('{}')],
    [
      'answers no PEM',
      (_, response) => response.setHeader('content-type', 'application/json').end('{"a":"b"}'),
    ],
    ['hangs up', (request) => request.socket.destroy()],
    ['sends elsewhere', (_, response) => response.writeHead(302, { location: issuer.certs_url }).end()],
  ])('are out of reach when their server %s: 503, asked for once in 5 s', async (_, answer) => {
    let asked = 0
    const url = await keyServer((request, response) => {
      asked += 1
      answer(request, response)
    })
    const verify = verifier(url)
    const text = await token()
    for (let n = 0; n < 5; n += 1) {
      const error = await refusal(verify(text))
      expect(error).toMatchObject({ code: 'keys_unreachable', status: 503 })
      expect(error.cause).toBeUndefined()
      expect(error.message).not.toContain(url)
    }
    expect(asked).toBe(1)
    await clock.advance(5001)
    await refusal(verify(text))
    expect(asked).toBe(2)
  })

  it('are given up on after 3 s when their server is slow', async () => {
    let asked = 0
    const url = await keyServer(() => {
      asked += 1
    })
    const refused = refusal(verifier(url)(await token()))
    await until(() => asked === 1, 'the keys are asked for')
    await clock.advance(3000)
    expect((await refused).status).toBe(503)
  })

  it('stay good while others’ invented key ids cannot be looked up', async () => {
    let isDown = false
    const url = await keyServer((_, response) => {
      if (isDown) return response.destroy()
      return void fetch(issuer.certs_url).then(async (answer) =>
        response
          .writeHead(200, { 'content-type': 'application/json', 'cache-control': 'max-age=3600' })
          .end(await answer.text()),
      )
    })
    const verify = verifier(url)
    await verify(await token())
    isDown = true
    await clock.advance(31_000)
    const stranger = refusal(verify(reheaded(await token(), { alg: 'RS256', kid: 'invented' })))
    expect(await verify(await token())).toMatchObject({ email: TICKER })
    expect((await stranger).status).toBe(503)
  })
})

describe('a refused request', () => {
  it('leaves neither token nor stack in the answer or the log', async () => {
    const { app, lines } = setup({ verify: verifier() })
    const text = forged(await token())
    const response = await app.request('/cron/tick', {
      method: 'POST',
      headers: { authorization: `Bearer ${text}` },
    })
    const answer = await response.text()
    expect(response.status).toBe(401)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    for (const said of [answer, lines.join('')]) {
      for (const part of text.split('.')) expect(said).not.toContain(part)
      expect(said).not.toMatch(/\bat .*\.[jt]s:\d+/)
    }
    expect(lines.join('')).toContain('Refused POST /cron/tick')
  })

  it.each(['Basic abcdef', 'Bearer', 'Bearer  ', 'bearer a b', 'Token x', 'Bearer a!b'])(
    'with Authorization: %s is 401',
    async (authorization) => {
      const { app } = setup({ verify: verifier() })
      expect((await app.request('/cron/tick', { method: 'POST', headers: { authorization } })).status).toBe(
        401,
      )
    },
  )

  it('of the wrong account is 403', async () => {
    const { app } = setup({ verify: verifier() })
    const authorization = `Bearer ${await token({ email: 'somebody@p.iam.gserviceaccount.com' })}`
    expect((await app.request('/cron/tick', { method: 'POST', headers: { authorization } })).status).toBe(403)
  })
})

function forged(text: string): string {
  const [header, claims = '', signature] = text.split('.')
  const changed = { ...JSON.parse(Buffer.from(claims, 'base64url').toString()), email: 'root@example.com' }
  return [header, Buffer.from(JSON.stringify(changed)).toString('base64url'), signature].join('.')
}

function reheaded(text: string, header: object): string {
  return [Buffer.from(JSON.stringify(header)).toString('base64url'), ...text.split('.').slice(1)].join('.')
}
