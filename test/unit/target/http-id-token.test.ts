import { IdTokenClient } from 'google-auth-library'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createVerifier } from '../../../functions/auth/oidc.ts'
import { loadConfig } from '../../../functions/config.ts'
import { createCalling } from '../../../functions/target/http/calling.ts'
import { googleTokens, issuedTokens } from '../../../functions/target/http/id-token.ts'
import { type Issuer, startIssuer } from '../../../scripts/dev/issuer.ts'
import { realClock } from '../../support/real-clock.ts'

const AUDIENCE = 'https://email.example.com'

let issuer: Issuer
beforeAll(async () => {
  issuer = await startIssuer({ clock: realClock })
})
afterAll(() => issuer.close())

/** Google's place: it mints, and counts how often. */
function google() {
  let minted = 0
  const idTokenProvider = {
    fetchIdToken: (audience: string) => issuer.mint({ email: `me-${++minted}@example.com`, audience }),
  }
  const getIdTokenClient = async (targetAudience: string) =>
    new IdTokenClient({ targetAudience, idTokenProvider })
  return { getIdTokenClient, minted: () => minted }
}

test('a token is for its audience, and kept as long as it is valid', async () => {
  const source = google()
  const token = googleTokens(source)
  const first = await token(AUDIENCE)
  expect(await token(AUDIENCE)).toBe(first)
  expect(await token('https://other.example.com')).not.toBe(first)
  expect(source.minted()).toBe(2)
  const verify = createVerifier({ audience: AUDIENCE, keys_url: issuer.certs_url, clock: realClock })
  expect(await verify(first)).toMatchObject({ email: 'me-1@example.com' })
})

test('without an account there is no token, and the next attempt asks anew', async () => {
  const source = google()
  let isDown = true
  const flaky = {
    getIdTokenClient: (audience: string) =>
      isDown ? Promise.reject(new Error('the secret reason')) : source.getIdTokenClient(audience),
  }
  const token = googleTokens(flaky)
  const refusal = expect.objectContaining({
    code: 'token_unavailable',
    message: expect.not.stringContaining('secret'),
  })
  await expect(token(AUDIENCE)).rejects.toEqual(refusal)
  isDown = false
  expect(await token(AUDIENCE)).toMatch(/^eyJ/)
})

test('an issuer for development signs what a verifier that trusts it takes', async () => {
  const flags = { SCHEDULER_TOKEN_URL: `${issuer.url}/token`, SCHEDULER_SERVICE_ACCOUNT: 'tick@example.com' }
  const call = createCalling(loadConfig(flags), { newSecret: () => '', clock: realClock })
  const verify = createVerifier({ audience: AUDIENCE, keys_url: issuer.certs_url, clock: realClock })
  expect(await verify(await call.token(AUDIENCE))).toMatchObject({ email: 'tick@example.com' })
  expect(call.self_url).toBe('http://localhost:8080')
  for (const url of [`${issuer.url}/nowhere`, 'http://127.0.0.1:9/']) {
    await expect(issuedTokens(url, 'a@example.com')(AUDIENCE)).rejects.toMatchObject({
      code: 'token_unavailable',
    })
  }
})

test('another issuer of tokens is refused in production', () => {
  const production = {
    ENVIRONMENT: 'production',
    SCHEDULER_STORAGE: 'firestore',
    SCHEDULER_OIDC_AUDIENCE: 'https://scheduler.example.com',
    SCHEDULER_SERVICE_ACCOUNT: 'tick@example.com',
  }
  expect(loadConfig(production).token_url).toBeNull()
  expect(() => loadConfig({ ...production, SCHEDULER_TOKEN_URL: 'https://tokens.example.com' })).toThrow(
    'SCHEDULER_TOKEN_URL is refused in production',
  )
})
