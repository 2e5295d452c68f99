import type { z } from 'zod'
import { JobFailure } from '../../target/failure.ts'

/** Where the examples do their work: one HTTP service, by its base URL. */
export interface Place {
  readonly baseUrl: string
  /** Left out: the real one. */
  readonly fetch?: (url: URL, init: RequestInit) => Promise<Response>
}

/** The calls that the examples make. Each ends with its signal, and throws a `JobFailure` that says whether to try again. */
export interface Api {
  /** Reads JSON, checked by `schema`. */
  get<T>(path: string, schema: z.ZodType<T>, signal: AbortSignal): Promise<T>
  /** Sends JSON. The service acts once on each `key`, however often it arrives. */
  post<T>(path: string, body: unknown, schema: z.ZodType<T>, call: Call): Promise<T>
  /** Reads an answer that takes its time: one JSON value a line, as they come. */
  follow<T>(path: string, schema: z.ZodType<T>, signal: AbortSignal): AsyncGenerator<T, void>
}

/** What a call that changes something carries. */
export interface Call {
  /** The idempotency key that `ctx.effect` gives. */
  readonly key: string
  readonly signal: AbortSignal
}

/** An answer that was no success, by its status. */
export class Refusal extends JobFailure {
  readonly status: number

  constructor(status: number, ...told: ConstructorParameters<typeof JobFailure>) {
    super(...told)
    this.status = status
  }
}

/** The longest answer, and the longest line of one that is followed, in characters. */
const LONGEST = 256 * 1024

/** An `Api` at `baseUrl`. */
export function connect({ baseUrl, fetch = globalThis.fetch }: Place): Api {
  async function call(path: string, init: RequestInit): Promise<AsyncIterable<string>> {
    const response = await fetch(new URL(path, baseUrl), init)
    if (!response.ok) throw await failureOf(path, response)
    return response.body?.pipeThrough(new TextDecoderStream()) ?? ReadableStream.from([])
  }
  return {
    async get(path, schema, signal) {
      return schema.parse(JSON.parse(await textOf(await call(path, { signal }))))
    },
    async post(path, body, schema, { key, signal }) {
      const headers = { 'content-type': 'application/json', 'idempotency-key': key }
      const init = { method: 'POST', headers, body: JSON.stringify(body), signal }
      return schema.parse(JSON.parse(await textOf(await call(path, init))))
    },
    async *follow(path, schema, signal) {
      for await (const line of linesOf(await call(path, { signal }))) yield schema.parse(JSON.parse(line))
    },
  }
}

/** A refusal stays one; too many requests, or a broken service, may be better later. */
async function failureOf(path: string, response: Response): Promise<Refusal> {
  const { status, headers } = response
  const retryable = status === 408 || status === 429 || status >= 500
  const seconds = Number.parseInt(headers.get('retry-after') ?? '', 10)
  const reason = (await response.text().catch(() => '')).slice(0, 500)
  return new Refusal(status, `${path} answered ${status}: ${reason}`, {
    retryable,
    ...(retryable && Number.isFinite(seconds) && { retryAfterSeconds: seconds }),
  })
}

async function textOf(chunks: AsyncIterable<string>): Promise<string> {
  let text = ''
  for await (const chunk of chunks) text = bounded(text + chunk)
  return text
}

async function* linesOf(chunks: AsyncIterable<string>): AsyncGenerator<string, void> {
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split('\n')
    rest = bounded(lines.pop() ?? '')
    yield* lines
  }
  if (rest !== '') yield rest
}

function bounded(text: string): string {
  if (text.length <= LONGEST) return text
  // No JobFailure, which would say that nothing has happened: what was posted may have.
  throw new Error(`The answer is longer than ${LONGEST} characters`)
}
