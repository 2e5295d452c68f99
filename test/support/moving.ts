import { ID_TOKEN } from '../../functions/auth/oidc.ts'
import { refusal } from '../../functions/auth/verify.ts'
import { type Config, loadConfig } from '../../functions/config.ts'
import { parseRun } from '../../functions/job/parse.ts'
import type { Run } from '../../functions/job/run.ts'
import type { Event } from '../../functions/observe/events.ts'
import { createService } from '../../functions/service.ts'
import type { Documents, Query, Stored } from '../../functions/store/documents.ts'
import { memoryDocuments } from '../../functions/store/memory.ts'
import { createCache } from '../../functions/target/cache.ts'
import type { JobDefinition } from '../../functions/target/handler.ts'
import type { Send } from '../../functions/target/http/send.ts'
import { performHttp } from '../../functions/target/http.ts'
import { createLimits } from '../../functions/target/limits.ts'
import { createRegistry } from '../../functions/target/registry.ts'
import type { Call } from '../../functions/target/target.ts'
import { chance } from '../simulation/random.ts'
import { noCalls } from './no-calls.ts'
import { type VirtualClock, virtualClock } from './virtual-clock.ts'

/** The flags of a revision, as its environment has them. */
export type Flags = Readonly<Record<string, string>>

/** Who is proven in these tests: a token is one of these names. */
const PEOPLE: Readonly<Record<string, string>> = {
  scheduler: 'tick@p.iam.gserviceaccount.com',
  operator: 'ops@example.com',
  viewer: 'view@example.com',
  legacy: 'old@p.iam.gserviceaccount.com',
}

/** Where the service is reached. */
export const SELF = 'http://tickover.example'

const BASE: Flags = {
  SCHEDULER_SERVICE_ACCOUNT: 'tick@p.iam.gserviceaccount.com',
  SCHEDULER_PRINCIPALS: JSON.stringify({
    'ops@example.com': { roles: ['operator'] },
    'view@example.com': { roles: ['viewer'] },
    'old@p.iam.gserviceaccount.com': { roles: ['legacy'] },
  }),
}

/** One revision of the service: the whole of it, but for the process. */
export interface Revision {
  readonly config: Config
  readonly events: readonly Event[]
  /** A request to it, as one of `PEOPLE`; the answer's JSON. */
  readonly call: (who: keyof typeof PEOPLE, method: string, path: string, body?: unknown) => Promise<Answer>
  readonly tick: (lane: string) => Promise<void>
  /** A request to it as it comes in. */
  readonly fetch: (request: Request) => Response | Promise<Response>
  /** As SIGTERM does. */
  readonly stop: () => void
  /** As SIGKILL does: nothing it began goes on. */
  readonly kill: () => void
}

export interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: the tests say what they expect of it
  readonly json: any
}

/** What differs from the usual. */
export interface MovingOptions {
  readonly start: number
  readonly seed?: number
  /** Wraps the store as the live paths reach it. */
  readonly documents?: (store: Documents, clock: VirtualClock) => Documents
  /** How HTTP targets are reached; left out: nobody is called. */
  readonly send?: (clock: VirtualClock) => Send
}

