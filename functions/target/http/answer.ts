import type { Outcome } from '../../job/outcome.ts'
import { jsonOrNull } from '../../json.ts'
import { readable } from './readable.ts'
import { LENIENT_REPLY, outcomeOfReply } from './reply.ts'
import { retryAfter } from './retry-after.ts'

/** What came back. Header names are in lower case; the body is null when it was longer than is read. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
}

/** What reading an answer takes beside it. */
export interface Terms {
  /** In ms. */
  readonly now: number
  /** What `202` comes to. */
  readonly accepted: Outcome
  /** What the target was sent, and nobody is to read. */
  readonly secrets: readonly string[]
}

/** How much of a text answer an error shows, in characters. */
const SHOWN = 500

/** Statuses below 500 after which another attempt can go better, and those above after which it cannot. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429])
const LASTING: ReadonlySet<number> = new Set([501, 505])

/** Has the target taken the request on? */
export function isTaken({ status }: Answer): boolean {
  return status >= 200 && status < 300
}

/** What an answer comes to. */
export function outcomeOfAnswer(answer: Answer, { now, accepted, secrets }: Terms): Outcome {
  const after_seconds = retryAfter(answer.headers['retry-after'], now)
  if (answer.status === 202) return accepted
  if (isTaken(answer)) return outcomeOfBody(answer.body, after_seconds, secrets)
  const error = `The target answered ${answer.status}${hintOf(answer.status)}${shown(answer)}`
  if (mayPass(answer.status)) return { kind: 'retry', error, items: null, after_seconds }
  return { kind: 'failed', error, items: null }
}

function mayPass(status: number): boolean {
  return PASSING.has(status) || (status >= 500 && !LASTING.has(status))
}

function outcomeOfBody(
  body: string | null,
  after_seconds: number | null,
  secrets: readonly string[],
): Outcome {
  if (body === null) {
    const error =
      'unstorable_result: The answer is too long to be read. Answer less, and keep the rest where it is.'
    return { kind: 'failed', error, items: null }
  }
  const reply = LENIENT_REPLY.safeParse(jsonOrNull(body))
  return reply.success
    ? outcomeOfReply(reply.data, after_seconds, secrets)
    : { kind: 'succeeded', result: null, items: null }
}

function hintOf(status: number): string {
  return status >= 300 && status < 400 ? ' (redirects are not followed: register where it leads)' : ''
}

/** The beginning of a text answer: never a header, whatever it says, and nothing that is no text. */
function shown({ headers, body }: Answer): string {
  const isText = /^(text\/|application\/(json|[\w.-]+\+json)\b)/i.test(headers['content-type'] ?? '')
  const text = isText
    ? readable(body ?? '')
        .slice(0, SHOWN)
        .toWellFormed()
    : ''
  return text === '' ? '' : `: ${text}`
}
