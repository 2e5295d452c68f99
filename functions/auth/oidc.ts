import type { Clock } from '../clock.ts'
import type { Kind } from './token.ts'
import { type Verify, verifierOf } from './verify.ts'

/** An ID token, as Google signs them for accounts of people and of services. */
export const ID_TOKEN: Kind = {
  algorithm: 'RS256',
  // Google's two spellings of itself.
  issuers: ['https://accounts.google.com', 'accounts.google.com'],
  says_verified: true,
  refusals: {
    malformed: 'The credentials are no ID token. Send Authorization: Bearer, with a Google-signed ID token.',
    algorithm: 'The ID token is not signed with RS256. Send one that Google signed.',
    stripped:
      'Cloud Run removed the signature of this ID token. Use a service account’s: gcloud auth print-identity-token --impersonate-service-account=… --audiences=… --include-email',
    unknown_key: 'The ID token is signed with an unknown key. Send one that Google signed.',
    signature: 'The ID token’s signature does not fit. Send one that Google signed.',
    expired: 'The ID token has expired. Fetch a new one.',
    not_yet_valid: 'The ID token is not valid yet. Check the sender’s clock.',
    issuer: 'The ID token is of another issuer than Google. Send one that Google signed.',
    audience:
      'The ID token is meant for another audience. Ask for one with this service’s configured audience.',
    no_email: 'The ID token names no e-mail address. Ask for it to be included.',
    unverified: 'The ID token’s e-mail address is not verified. Use a verified account.',
  },
}

const KEYS_URL = 'https://www.googleapis.com/oauth2/v1/certs'

/** A verifier of ID tokens. `keys_url`: null for Google's own. */
export function createVerifier(options: {
  readonly audience: string
  readonly keys_url: string | null
  readonly clock: Clock
}): Verify {
  return verifierOf(ID_TOKEN, { ...options, keys_url: options.keys_url ?? KEYS_URL })
}
