import type { Context } from 'hono'
import { TickoverError } from '../errors.ts'

/** An error as `application/problem+json` (RFC 9457), with the fields `error` and `message` that older clients read. */
export interface ProblemBody {
  readonly type: 'about:blank'
  readonly title: string
  readonly status: TickoverError['status']
  readonly detail: string
  readonly code: string
  /** The reason in one sentence: the first of `message`. */
  readonly error: string
  readonly message: string
  readonly problems?: readonly { readonly field: string; readonly message: string }[]
}

/** What an error may say to the outside: our own words; anybody else's error becomes `internal`. */
export function problemOf(error: unknown): ProblemBody {
  const known = error instanceof TickoverError ? error : UNKNOWN
  return {
    type: 'about:blank',
    title: known.code.replaceAll('_', ' '),
    status: known.status,
    detail: known.message,
    code: known.code,
    error: firstSentence(known.message),
    message: known.message,
    ...(known.problems.length > 0 && { problems: known.problems }),
  }
}

/** The answer to a request that ended in an error. */
export function answerProblem(c: Context, error: unknown): Response {
  const body = problemOf(error)
  const headers = {
    'Content-Type': 'application/problem+json',
    'Cache-Control': 'no-store',
    ...hints(body.status),
  }
  return c.body(JSON.stringify(body), body.status, headers)
}

const UNKNOWN = new TickoverError(
  'internal',
  'Something went wrong here. The log says what, under the trace id of this request.',
)

function hints(status: number): Record<string, string> {
  if (status === 401) return { 'WWW-Authenticate': 'Bearer' }
  return status === 503 ? { 'Retry-After': '5' } : {}
}

function firstSentence(message: string): string {
  const [sentence = message] = message.split(/(?<=\.)\s/, 1)
  return sentence.replace(/\.$/, '')
}