/** A service that is being moved, on a virtual clock: one store, and revisions with flags and job files of their own. */
export function moving({ start, seed = 1, documents: wrap = (store) => store, send: line }: MovingOptions) {
  const clock = virtualClock(start)
  const store = memoryDocuments(clock)
  const documents = wrap(store, clock)
  const luck = chance(seed)
  const random = () => luck.next()
  const send = line?.(clock)
  const over = new AbortController()
  let ids = 0

  /** Brings up a revision. Its jobs may differ from those of another: that is a deploy. */
  function deploy(flags: Flags, jobs: readonly JobDefinition[]): Revision {
    const config = loadConfig({ ...BASE, ...flags })
    const events: Event[] = []
    const stop = new AbortController()
    let alive = true
    const reached = mortal(documents, () => alive)
    const ownClock = {
      now: () => clock.now(),
      sleep: async (ms: number, signal?: AbortSignal) => {
        await clock.sleep(ms, signal)
        if (!alive) await never()
      },
    }
    const lanes = config.lanes.map(({ name }) => name)
    const service = createService(
      {
        documents: reached,
        clock: ownClock,
        random,
        newId: () => `00000000-0000-4000-8000-${String(ids++).padStart(12, '0')}`,
        emit: (event) => void (alive && events.push(event)),
        stop: stop.signal,
        registry: createRegistry(jobs, { time_zone: config.time_zone, lanes }),
        cache: createCache(config.cache_ttl_seconds, ownClock),
        limits: createLimits(ownClock),
        call: send === undefined ? noCalls : callingOver(send, config),
        settings: { ...config, grace_seconds: 5 },
        eventLoopDelay: () => 0,
      },
      config,
      {
        verify: async (name) => {
          const email = PEOPLE[name]
          if (email === undefined) throw refusal(ID_TOKEN, 'malformed')
          return { email, domain: null }
        },
      },
    )
    const call = async (who: keyof typeof PEOPLE, method: string, path: string, body?: unknown) => {
      const headers = { authorization: `Bearer ${who}`, 'content-type': 'application/json' }
      const request = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }
      const response = await service.fetch(new Request(`${SELF}${path}`, request))
      return { status: response.status, json: await response.json() }
    }
    return {
      config,
      events,
      call,
      fetch: service.fetch,
      tick: async (lane) => void (await call('scheduler', 'POST', '/cron/tick', { lane })),
      stop: () => stop.abort(),
      kill: () => {
        alive = false
      },
    }
  }

  /** HTTP targets as they are really called, but for the wire: an ID token names its audience. */
  function callingOver(send: Send, { services, allowed_hosts, private_hosts }: Config): Call {
    const calling = {
      services,
      allowed_hosts,
      private_hosts,
      send,
      clock,
      token: async (audience: string) => `id-token-for-${audience}`,
      newSecret: () => `run-token-${String(ids++).padStart(33, '0')}`,
      self_url: SELF,
    }
    return (standing, job, payload) => performHttp(calling, standing, job, payload)
  }

  /** Ticks a lane every minute, up to 3 s late, at the revision that serves; never two of one lane at once. */
  function ticking(lane: string, serving: () => Revision | null, cadence_ms = 60_000): void {
    void (async () => {
      while (!over.signal.aborted) {
        const next = (Math.floor(clock.now() / cadence_ms) + 1) * cadence_ms
        await clock.sleep(next + Math.floor(random() * 3000) - clock.now(), over.signal)
        const revision = serving()
        const ended = new AbortController()
        const ticked = revision?.tick(lane).finally(() => ended.abort())
        // A tick of a killed process never answers: Cloud Scheduler gives up at its deadline.
        await Promise.race([ticked, clock.sleep(cadence_ms * 3, ended.signal)])
      }
    })()
  }

  return {
    clock,
    store,
    random,
    deploy,
    ticking,
    /** Lets time pass until the work has ended. */
    async passing<T>(work: Promise<T>): Promise<T> {
      const running = { now: true }
      const end = () => (running.now = false)
      work.then(end, end)
      for (let n = 0; n < 100_000 && running.now; n += 1) await clock.advance(10)
      return work
    },
    close: async () => {
      over.abort()
      await clock.advance(20_000)
    },
    /** The records of runs that were performed, live or in shadow, by lane. */
    runs: async (lane: string, shape: 'runs' | 'shadow_runs' = 'runs'): Promise<readonly Run[]> =>
      (await all(store, { shape, equals: lane, limit: 1000 })).flatMap(({ fields }) => {
        const run = parseRun(fields)
        return run.ok ? [run.value] : []
      }),
  }
}

/** Every document of a query, page after page. */
export async function all(documents: Documents, query: Query): Promise<readonly Stored[]> {
  const found: Stored[] = []
  for (let after: Query['after']; ; ) {
    const { value } = await documents.query(after === undefined ? query : { ...query, after })
    found.push(...value)
    const last = value.at(-1)
    if (last === undefined || value.length < query.limit) return found
    after = { value: Number(last.fields.scheduled_for), id: last.ref.id }
  }
}

/** The store as a process reaches it that can die: then no call comes back. */
function mortal(documents: Documents, alive: () => boolean): Documents {
  const guarded = async <T>(ask: () => Promise<T>): Promise<T> => {
    if (!alive()) await never()
    const answer = await ask()
    if (!alive()) await never()
    return answer
  }
  return {
    get: (refs) => guarded(() => documents.get(refs)),
    query: (query) => guarded(() => documents.query(query)),
    commit: (changes) => guarded(() => documents.commit(changes)),
    close: async () => {},
  }
}

function never(): Promise<never> {
  return new Promise(() => {})
}
