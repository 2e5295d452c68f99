import type { Clock } from '../clock.ts'
import type { Kind } from './token.ts'
import { type Verify, verifierOf } from './verify.ts'

/**
 * The assertion with which Identity-Aware Proxy names the person whom it let in, in `x-goog-iap-jwt-assertion`. It says of no
 * address that it is verified: IAP signs in no other. Source: cloud.google.com/iap/docs/signed-headers-howto.
 */
export const ASSERTION: Kind = {
  algorithm: 'ES256',
  issuers: ['https://cloud.google.com/iap'],
  says_verified: false,
  refusals: {
    malformed: 'The IAP assertion cannot be read. Open this address through Identity-Aware Proxy.',
    algorithm: 'The IAP assertion is not signed with ES256. Open this address through Identity-Aware Proxy.',
    stripped: 'The IAP assertion’s signature was removed. Open this address through Identity-Aware Proxy.',
    unknown_key: 'The IAP assertion is signed with an unknown key. Load the page again.',
    signature: 'The IAP assertion’s signature does not fit. Load the page again.',
    expired: 'The IAP assertion has expired. Load the page again.',
    not_yet_valid: 'The IAP assertion is not valid yet. Check this service’s clock.',
    issuer: 'The IAP assertion is of another issuer. Open this address through Identity-Aware Proxy.',
    audience: 'The IAP assertion is meant for another service. Correct SCHEDULER_IAP_AUDIENCE.',
    no_email: 'The IAP assertion names no e-mail address. Sign in with a Google account.',
    unverified: 'The IAP assertion’s e-mail address is not verified. Sign in with a Google account.',
  },
}

const KEYS_URL = 'https://www.gstatic.com/iap/verify/public_key'

/** A verifier of IAP's assertions. `keys_url`: null for Google's own. */
export function createIapVerifier(options: {
  readonly audience: string
  readonly keys_url: string | null
  readonly clock: Clock
}): Verify {
  return verifierOf(ASSERTION, { ...options, keys_url: options.keys_url ?? KEYS_URL })
}
