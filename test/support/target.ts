import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'

/** One request as it arrived at a target. */
export interface Arrived {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** A service on the loopback address that is called over HTTP, and keeps what it was sent. */
export interface TestTarget {
  readonly url: string
  readonly port: number
  readonly arrived: readonly Arrived[]
  close(): Promise<void>
}

/** Answers every request with `answer`, which is given the open response; it may leave it open. */
export async function startTarget(
  answer: (response: ServerResponse, request: Arrived) => void = (response) => void response.end(),
): Promise<TestTarget> {
  const arrived: Arrived[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { url = '', headers } = request
      const one = { path: url, headers, body: Buffer.concat(chunks).toString() }
      arrived.push(one)
      answer(response, one)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('The target has no address.')
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    arrived,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** An answer in JSON. */
export function json(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}
