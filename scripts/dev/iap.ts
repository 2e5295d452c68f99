import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Issuer } from './issuer.ts'
import { isNamedHere } from './named-here.ts'
import { forward } from './stack/forward.ts'

/** What this Identity-Aware Proxy stands before, and whom it takes everybody for. */
export interface IapOptions {
  readonly port: number
  /** The port of this machine that it passes requests on to. */
  readonly target: number
  /** `SCHEDULER_IAP_AUDIENCE` of what listens there. */
  readonly audience: string
  readonly email: string
  readonly issuer: Pick<Issuer, 'mintAssertion'>
}

/** A stand-in for Identity-Aware Proxy: whoever opens it from this machine is signed in as one person. */
export interface Iap {
  readonly url: string
  close(): Promise<void>
}

const ASSERTION = 'x-goog-iap-jwt-assertion'

/** Listens on the loopback address; rejects when the port is in use; 0: any that is free. */
export async function startIap({ port, target, audience, email, issuer }: IapOptions): Promise<Iap> {
  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isNamedHere(request)) return void response.writeHead(403).end('Open it as http://localhost.\n')
    request.headers[ASSERTION] = await issuer.mintAssertion({ email, audience })
    await forward(request, response, target)
  }

  const server = createServer((request, response) => {
    take(request, response).catch(() => response.writeHead(500).end())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve)
  })
  return {
    url: `http://localhost:${portOf(server)}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
