import { OAuth2Client } from 'google-auth-library'
import type { Clock } from '../clock.ts'
import { TickoverError } from '../errors.ts'
import { type Keys, signingKeys } from './keys.ts'
import { faultOf, type Kind, type Refusal, readToken } from './token.ts'

/** Who sent a request, proven by a signature. */
export interface Identity {
  /** Verified, in lower case. */
  readonly email: string
  /** The Workspace domain that answers for the account; null for all others, whatever their address says. */
  readonly domain: string | null
}

/**
 * Proves a token that Google signed. Rejects with `TickoverError`: `unauthenticated` for one that proves nothing,
 * `keys_unreachable` when the issuer's keys cannot be had. Neither ever holds the token.
 */
export type Verify = (token: string) => Promise<Identity>

/** A verifier of tokens of one kind, for one audience. It keeps the keys: one for the life of the process. */
export function verifierOf(
  kind: Kind,
  options: { readonly audience: string; readonly keys_url: string; readonly clock: Clock },
): Verify {
  const client = new OAuth2Client()
  const { audience, clock } = options
  const find = signingKeys(client, options.keys_url, clock)
  return async (token) => {
    const parts = readToken(kind, token)
    if (typeof parts === 'string') throw refusal(kind, parts)
    const keys = await find(parts.kid)
    if (keys === null) throw refusal(kind, 'unknown_key')
    const fault = faultOf(kind, parts, audience, clock.now())
    if (!(await isSigned(client, token, keys, { kind, audience }))) throw refusal(kind, fault ?? 'signature')
    if (fault !== null) throw refusal(kind, fault)
    return { email: (parts.claims.email ?? '').toLowerCase(), domain: parts.claims.hd?.toLowerCase() ?? null }
  }
}

/** The error of a request whose token proves nothing. */
export function refusal(kind: Kind, reason: Refusal): TickoverError {
  return new TickoverError('unauthenticated', kind.refusals[reason])
}

/**
 * Is this token signed by one of the keys, for this audience, by its issuer, for now? What the library throws is dropped,
 * because its messages hold the token. It knows neither `nbf` nor `email_verified`, forgives five minutes, and takes
 * whatever algorithm its key allows: `token.ts` checks those.
 */
async function isSigned(
  client: OAuth2Client,
  token: string,
  keys: Keys,
  { kind, audience }: { readonly kind: Kind; readonly audience: string },
): Promise<boolean> {
  try {
    await client.verifySignedJwtWithCertsAsync(token, keys, audience, [...kind.issuers])
    return true
  } catch {
    return false
  }
}
