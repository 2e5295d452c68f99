import { TickoverError } from '../../errors.ts'
import type { Answer } from './answer.ts'
import { checkedConnector, type Hosts } from './connect.ts'

/** One POST, and how much of its answer is read. */
export interface Request {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Gives the request up, however far it is. */
  readonly signal: AbortSignal
  readonly limits: { readonly answer_bytes: number }
}

/**
 * Posts once, follows no redirect, and reads the answer. Rejects with `TickoverError`: `forbidden_address` before anything is
 * sent, `target_unreachable` for all trouble on the way; with the signal's reason when that ends it.
 */
export type Send = (request: Request) => Promise<Answer>

/**
 * `Send` over the network. Each request has a connection of its own, so that each has its address checked, and none waits
 * on a line that died while the process was asleep. There is no timeout but the request's signal.
 */
export function createSend(hosts: Hosts): Send {
  let client: ReturnType<typeof createClient> | null = null
  return async ({ url, headers, body, signal, limits }) => {
    try {
      client ??= createClient(hosts)
      const { request, dispatcher } = await client
      const answer = await request(url, { method: 'POST', dispatcher, headers, body, signal })
      return {
        status: answer.statusCode,
        headers: Object.fromEntries(
          Object.entries(answer.headers).map(([name, value]) => [name, String(value)]),
        ),
        body: await textOf(answer.body, limits.answer_bytes),
      }
    } catch (error) {
      if (error instanceof TickoverError) throw error
      signal.throwIfAborted()
      throw unreachable(url, error)
    }
  }
}

/** The HTTP client, loaded at the first request. */
async function createClient(hosts: Hosts) {
  const { Agent, buildConnector, request } = await import('undici')
  const dispatcher = new Agent({
    connect: checkedConnector(buildConnector, hosts),
    allowH2: false,
    pipelining: 0,
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  return { request, dispatcher }
}

/** The text of an answer; null when there is more of it than that. */
async function textOf(body: AsyncIterable<Uint8Array>, most: number): Promise<string | null> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.byteLength
    if (size > most) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** Only the code is told: messages of the network hold addresses, and of TLS whole certificates. */
function unreachable({ host }: URL, error: unknown): TickoverError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'no code'
  return new TickoverError(
    'target_unreachable',
    `${host} gave no whole answer (${code}). Look whether it runs, and can be reached from here.`,
    { cause: error },
  )
}
