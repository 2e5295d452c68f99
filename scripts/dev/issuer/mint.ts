import { createHash } from 'node:crypto'
import { type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { freshKey, type SigningKey } from './keys.ts'

/**
 * How to sign: `published` with the issuer's key; `stranger` with another key under the same id;
 * `confused` as HS256 with the public key as the secret; `none` not at all.
 */
export type Signature = 'published' | 'stranger' | 'confused' | 'none'

/** What to put into a token. */
export interface Mint {
  readonly email: string
  readonly audience: string
  /** Replaces or adds claims, for tokens that must be refused; times in seconds since 1970, undefined leaves a claim out. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** `published` unless said otherwise. */
  readonly signature?: Signature
}

const ISSUER = 'https://accounts.google.com'
const LIFETIME_SECONDS = 3600
const IAP = 'https://cloud.google.com/iap'
const IAP_LIFETIME_SECONDS = 600

const SIGN: Readonly<Record<Signature, (payload: JWTPayload, key: SigningKey) => Promise<string>>> = {
  published: sign,
  stranger: async (payload, key) => sign(payload, await freshKey(key.alg, key.kid)),
  confused: (payload, key) =>
    new SignJWT(payload)
      .setProtectedHeader({ alg: 'HS256', kid: key.kid })
      .sign(new TextEncoder().encode(key.pem)),
  none: async (payload) => new UnsecuredJWT(payload).encode(),
}

/** A token as Google signs it for a service account. `now` in milliseconds since 1970. */
export async function mintToken(key: SigningKey, options: Mint, now: number): Promise<string> {
  const payload = Object.assign(googleClaims(options, Math.floor(now / 1000)), options.claims)
  return SIGN[options.signature ?? 'published'](payload, key)
}

/** An assertion as IAP signs it for a person whom it has let in. `now` in milliseconds since 1970. */
export async function mintAssertion(key: SigningKey, options: Mint, now: number): Promise<string> {
  const payload = Object.assign(iapClaims(options, Math.floor(now / 1000)), options.claims)
  return SIGN[options.signature ?? 'published'](payload, key)
}

function iapClaims({ email, audience }: Mint, iat: number): JWTPayload {
  const sub = `accounts.google.com:${accountId(email)}`
  return { iss: IAP, aud: audience, sub, email, iat, exp: iat + IAP_LIFETIME_SECONDS }
}

function googleClaims({ email, audience }: Mint, iat: number): JWTPayload {
  const id = accountId(email)
  const exp = iat + LIFETIME_SECONDS
  return { iss: ISSUER, aud: audience, azp: id, sub: id, email, email_verified: true, iat, exp }
}

function sign(payload: JWTPayload, key: SigningKey): Promise<string> {
  return new SignJWT(payload)
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'JWT' })
    .sign(key.private_key)
}

/** Google's ids of accounts are 21 digits; this one is stable per address. */
function accountId(email: string): string {
  const hash = createHash('sha256').update(email).digest('hex')
  return `1${BigInt(`0x${hash.slice(0, 24)}`)
    .toString()
    .padStart(20, '0')
    .slice(0, 20)}`
}
