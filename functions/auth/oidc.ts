import { OAuth2Client } from 'google-auth-library'
import type { Clock } from '../clock.ts'
import { TickoverError } from '../errors.ts'
import { type Keys, signingKeys } from './keys.ts'
import { faultOf, ISSUERS, REFUSALS, type Refusal, readToken } from './token.ts'

/** Who sent a request, proven by a signature. */
export interface Identity {
  /** Verified, in lower case. */
  readonly email: string
  /** The Workspace domain that answers for the account; null for all others, whatever their address says. */
  readonly domain: string | null
}

/**
 * Proves a Google-signed ID token. Rejects with `TickoverError`: `unauthenticated` for a token that proves nothing,
 * `keys_unreachable` when the issuer's keys cannot be had. Neither ever holds the token.
 */
export type Verify = (token: string) => Promise<Identity>

/** One verifier for the life of the process, since it keeps the keys. `keys_url`: null for Google's own. */
export function createVerifier(options: {
  readonly audience: string
  readonly keys_url: string | null
  readonly clock: Clock
}): Verify {
  const client = new OAuth2Client()
  const url = options.keys_url ?? client.endpoints.oauth2FederatedSignonPemCertsUrl.toString()
  const find = signingKeys(client, url, options.clock)
  return async (token) => {
    const parts = readToken(token)
    if (typeof parts === 'string') throw refusal(parts)
    const keys = await find(parts.kid)
    if (keys === null) throw refusal('unknown_key')
    const fault = faultOf(parts, options.audience, options.clock.now())
    if (!(await isSigned(client, token, keys, options.audience))) throw refusal(fault ?? 'signature')
    if (fault !== null) throw refusal(fault)
    return { email: (parts.claims.email ?? '').toLowerCase(), domain: parts.claims.hd?.toLowerCase() ?? null }
  }
}

/** The error of a request whose credentials prove nothing. */
export function refusal(reason: Refusal): TickoverError {
  return new TickoverError('unauthenticated', REFUSALS[reason])
}

/**
 * Is this token signed by one of the keys, for this audience, by Google, for now? What the library throws is dropped,
 * because its messages hold the token. It knows neither `nbf` nor `email_verified`, forgives five minutes, and takes
 * whatever algorithm its key allows: `token.ts` checks those.
 */
async function isSigned(client: OAuth2Client, token: string, keys: Keys, audience: string): Promise<boolean> {
  try {
    await client.verifySignedJwtWithCertsAsync(token, keys, audience, ISSUERS)
    return true
  } catch {
    return false
  }
}
