import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'

/** One request as it arrived. */
export interface Received {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** Answers with this status, once. */
  answer(status: number): void
  /** Has the sender hung up without an answer? */
  dropped(): boolean
}

/** An HTTP server that keeps what it received. */
export interface Receiver {
  readonly url: string
  readonly received: Received[]
  close(): Promise<void>
}

/** `answer` says the status for each request, null leaves it open. */
export async function startReceiver(answer: (nth: number) => number | null = () => 200): Promise<Receiver> {
  const received: Received[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const arrived = arrival(request, Buffer.concat(chunks).toString(), response)
      const status = answer(received.push(arrived))
      if (status !== null) arrived.answer(status)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('The receiver has no address.')
  return {
    url: `http://127.0.0.1:${address.port}`,
    received,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function arrival(request: IncomingMessage, body: string, response: ServerResponse): Received {
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    headers: request.headers,
    body,
    answer: (status) => response.writeHead(status).end(),
    dropped: () => response.destroyed && !response.writableFinished,
  }
}
