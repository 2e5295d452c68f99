import { OAuth2Client } from 'google-auth-library'
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Issuer, startIssuer } from '../../scripts/dev/issuer.ts'
import { systemClock } from '../../scripts/system-clock.ts'

const EMAIL = 'ticks@test-project.iam.gserviceaccount.com'
const AUDIENCE = 'https://tickover.example'
const WHO = { email: EMAIL, audience: AUDIENCE }

let issuer: Issuer
let google: OAuth2Client
beforeAll(async () => {
  issuer = await startIssuer({ clock: systemClock })
})
afterAll(() => issuer.close())
beforeEach(() => {
  google = new OAuth2Client({ endpoints: { oauth2FederatedSignonPemCertsUrl: issuer.certs_url } })
})

const verify = (idToken: string) => google.verifyIdToken({ idToken, audience: AUDIENCE })
const iapKeys = async () => (await (await fetch(issuer.iap_keys_url)).json()) as Record<string, string>
const idOf = async (email: string) => (await verify(await issuer.mint({ ...WHO, email }))).getUserId()

describe('to google-auth-library', () => {
  test('a token carries what Google’s carry, for one hour', async () => {
    const claims = (await verify(await issuer.mint(WHO))).getPayload()
    expect(claims).toMatchObject({
      iss: 'https://accounts.google.com',
      aud: AUDIENCE,
      email: EMAIL,
      email_verified: true,
    })
    expect(claims?.sub).toMatch(/^\d{21}$/)
    expect(claims?.azp).toBe(claims?.sub)
    expect((claims?.exp ?? 0) - (claims?.iat ?? 0)).toBe(3600)
  })

  test('the same account keeps its id, another has another', async () => {
    expect(await idOf(EMAIL)).toBe(await idOf(EMAIL))
    expect(await idOf(EMAIL)).not.toBe(await idOf('ana@example.com'))
  })

  const now = Math.floor(Date.now() / 1000)
  test.each<[string, Parameters<Issuer['mint']>[0]]>([
    ['for another audience', { ...WHO, audience: 'https://other.example' }],
    ['of another issuer', { ...WHO, claims: { iss: 'https://accounts.example' } }],
    ['that has expired', { ...WHO, claims: { iat: now - 7200, exp: now - 3600 } }],
    ['that begins later', { ...WHO, claims: { iat: now + 1800, exp: now + 3600 } }],
    ['without an expiry', { ...WHO, claims: { exp: undefined } }],
    ['that lives for days', { ...WHO, claims: { exp: now + 2 * 86_400 } }],
    ['signed by a stranger', { ...WHO, signature: 'stranger' }],
    ['signed with the public key as a secret', { ...WHO, signature: 'confused' }],
    ['that is not signed', { ...WHO, signature: 'none' }],
  ])('a token %s is refused', async (_, options) => {
    await expect(verify(await issuer.mint(options))).rejects.toThrow()
  })

  test('the keys are fetched once while max-age lasts', async () => {
    const before = issuer.fetches()
    await verify(await issuer.mint(WHO))
    await verify(await issuer.mint(WHO))
    expect(issuer.fetches()).toBe(before + 1)
  })

  test('after a rotation old tokens stay good until the old key is forgotten', async () => {
    const fresh = () =>
      new OAuth2Client({ endpoints: { oauth2FederatedSignonPemCertsUrl: issuer.certs_url } })
    const old = await issuer.mint(WHO)
    await issuer.rotate()
    google = fresh()
    await verify(old)
    await verify(await issuer.mint(WHO))
    issuer.forget()
    google = fresh()
    await expect(verify(old)).rejects.toThrow()
    await verify(await issuer.mint(WHO))
  })
})

describe('as IAP', () => {
  const audience = '/projects/0/locations/local/services/tickover'
  const iap = 'https://cloud.google.com/iap'
  const check = async (token: string) =>
    google.verifySignedJwtWithCertsAsync(token, await iapKeys(), audience, [iap])

  test('it signs with ES256 what IAP says of whom it let in, for ten minutes', async () => {
    const token = await issuer.mintAssertion({ email: 'ana@example.com', audience })
    const { alg, kid } = decodeProtectedHeader(token)
    expect(alg).toBe('ES256')
    expect(Object.keys(await iapKeys())).toEqual([kid])
    const claims = (await check(token)).getPayload()
    expect(claims).toMatchObject({ iss: iap, aud: audience, email: 'ana@example.com' })
    expect(claims?.sub).toMatch(/^accounts\.google\.com:\d{21}$/)
    expect(claims).not.toHaveProperty('email_verified')
    expect((claims?.exp ?? 0) - (claims?.iat ?? 0)).toBe(600)
  })

  test('its keys are others than those of ID tokens', async () => {
    const [assertion, token] = await Promise.all([
      issuer.mintAssertion({ email: 'ana@example.com', audience }),
      issuer.mint({ email: 'ana@example.com', audience, claims: { iss: iap } }),
    ])
    await expect(check(token)).rejects.toThrow()
    await expect(google.verifyIdToken({ idToken: assertion, audience })).rejects.toThrow()
  })
})

test('the JWK set holds the same keys', async () => {
  const keys = createRemoteJWKSet(new URL(issuer.jwks_url))
  const { payload } = await jwtVerify(await issuer.mint(WHO), keys, { audience: AUDIENCE })
  expect(payload.email).toBe(EMAIL)
})

test('a token for curl comes as plain text, and what it is for must be said', async () => {
  const answer = await fetch(`${issuer.url}/token?email=${EMAIL}&audience=${AUDIENCE}`)
  expect((await verify(await answer.text())).getPayload()?.email).toBe(EMAIL)
  expect((await fetch(`${issuer.url}/token?email=${EMAIL}`)).status).toBe(400)
  expect((await fetch(issuer.url)).status).toBe(404)
})
