import { once } from 'node:events'
import {
  type ClientHttp2Session,
  connect,
  constants,
  createServer,
  type Http2Session,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2'
import type { Reply, Request } from './wire.ts'
import { readReplies, readRequest } from './wire.ts'

/** One call that a process made to Firestore, as it stood on the wire. */
export interface Call {
  /** Counts the connections that the line has had: one for each process. */
  readonly session: number
  /** `Commit`, `RunQuery`, `BatchGetDocuments`... */
  readonly method: string
  readonly request: Request
  /** Once the store has answered. */
  readonly replies: readonly Reply[]
  /** The gRPC status that the store gave, else the one that the line gave in its place. */
  readonly status: number | null
}

/** Lets a call on its way (null), or ends it with a gRPC status. It may take its time, or never resolve. */
export type Say = (call: Call) => Promise<number | null> | number | null

/** What is done to the calls of a line, changed at will. */
export interface Hooks {
  /** Before the store hears of the call: a status here fails it before it has done anything. */
  asked: Say
  /** After the store has answered: a status here fails it although it was done. */
  answered: Say
}

/** A line to the Firestore emulator on which every call is seen, and can be held or failed. */
export interface StoreLine {
  /** `127.0.0.1:port`, for FIRESTORE_EMULATOR_HOST. */
  readonly host: string
  readonly calls: readonly Call[]
  readonly hooks: Hooks
  close(): Promise<void>
}

/** gRPC's own names for its statuses. */
export const FAILED_PRECONDITION = 9
export const ABORTED = 10
export const INTERNAL = 13
export const UNAVAILABLE = 14

/** Opens a line to the emulator at `target` (`host:port`). */
export async function openStoreLine(target: string, hooks: Partial<Hooks> = {}): Promise<StoreLine> {
  const calls: Call[] = []
  const sessions = new Set<Http2Session>()
  const line = { asked: () => null, answered: () => null, ...hooks }
  let nth = 0

  const server = createServer().on('session', (near) => {
    nth += 1
    const session = nth
    const far = connect(`http://${target}`)
    for (const [one, other] of [[near, far] as const, [far, near] as const]) {
      sessions.add(one)
      one.on('error', () => {})
      one.on('close', () => {
        sessions.delete(one)
        other.destroy()
      })
    }
    near.on('stream', (stream, headers) => {
      stream.on('error', () => {})
      carry({ session, calls, hooks: line, far }, stream, headers).catch(() => stream.destroy())
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The line has no port.')
  return {
    host: `127.0.0.1:${address.port}`,
    calls,
    hooks: line,
    close: async () => {
      for (const session of sessions) session.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

interface Carrying {
  readonly session: number
  readonly calls: Call[]
  readonly hooks: Hooks
  readonly far: ClientHttp2Session
}

/** One call: in, on, and back; its request and its replies are kept whole. */
async function carry(
  { session, calls, hooks, far }: Carrying,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
): Promise<void> {
  const body = await bodyOf(stream)
  const method = String(headers[':path']).split('/').at(-1) ?? ''
  const call = {
    session,
    method,
    request: readRequest(method, body),
    replies: [] as Reply[],
    status: null as number | null,
  }
  calls.push(call)
  const refused = await hooks.asked(call)
  if (refused !== null) return fail(stream, call, refused)
  const answer = await ask(far, headers, body)
  call.replies.push(...readReplies(method, answer.body))
  call.status = Number(answer.trailers['grpc-status'] ?? answer.headers['grpc-status'] ?? 2)
  const lost = await hooks.answered(call)
  if (lost !== null) return fail(stream, call, lost)
  give(stream, answer)
}

interface Answer {
  readonly headers: IncomingHttpHeaders
  readonly trailers: IncomingHttpHeaders
  readonly body: Buffer
}

async function ask(far: ClientHttp2Session, headers: IncomingHttpHeaders, body: Buffer): Promise<Answer> {
  const stream = far.request(forwarded(headers))
  const response = new Promise<IncomingHttpHeaders>((resolve) => stream.once('response', resolve))
  let trailers: IncomingHttpHeaders = {}
  stream.once('trailers', (found: IncomingHttpHeaders) => {
    trailers = found
  })
  stream.end(body)
  const answered = await bodyOf(stream)
  return { headers: await response, trailers, body: answered }
}

/** A gRPC answer ends with its status in the trailers, or is nothing but headers. */
function give(stream: ServerHttp2Stream, { headers, trailers, body }: Answer): void {
  if (stream.destroyed) return
  if (headers['grpc-status'] !== undefined) {
    stream.respond(forwarded(headers), { endStream: true })
    return
  }
  stream.respond(forwarded(headers), { waitForTrailers: true })
  stream.once('wantTrailers', () => stream.sendTrailers(forwarded(trailers)))
  stream.end(body)
}

function fail(stream: ServerHttp2Stream, call: { status: number | null }, status: number): void {
  call.status = status
  if (stream.destroyed) return
  const headers = { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': String(status) }
  stream.respond({ ...headers, 'grpc-message': 'broken off on the line' }, { endStream: true })
}

function forwarded(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  const { [constants.HTTP2_HEADER_CONNECTION]: _, ...others } = headers
  return others
}

async function bodyOf(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}
