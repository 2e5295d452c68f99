import type { Context } from 'hono'
import type { z } from 'zod'
import { type Problem, TickoverError } from '../errors.ts'

/** The most bytes of a body that is read. */
export const MAX_BODY = 256 * 1024
const MAX_NESTING = 64
const MAX_PROBLEMS = 20

/**
 * The JSON body; an empty one is `{}`, whatever its content type. Rejects with `TickoverError`: `payload_too_large`
 * (before more than 256 KiB are held), `unsupported_media_type`, `invalid_json`.
 */
export async function readBody(c: Context): Promise<unknown> {
  const encoding = c.req.header('content-encoding') ?? 'identity'
  if (encoding.toLowerCase() !== 'identity') {
    throw new TickoverError(
      'unsupported_media_type',
      'Compressed bodies are not read. Send the JSON as it is.',
    )
  }
  if (Number(c.req.header('content-length') ?? 0) > MAX_BODY) throw tooLarge()
  const bytes = await collect(c.req.raw.body)
  if (bytes.length === 0) return {}
  const type = c.req.header('content-type') ?? ''
  if (!/^application\/(json|[\w.-]+\+json)\s*(;|$)/i.test(type)) {
    throw new TickoverError(
      'unsupported_media_type',
      'The body is not JSON. Send it with Content-Type: application/json.',
    )
  }
  return parse(bytes)
}

/** The input as the schema has it; rejects with `TickoverError('bad_request')` that names each bad field. */
export function check<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  const problems = problemsOf(parsed.error, 'body')
  const list = problems.map(({ field, message }) => `${field}: ${message}`).join('; ')
  throw new TickoverError('bad_request', `The request cannot be read (${list}). Correct these fields.`, {
    problems,
  })
}

/** The first 20 issues of a schema, each under its field's name; `whole` names what has no field. */
export function problemsOf(error: z.ZodError, whole: string): Problem[] {
  return error.issues.flatMap((issue) => describe(issue, whole)).slice(0, MAX_PROBLEMS)
}

function describe(issue: z.core.$ZodIssue, whole: string): Problem[] {
  const place = issue.path.map(String)
  if (issue.code !== 'unrecognized_keys') return [{ field: place.join('.') || whole, message: told(issue) }]
  return issue.keys.map((key) => ({
    field: [...place, key].join('.').slice(0, 100),
    message: 'is not known here',
  }))
}

/** What zod says of a field that is not there speaks of types. */
function told({ code, message }: z.core.$ZodIssue): string {
  return code === 'invalid_type' && message.endsWith('received undefined') ? 'is missing' : message
}

async function collect(body: ReadableStream<Uint8Array> | null): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body ?? []) {
    size += chunk.byteLength
    if (size > MAX_BODY) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function parse(bytes: Buffer): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    if (nesting(text) <= MAX_NESTING) return JSON.parse(text)
  } catch {
    throw new TickoverError('invalid_json', 'The body is not valid JSON in UTF-8. Correct it.')
  }
  throw new TickoverError('invalid_json', `The body is nested more than ${MAX_NESTING} deep. Flatten it.`)
}

/** How deep brackets stand in brackets; what is nested too deep would overflow the stack of whoever walks it. */
function nesting(text: string): number {
  let depth = 0
  let deepest = 0
  // A text that nobody closes is taken to the end: looked for anew from each of its quotes, it would take minutes.
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"?|[[\]{}]/gs)) {
    if (token === '[' || token === '{') deepest = Math.max(deepest, ++depth)
    else if (token === ']' || token === '}') depth--
  }
  return deepest
}

function tooLarge(): TickoverError {
  return new TickoverError('payload_too_large', `The body is over ${MAX_BODY / 1024} KiB. Send less.`)
}
