import { GoogleAuth, type IdTokenClient } from 'google-auth-library'
import { LRUCache } from 'lru-cache'
import { TickoverError } from '../../errors.ts'
import type { Token } from './sign.ts'

/** The most audiences whose tokens are kept. */
const MOST_AUDIENCES = 200

/** Who gives clients that sign for one audience. */
export type Source = Pick<GoogleAuth, 'getIdTokenClient'>

/** ID tokens of this process's own account, by Google; one client for each audience keeps its token while it is valid. */
export function googleTokens(source: Source = new GoogleAuth()): Token {
  const clients = new LRUCache<string, Promise<IdTokenClient>>({ max: MOST_AUDIENCES })
  return async (audience) => {
    const client = clients.get(audience) ?? source.getIdTokenClient(audience)
    clients.set(audience, client)
    try {
      return bearerOf(await (await client).getRequestHeaders())
    } catch (error) {
      clients.delete(audience)
      throw unavailable(error)
    }
  }
}

/** ID tokens of an issuer for development: `GET url?email=&audience=` answers one. */
export function issuedTokens(url: string, email: string): Token {
  return async (audience) => {
    const asked = new URL(url)
    asked.searchParams.set('email', email)
    asked.searchParams.set('audience', audience)
    const answer = await fetch(asked, { redirect: 'error' }).catch(unavailable)
    if (answer instanceof Error || !answer.ok) throw unavailable(answer)
    return (await answer.text()).trim()
  }
}

function bearerOf(headers: Headers): string {
  const [scheme, token] = headers.get('authorization')?.split(' ') ?? []
  if (scheme !== 'Bearer' || token === undefined) throw unavailable(null)
  return token
}

/** The cause stays out of the message: it can hold what was asked with. */
function unavailable(cause: unknown): TickoverError {
  return new TickoverError(
    'token_unavailable',
    'No ID token can be had for the target. Run with a service account, and look whether its issuer answers.',
    { cause },
  )
}
