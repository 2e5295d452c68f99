import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Clock } from '../../functions/clock.ts'
import { issuerKeys } from './issuer/keys.ts'
import { type Mint, mintAssertion, mintToken } from './issuer/mint.ts'
import { isNamedHere } from './named-here.ts'

/** A stand-in for Google's token issuer, and for the keys of IAP. Its tokens are worth something only where `certs_url` is trusted. */
export interface Issuer {
  readonly url: string
  /** For google-auth-library: `endpoints.oauth2FederatedSignonPemCertsUrl`. */
  readonly certs_url: string
  /** The same keys as a JWK set. */
  readonly jwks_url: string
  /** The keys of its Identity-Aware Proxy, which are others. */
  readonly iap_keys_url: string
  /** A signed ID token with Google's claims, valid for one hour of the issuer's clock. */
  mint(options: Mint): Promise<string>
  /** A signed assertion with IAP's claims, valid for ten minutes. */
  mintAssertion(options: Mint): Promise<string>
  /** Signs with a new key from now on; the old ones stay published until `forget`. */
  rotate(): Promise<void>
  /** Publishes the current key only. */
  forget(): void
  /** How often the keys were fetched. */
  fetches(): number
  close(): Promise<void>
}

/** Options of `startIssuer`. `max_age_seconds` is what Cache-Control tells those who fetch the keys. */
export interface IssuerOptions {
  readonly clock: Clock
  readonly port?: number
  readonly max_age_seconds?: number
}

/** Serves keys and tokens on the loopback address: GET /oauth2/v1/certs, /oauth2/v3/certs, /iap/verify/public_key, /token?email&audience. */
export async function startIssuer({
  clock,
  port = 0,
  max_age_seconds = 300,
}: IssuerOptions): Promise<Issuer> {
  const [keys, iapKeys] = await Promise.all([issuerKeys('RS256'), issuerKeys('ES256')])
  const mint = (options: Mint) => mintToken(keys.current(), options, clock.now())
  let fetches = 0

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost')
    const publish = (body: unknown) => {
      fetches += 1
      json(response, body, `public, max-age=${max_age_seconds}, must-revalidate`)
    }
    if (!isNamedHere(request)) response.writeHead(403).end('Ask for it by its name on this machine.\n')
    else if (url.pathname === '/oauth2/v1/certs') publish(keys.pems())
    else if (url.pathname === '/oauth2/v3/certs') publish(keys.jwks())
    else if (url.pathname === '/iap/verify/public_key') publish(iapKeys.pems())
    else if (url.pathname === '/token') await token(url, response)
    else response.writeHead(404).end('Not here. Try /token?email=...&audience=... or /oauth2/v1/certs\n')
  }

  async function token(url: URL, response: ServerResponse): Promise<void> {
    const email = url.searchParams.get('email')
    const audience = url.searchParams.get('audience')
    if (email === null || audience === null) response.writeHead(400).end('Name both email and audience.\n')
    else response.writeHead(200, { 'content-type': 'text/plain' }).end(await mint({ email, audience }))
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.writeHead(500).end())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve)
  })
  const url = `http://127.0.0.1:${portOf(server)}`
  return {
    url,
    certs_url: `${url}/oauth2/v1/certs`,
    jwks_url: `${url}/oauth2/v3/certs`,
    iap_keys_url: `${url}/iap/verify/public_key`,
    mint,
    mintAssertion: (options) => mintAssertion(iapKeys.current(), options, clock.now()),
    rotate: () => keys.rotate(),
    forget: () => keys.forget(),
    fetches: () => fetches,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

function json(response: ServerResponse, body: unknown, cache: string): void {
  response.writeHead(200, { 'content-type': 'application/json; charset=UTF-8', 'cache-control': cache })
  response.end(JSON.stringify(body))
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
