import { z } from 'zod'

/** Why a token is not accepted, in our own words: a library's could hold the token. */
export const REFUSALS = {
  missing: 'No ID token was sent. Send Authorization: Bearer, with a Google-signed ID token.',
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
} as const

/** One way in which a token is refused. */
export type Refusal = keyof typeof REFUSALS

/** Google's two spellings of itself. */
export const ISSUERS = ['https://accounts.google.com', 'accounts.google.com']

const MAX_TOKEN = 8 * 1024
/** Clocks differ a little; the library would forgive five minutes. */
const LEEWAY_SECONDS = 30

const header = z.object({ alg: z.string(), kid: z.string().max(200).optional() })
const claims = z.object({
  iss: z.string(),
  aud: z.string(),
  iat: z.number(),
  exp: z.number(),
  nbf: z.number().optional(),
  email: z.string().max(320).optional(),
  email_verified: z.unknown().optional(),
  hd: z.string().optional(),
})

/** A token's readable parts. Nothing in them is proven before the signature is. */
export interface Parts {
  readonly kid: string
  readonly claims: z.infer<typeof claims>
}

/** Takes a token apart, or says why it cannot be one of ours. */
export function readToken(token: string): Parts | Refusal {
  const segments = token.length <= MAX_TOKEN ? token.split('.') : []
  if (segments.length !== 3 || !segments.every((part) => /^[\w-]*$/.test(part))) return 'malformed'
  const head = header.safeParse(decode(segments[0]))
  const body = claims.safeParse(decode(segments[1]))
  if (!head.success || !body.success) return 'malformed'
  if (head.data.alg !== 'RS256') return 'algorithm'
  if (segments[2] === 'SIGNATURE_REMOVED_BY_GOOGLE') return 'stripped'
  if (head.data.kid === undefined) return 'unknown_key'
  return { kid: head.data.kid, claims: body.data }
}

/** What is wrong with the claims at `now` (milliseconds); null when nothing is. */
export function faultOf({ claims: said }: Parts, audience: string, now: number): Refusal | null {
  const seconds = now / 1000
  if (!ISSUERS.includes(said.iss)) return 'issuer'
  if (said.aud !== audience) return 'audience'
  if (seconds >= said.exp + LEEWAY_SECONDS) return 'expired'
  if (seconds < Math.max(said.iat, said.nbf ?? said.iat) - LEEWAY_SECONDS) return 'not_yet_valid'
  if (said.email === undefined || said.email === '') return 'no_email'
  if (said.email_verified !== true) return 'unverified'
  return null
}

function decode(segment: string | undefined): unknown {
  try {
    return JSON.parse(Buffer.from(segment ?? '', 'base64url').toString())
  } catch {
    return undefined
  }
}
