import { type IncomingMessage, type ServerResponse, request as send } from 'node:http'

/** Passes a request on to this port of this machine, and its answer back, as they come. Resolves once it has reached the other side, or never will. */
export function forward(request: IncomingMessage, response: ServerResponse, port: number): Promise<void> {
  const { method, url, headers } = request
  // A connection for each: one that is kept could be closed under a request by a revision that drains.
  const onward = { host: '127.0.0.1', port, method, path: url, headers: { ...headers, connection: 'close' } }
  const upstream = send({ ...onward, agent: false })
  upstream.on('response', (answer) => passBack(answer, response))
  upstream.on('error', (error) => {
    // A revision that has answered reads no more of a body that is too large: its answer is on its way.
    if (!isAnswered(error)) refuse(response, 502, `The revision broke off: ${error.message}`)
  })
  response.on('close', () => upstream.destroy())
  request.pipe(upstream)
  return new Promise((resolve) => {
    upstream.once('socket', (socket) => socket.once('connect', () => resolve()))
    upstream.once('close', resolve)
  })
}

function isAnswered(error: NodeJS.ErrnoException): boolean {
  return error.code === 'EPIPE'
}

function passBack(answer: IncomingMessage, response: ServerResponse): void {
  const { connection: _, 'keep-alive': __, ...headers } = answer.headers
  response.writeHead(answer.statusCode ?? 502, headers)
  response.flushHeaders()
  answer.on('error', () => response.destroy())
  answer.pipe(response)
}

/** Answers that nobody could be reached. */
export function refuse(response: ServerResponse, status: number, detail: string): void {
  if (response.headersSent) return void response.destroy()
  const [code, title] =
    status === 502 ? ['revision_broke_off', 'bad gateway'] : ['no_revision', 'unavailable']
  response.writeHead(status, { 'content-type': 'application/problem+json' })
  response.end(
    JSON.stringify({ type: 'about:blank', title, status, detail, code, error: detail, message: detail }),
  )
}
