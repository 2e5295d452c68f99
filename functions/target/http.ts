import { TickoverError } from '../errors.ts'
import type { Job } from '../job/job.ts'
import type { Acts, Intents, Outcome } from '../job/outcome.ts'
import { EFFECT_MARGIN, type Standing } from './effect.ts'
import { outcomeOf } from './failure.ts'
import { type Answer, isTaken, outcomeOfAnswer } from './http/answer.ts'
import { type Asking, bodyOf } from './http/body.ts'
import type { Calling } from './http/calling.ts'
import { type HttpTarget, placeOf } from './http/endpoint.ts'
import { headersOf } from './http/headers.ts'
import { without } from './http/readable.ts'
import { hashOfToken } from './http/run-token.ts'
import { signed } from './http/sign.ts'
import { intentsOf } from './intents.ts'

/** The most of an answer that is read. */
const LIMITS = { answer_bytes: 256 * 1024 }

/** Makes one attempt of a job over HTTP: posts the run to its target, once. Never rejects. `payload` is JSON text. */
export async function performHttp(
  calling: Calling,
  standing: Standing,
  job: Job,
  payload: string,
): Promise<Outcome> {
  const intents = intentOfRequest(job, standing.held.run.fields, payload)
  try {
    const answer = await call(calling, standing, job, payload)
    const outcome = outcomeOfAnswer(answer, {
      now: calling.clock.now(),
      accepted: acceptance(job, answer.token_hash),
      secrets: answer.secrets,
    })
    return { ...outcome, acts: actsOf(intents, outcome, isTaken(answer)) }
  } catch (error) {
    const outcome = outcomeOf(error, null)
    return { ...outcome, acts: actsOf(intents, outcome, false) }
  }
}

/** What an attempt would send, as an intent: for comparison, without sending it. Never throws. */
export function intentOfRequest(job: Pick<Job, 'name'>, run: Asking, payload: string): Intents {
  try {
    return intentsOf([{ key: 'request', input: bodyOf(job, run, payload) }])
  } catch {
    return intentsOf([])
  }
}

async function call(
  calling: Calling,
  standing: Standing,
  job: Job,
  payload: string,
): Promise<Answer & { readonly token_hash: string; readonly secrets: readonly string[] }> {
  const { entry, run } = standing.held
  const place = placeOf(targetOf(job), calling)
  const body = JSON.stringify(bodyOf(job, run.fields, payload))
  const run_token = calling.newSecret()
  const proof = await unlessAborted(
    signed(place, { run: entry.run, body, at: calling.clock.now() }, calling.token),
    standing.signal,
  )
  assertMayAct(calling, standing)
  const answer = await calling.send({
    url: place.url,
    headers: { ...headersOf({ entry, run_token, self_url: calling.self_url }), ...proof },
    body,
    signal: standing.signal,
    limits: LIMITS,
  })
  const secrets = [run_token, ...secretsOf(proof)]
  return { ...cleaned(answer, secrets), secrets, token_hash: hashOfToken(run_token) }
}

function targetOf({ target }: Job): HttpTarget {
  if (target.kind === 'http') return target
  throw new TickoverError('internal', `The target of the job is ${target.kind}, and not http.`)
}

/** What of a proof lets its bearer in. */
function secretsOf(proof: Readonly<Record<string, string>>): string[] {
  const { authorization = '', 'webhook-signature': signature = '' } = proof
  return [authorization.replace('Bearer ', ''), signature].filter((secret) => secret !== '')
}

/** Some targets answer with what they were sent; our secrets go no further. */
function cleaned(answer: Answer, secrets: readonly string[]): Answer {
  return { ...answer, body: answer.body === null ? null : without(secrets, answer.body) }
}

function acceptance({ policies }: Job, token_hash: string): Outcome {
  return { kind: 'accepted', token_hash, deadline_seconds: policies.callback_timeout_seconds, items: null }
}

function actsOf(intents: Intents, { kind }: Outcome, isPerformed: boolean): Acts {
  const effect_failed = kind !== 'succeeded' && kind !== 'accepted'
  return { intents, effect_failed, performed: isPerformed ? 1 : 0 }
}

/** Whoever waited long for a token may have lost the run meanwhile. */
function assertMayAct({ clock }: Calling, { held, signal, until }: Standing): void {
  if (!signal.aborted && clock.now() < until() - EFFECT_MARGIN) return
  throw new TickoverError(
    'lost',
    `The attempt ${held.entry.attempt} of ${held.entry.run} may not act any more.`,
  )
}

/** What a promise comes to; rejects with the signal's reason as soon as that is aborted. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
