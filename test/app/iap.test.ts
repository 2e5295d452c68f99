import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createIapVerifier } from '../../functions/auth/iap.ts'
import { createVerifier } from '../../functions/auth/oidc.ts'
import { TickoverError } from '../../functions/errors.ts'
import type { Mint } from '../../scripts/dev/issuer/mint.ts'
import { type Issuer, startIssuer } from '../../scripts/dev/issuer.ts'
import { virtualClock } from '../support/virtual-clock.ts'
import { setup } from './setup.ts'

const AUDIENCE = '/projects/12/locations/us-central1/services/tickover-page'
const OPERATOR = 'ops@example.com'

/** The library reads the machine's clock, so each test starts from that. */
let clock = virtualClock(Date.now())
let issuer: Issuer
beforeAll(async () => {
  issuer = await startIssuer({
    clock: { now: () => clock.now(), sleep: (ms, signal) => clock.sleep(ms, signal) },
  })
})
afterAll(() => issuer.close())
beforeEach(() => {
  clock = virtualClock(Date.now())
})

const now = () => Math.floor(clock.now() / 1000)
const verifyIap = (token: string) =>
  createIapVerifier({ audience: AUDIENCE, keys_url: issuer.iap_keys_url, clock })(token)
const assertion = (options: Partial<Mint> = {}) =>
  issuer.mintAssertion({ email: OPERATOR, audience: AUDIENCE, ...options })

/** What Google signed as an ID token, with the claims of an assertion. */
const idTokenLikeIt = () =>
  issuer.mint({ email: OPERATOR, audience: AUDIENCE, claims: { iss: 'https://cloud.google.com/iap' } })

async function refused(work: Promise<unknown>): Promise<TickoverError> {
  const error: unknown = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (error instanceof TickoverError) return error
  throw new Error('It was not refused.', { cause: error })
}

describe('an IAP assertion', () => {
  it('proves the e-mail address of whom IAP let in, in lower case, and the domain that answers for it', async () => {
    expect(await verifyIap(await assertion({ email: 'Ops@Example.com' }))).toEqual({
      email: OPERATOR,
      domain: null,
    })
    expect(await verifyIap(await assertion({ claims: { hd: 'Example.com' } }))).toMatchObject({
      domain: 'example.com',
    })
  })

  const bad: Record<string, readonly [() => Promise<string>, RegExp]> = {
    'is empty': [async () => '', /cannot be read/],
    'is endless': [async () => `${await assertion()}${'A'.repeat(9000)}`, /cannot be read/],
    'is unsigned (none)': [() => assertion({ signature: 'none' }), /ES256/],
    'is signed as HS256 with the public key': [() => assertion({ signature: 'confused' }), /ES256/],
    'is an ID token of Google (RS256)': [() => issuer.mint({ email: OPERATOR, audience: AUDIENCE }), /ES256/],
    'calls itself ES256 over another signature': [
      async () => reheaded(await idTokenLikeIt(), await headerOf(assertion())),
      /does not fit/,
    ],
    'is signed by a stranger under a known key id': [
      () => assertion({ signature: 'stranger' }),
      /does not fit/,
    ],
    'had its claims changed': [async () => forged(await assertion()), /does not fit/],
    'names an unknown key': [
      async () => reheaded(await assertion(), { alg: 'ES256', kid: 'unheard-of' }),
      /unknown key/,
    ],
    'has expired': [() => assertion({ claims: { iat: now() - 700, exp: now() - 31 } }), /expired/],
    'was issued in the future': [() => assertion({ claims: { iat: now() + 40 } }), /not valid yet/],
    'never expires': [() => assertion({ claims: { exp: undefined } }), /cannot be read/],
    'is for another service': [() => assertion({ audience: `${AUDIENCE}-2` }), /SCHEDULER_IAP_AUDIENCE/],
    'is of the issuer of ID tokens': [
      () => assertion({ claims: { iss: 'https://accounts.google.com' } }),
      /another issuer/,
    ],
    'names no e-mail': [() => assertion({ claims: { email: undefined } }), /no e-mail/],
  }

  it.each(Object.entries(bad))('that %s is refused, and nowhere repeated', async (_, [mint, says]) => {
    const text = await mint()
    const error = await refused(verifyIap(text))
    expect(error).toMatchObject({ code: 'unauthenticated', status: 401 })
    expect(error.cause).toBeUndefined()
    expect(error.message).toMatch(says)
    for (const part of text.split('.').filter((piece) => piece.length > 8))
      expect(error.message).not.toContain(part)
  })

  it('is no ID token', async () => {
    const verify = createVerifier({ audience: AUDIENCE, keys_url: issuer.certs_url, clock })
    expect((await refused(verify(await assertion()))).message).toMatch(/RS256/)
  })

  it('is no ID token to a verifier that was given IAP’s keys either', async () => {
    const verify = createVerifier({ audience: AUDIENCE, keys_url: issuer.iap_keys_url, clock })
    const claims = { iss: 'https://accounts.google.com', email_verified: true }
    expect((await refused(verify(await assertion({ claims })))).message).toMatch(/RS256/)
  })
})

const header = async (options: Partial<Mint> = {}) => ({
  'x-goog-iap-jwt-assertion': await assertion(options),
})

async function ask(surface: string, headers: Record<string, string>) {
  const { app, lines } = setup({ env: { SCHEDULER_SURFACE: surface }, verifyIap })
  return { response: await app.request('/api/jobs', { headers }), lines: lines.join('') }
}

describe('the header of IAP', () => {
  it.each(['page', 'both'])('names the caller on the surface %s', async (surface) => {
    expect((await ask(surface, await header())).response.status).toBe(200)
    expect((await ask(surface, await header({ email: 'else@example.com' }))).response.status).toBe(403)
  })

  it('is nothing on the surface api, where anybody could send it', async () => {
    expect((await ask('api', await header())).response.status).toBe(401)
    const both = { ...(await header({ email: 'else@example.com' })), authorization: 'Bearer viewer' }
    expect((await ask('api', both)).response.status).toBe(200)
  })

  it('is nothing where no IAP is configured', async () => {
    const { app } = setup({ env: { SCHEDULER_SURFACE: 'page' } })
    expect((await app.request('/api/jobs', { headers: await header() })).status).toBe(401)
  })

  it('is not helped by an ID token beside it, nor is one in its place accepted', async () => {
    const forgedOne = { 'x-goog-iap-jwt-assertion': forged(await assertion()) }
    expect((await ask('page', { ...forgedOne, authorization: 'Bearer operator' })).response.status).toBe(401)
    expect((await ask('page', { 'x-goog-iap-jwt-assertion': 'operator' })).response.status).toBe(401)
    expect((await ask('page', { authorization: `Bearer ${await assertion()}` })).response.status).toBe(401)
  })

  it('is not replaced by what IAP sends beside it without a signature', async () => {
    const unsigned = {
      'x-goog-authenticated-user-email': `accounts.google.com:${OPERATOR}`,
      'x-goog-authenticated-user-id': 'accounts.google.com:1',
    }
    expect((await ask('page', unsigned)).response.status).toBe(401)
  })

  it('is not in the log when it was refused', async () => {
    const text = forged(await assertion())
    const { response, lines } = await ask('page', { 'x-goog-iap-jwt-assertion': text })
    expect(lines).toContain('Refused GET /api/jobs')
    for (const said of [await response.text(), lines])
      for (const part of text.split('.')) expect(said).not.toContain(part)
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

async function headerOf(token: Promise<string>): Promise<object> {
  return JSON.parse(Buffer.from((await token).split('.')[0] ?? '', 'base64url').toString())
}
