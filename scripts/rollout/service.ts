import { z } from 'zod'
import type { Clock } from '../../functions/clock.ts'
import { jsonOrNull } from '../../functions/json.ts'
import { type Evidence, type Probes, parseEvidence } from '../../functions/rollout/evidence.ts'
import type { Platform } from './platform.ts'
import type { MoveRecord } from './steps.ts'

/** The deployed service, as an operator reaches it. Each verb rejects with an error whose message says what to do. */
export interface Service {
  /**
   * Everything that it knows about where the rollout stands. `since` (ms): only what was recorded after that, which is
   * little to read for whoever asks again and again; left out: since the stage began.
   */
  evidence(since?: number): Promise<Evidence>
  /** What `GET /health` answers, to nobody in particular; null when there is no answer. */
  health(): Promise<Probes['health']>
  /** The status of a tick without credentials; null when there is no answer. */
  tickWithoutToken(): Promise<number | null>
  /** The comparison of both paths, as it is answered. */
  shadowReport(job: string | null): Promise<unknown>
  record(record: MoveRecord): Promise<void>
  /** Frees what the ticks hold past its end. */
  free(): Promise<Freed>
}

/** Runs that were freed, and those that still have a living holder. */
export interface Freed {
  readonly freed: readonly unknown[]
  readonly living: readonly unknown[]
}

interface Request {
  readonly method?: 'GET' | 'POST'
  readonly body?: unknown
}

const PATIENCE_MS = 30_000
const MOST_TRIES = 6
const FIRST_WAIT_MS = 500
/** What a service says while it starts, or while its store is away. */
const MAY_PASS = [502, 503, 504]

const told = z.looseObject({ evidence: z.unknown() })
const freed = z.looseObject({ freed: z.array(z.unknown()), living: z.array(z.unknown()) })
const healthy = z.looseObject({ status: z.string() })
const problem = z.looseObject({ detail: z.string() })

/** The service of a platform; `say` is told of what is tried again. */
export function connectService(
  platform: Pick<Platform, 'url' | 'token'>,
  clock: Clock,
  say: (line: string) => void,
): Service {
  const at = (path: string) => new URL(path, platform.url).href

  async function ask(path: string, request: Request = {}): Promise<unknown> {
    const headers = { authorization: `Bearer ${await platform.token()}`, 'content-type': 'application/json' }
    const answer = await patiently(`${request.method ?? 'GET'} ${path}`, () =>
      send(at(path), { ...request, headers }),
    )
    return read(`${request.method ?? 'GET'} ${path}`, answer)
  }

  /** Tries again, a bounded number of times, what may pass by itself. All that is asked here may be repeated. */
  async function patiently(what: string, call: () => Promise<Response>): Promise<Response> {
    for (let tries = 1; ; tries += 1) {
      const { answer, trouble } = await tried(call)
      if (answer !== null && !MAY_PASS.includes(answer.status)) return answer
      if (tries === MOST_TRIES) {
        if (answer !== null) return answer
        throw new Error(`${what}: ${platform.url} does not answer (${trouble}). See that the service runs.`)
      }
      const wait = FIRST_WAIT_MS * 2 ** (tries - 1)
      say(`  ${what}: ${trouble}; trying again in ${wait / 1000} s (${tries} of ${MOST_TRIES} tries made)`)
      await clock.sleep(wait)
    }
  }

  return {
    evidence: async (since) => {
      const query = since === undefined ? '' : `?from=${new Date(since).toISOString()}`
      return parseEvidence(told.parse(await ask(`/api/rollout${query}`)).evidence)
    },
    async health() {
      const { answer } = await tried(() => send(at('/health')))
      if (answer === null) return null
      const body = healthy.safeParse(await answer.json().catch(() => null))
      return { http_status: answer.status, status: body.data?.status ?? null }
    },
    async tickWithoutToken() {
      const { answer } = await tried(() => send(at('/cron/tick'), { method: 'POST' }))
      await answer?.body?.cancel()
      return answer?.status ?? null
    },
    shadowReport: (job) => ask(`/api/shadow/report${job === null ? '' : `?job=${encodeURIComponent(job)}`}`),
    async record(record) {
      await ask('/api/rollout/records', { method: 'POST', body: record })
    },
    free: async () => freed.parse(await ask('/api/rollout/free', { method: 'POST', body: {} })),
  }
}

function send(
  url: string,
  { method = 'GET', body, headers = {} }: Request & { headers?: Record<string, string> } = {},
): Promise<Response> {
  const signal = AbortSignal.timeout(PATIENCE_MS)
  const sent = body === undefined ? {} : { body: JSON.stringify(body) }
  // Followed, a redirect could take the token elsewhere.
  return fetch(url, { method, headers, signal, redirect: 'manual', ...sent })
}

async function tried(
  call: () => Promise<Response>,
): Promise<{ readonly answer: Response | null; readonly trouble: string }> {
  try {
    const answer = await call()
    return { answer, trouble: `answered ${answer.status}` }
  } catch (error) {
    return { answer: null, trouble: troubleOf(error) }
  }
}

async function read(what: string, answer: Response): Promise<unknown> {
  const text = await answer.text()
  if (answer.ok) return JSON.parse(text)
  const detail = problem.safeParse(jsonOrNull(text)).data?.detail ?? text.slice(0, 300)
  throw new Error(`${what} answered ${answer.status}: ${detail}${HINTS[answer.status] ?? ''}`)
}

const HINTS: Readonly<Record<number, string>> = {
  401: ' The token was not taken: see that its audience is SCHEDULER_OIDC_AUDIENCE.',
  403: ' Give this account the role operator in SCHEDULER_PRINCIPALS, and roles/run.invoker where IAM stands before the service.',
  404: ' Deploy a version of the service that has this route.',
}

function troubleOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return `no answer within ${PATIENCE_MS / 1000} s`
  return error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : error.message
}
