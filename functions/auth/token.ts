import { z } from 'zod'

/** One way in which a token is refused. */
export type Refusal =
  | 'malformed'
  | 'algorithm'
  | 'stripped'
  | 'unknown_key'
  | 'signature'
  | 'expired'
  | 'not_yet_valid'
  | 'issuer'
  | 'audience'
  | 'no_email'
  | 'unverified'

/** A kind of signed token, and what must be true of one. */
export interface Kind {
  readonly algorithm: 'RS256' | 'ES256'
  readonly issuers: readonly string[]
  /** Must it say of its e-mail address that it is verified? */
  readonly says_verified: boolean
  /** Why one is not accepted, in our own words: a library's could hold the token. */
  readonly refusals: Readonly<Record<Refusal, string>>
}

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

/** Takes a token apart, or says why it cannot be one of this kind. */
export function readToken(kind: Kind, token: string): Parts | Refusal {
  const segments = token.length <= MAX_TOKEN ? token.split('.') : []
  if (segments.length !== 3 || !segments.every((part) => /^[\w-]*$/.test(part))) return 'malformed'
  const head = header.safeParse(decode(segments[0]))
  const body = claims.safeParse(decode(segments[1]))
  if (!head.success || !body.success) return 'malformed'
  if (head.data.alg !== kind.algorithm) return 'algorithm'
  if (segments[2] === 'SIGNATURE_REMOVED_BY_GOOGLE') return 'stripped'
  if (head.data.kid === undefined) return 'unknown_key'
  return { kid: head.data.kid, claims: body.data }
}

/** What is wrong with the claims at `now` (milliseconds); null when nothing is. */
export function faultOf(kind: Kind, { claims: said }: Parts, audience: string, now: number): Refusal | null {
  const seconds = now / 1000
  if (!kind.issuers.includes(said.iss)) return 'issuer'
  if (said.aud !== audience) return 'audience'
  if (seconds >= said.exp + LEEWAY_SECONDS) return 'expired'
  if (seconds < Math.max(said.iat, said.nbf ?? said.iat) - LEEWAY_SECONDS) return 'not_yet_valid'
  if (said.email === undefined || said.email === '') return 'no_email'
  if (kind.says_verified && said.email_verified !== true) return 'unverified'
  return null
}

function decode(segment: string | undefined): unknown {
  try {
    return JSON.parse(Buffer.from(segment ?? '', 'base64url').toString())
  } catch {
    return undefined
  }
}
