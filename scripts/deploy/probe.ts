import { z } from 'zod'
import type { Clock } from '../../functions/clock.ts'
import { type Env, loadConfig, textOf } from '../../functions/config.ts'
import { jsonOrNull } from '../../functions/json.ts'
import type { Candidate } from './standing.ts'

/** What a probe works with. `say` is told of each thing that was found, and of what is tried again. */
export interface Probing {
  readonly clock: Clock
  readonly say: (line: string) => void
}

/** What the API's service is tried with: the flags of the candidate, and an operator's token for their audience. */
export interface Trial {
  readonly flags: Env
  readonly token: string
}

/** Every probe: a limit to one answer, and to the tries. */
const PATIENCE_MS = 30_000
/** The tick may run a job. */
const TICK_PATIENCE_MS = 240_000
const MOST_TRIES = 5
const FIRST_WAIT_MS = 1_000
/** A fresh address is not known everywhere at once, and a first instance takes a moment. */
const MAY_PASS = [404, 429, 500, 502, 503, 504]
const REFUSALS = [401, 403]
/** IAP shows a browser the way to sign in, and refuses everything else. */
const OF_IAP = [302, 401]

const ticked = z.object({ metrics: z.object({ revision: z.string(), stage: z.number() }) })

/** Is the candidate fit for the ticks? Resolves to what is wrong with it, in a sentence, or null. */
export async function probeApi(candidate: Candidate, trial: Trial, probing: Probing): Promise<string | null> {
  return (
    (await probeHealth(candidate, trial, probing)) ??
    (await probeStranger(candidate, probing)) ??
    (await probeTick(candidate, trial, probing))
  )
}

/** Does IAP stand before the candidate of the page's service? Where it does not, Cloud Run's own answer is 403. */
export async function probePage({ url }: Candidate, probing: Probing): Promise<string | null> {
  const { status, type, text } = await asked(probing, `${url}/admin`, {}, MAY_PASS)
  const what = `GET /admin without credentials was answered ${status}`
  if (status === 0 || MAY_PASS.includes(status)) return `${what}: ${text}`
  if (!OF_IAP.includes(status) || isOfFunction(type))
    return `${what}, and not by IAP: it does not stand before the service. terraform -chdir=infra apply puts it there; npm run doctor shows what is missing.`
  probing.say(`  GET /admin without credentials: ${status}, by IAP`)
  return null
}

async function probeHealth({ url }: Candidate, { token }: Trial, probing: Probing): Promise<string | null> {
  const { status, text } = await asked(probing, `${url}/health`, { headers: bearer(token) }, MAY_PASS)
  if (status !== 200) return `GET /health was answered ${status}: ${text}`
  probing.say('  GET /health: 200')
  return null
}

async function probeStranger({ url }: Candidate, probing: Probing): Promise<string | null> {
  const { status, type } = await asked(probing, `${url}/cron/tick`, { method: 'POST' }, MAY_PASS)
  if (!REFUSALS.includes(status))
    return `POST /cron/tick without a token was answered ${status}, not 401 or 403: anybody could tick.`
  const by = isOfFunction(type) ? 'the function itself' : 'Cloud Run, before the function'
  probing.say(`  POST /cron/tick without a token: ${status}, refused by ${by}`)
  return null
}

/** One signed tick, as small as a tick can be: one job at most, in a lane that does not wait for what falls due next. */
async function probeTick(
  candidate: Candidate,
  { flags, token }: Trial,
  probing: Probing,
): Promise<string | null> {
  const { stage, lanes } = loadConfig(flags)
  const lane = (lanes.find(({ dwell_seconds }) => dwell_seconds === null) ?? lanes[0])?.name
  const headers = { ...bearer(token), 'content-type': 'application/json' }
  const body = JSON.stringify({ lane, limit: 1, concurrency: 1 })
  const request = { method: 'POST', headers, body }
  const { status, text } = await asked(
    probing,
    `${candidate.url}/cron/tick`,
    request,
    MAY_PASS,
    TICK_PATIENCE_MS,
  )
  if (status !== 200) return `a signed POST /cron/tick was answered ${status}: ${text}${HINTS[status] ?? ''}`
  const answer = ticked.safeParse(jsonOrNull(text)).data?.metrics
  if (answer === undefined)
    return `a signed POST /cron/tick was answered 200, with no report of a tick: ${text}`
  if (answer.revision !== candidate.revision)
    return `the tick was made by revision ${answer.revision}, not by ${candidate.revision}`
  if (answer.stage !== stage)
    return `the tick was made at stage ${answer.stage}, but the flags say ${textOf(flags, 'ROLLOUT_STAGE') ?? stage}`
  probing.say(`  POST /cron/tick, signed, lane ${lane}: 200, by ${answer.revision} at stage ${answer.stage}`)
  return null
}

const HINTS: Readonly<Record<number, string>> = {
  401: ' The token was not taken: see that its audience is SCHEDULER_OIDC_AUDIENCE.',
  403: ' Give this account the role operator in SCHEDULER_PRINCIPALS, and roles/run.invoker on the service.',
}

interface Answered {
  /** 0 when nobody answered; then the text says why. */
  readonly status: number
  readonly type: string
  readonly text: string
}

const MOST_TEXT = 300

/** Asks until the answer is none that may pass by itself, a bounded number of times. */
async function asked(
  { clock, say }: Probing,
  url: string,
  request: RequestInit,
  passing: readonly number[],
  patience = PATIENCE_MS,
): Promise<Answered> {
  for (let tries = 1; ; tries += 1) {
    const answer = await answered(url, request, patience)
    if ((answer.status !== 0 && !passing.includes(answer.status)) || tries === MOST_TRIES) return answer
    const wait = FIRST_WAIT_MS * 2 ** (tries - 1)
    const { pathname } = new URL(url)
    say(
      `  ${pathname}: ${answer.status === 0 ? answer.text : answer.status}; again in ${wait / 1000} s (${tries} of ${MOST_TRIES})`,
    )
    await clock.sleep(wait)
  }
}

async function answered(url: string, request: RequestInit, patience: number): Promise<Answered> {
  try {
    // Followed, a redirect could take the token elsewhere.
    const answer = await fetch(url, { ...request, redirect: 'manual', signal: AbortSignal.timeout(patience) })
    const text = await answer.text()
    const isReport = answer.status === 200
    return {
      status: answer.status,
      type: answer.headers.get('content-type') ?? '',
      text: isReport ? text : text.slice(0, MOST_TEXT),
    }
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    return {
      status: 0,
      type: '',
      text: `no answer (${cause instanceof Error ? cause.message : String(cause)})`,
    }
  }
}

/** Did the function itself refuse, and nobody before it? */
function isOfFunction(type: string): boolean {
  return type.startsWith('application/problem+json')
}

function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` }
}
