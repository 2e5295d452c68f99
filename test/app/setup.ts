import { ID_TOKEN } from '../../functions/auth/oidc.ts'
import { refusal } from '../../functions/auth/verify.ts'
import { loadConfig } from '../../functions/config.ts'
import { createApp } from '../../functions/http/app.ts'
import type { Deps } from '../../functions/http/surface.ts'
import type { Job } from '../../functions/job/job.ts'
import { DEFAULT_POLICIES } from '../../functions/job/policies.ts'
import { toFields } from '../../functions/job/stored.ts'
import { createLog } from '../../functions/observe/log.ts'
import { currentTrace } from '../../functions/observe/trace.ts'
import { type Documents, SHAPES, type Stored } from '../../functions/store/documents.ts'
import { createCache } from '../../functions/target/cache.ts'
import { type VirtualClock, virtualClock } from '../support/virtual-clock.ts'

export const TICKER = 'tick@p.iam.gserviceaccount.com'
export const NOW = Date.parse('2030-01-31T12:00:00Z')

/** Who may be proven in these tests: a token is a name of this list. */
export const PEOPLE = {
  scheduler: TICKER,
  operator: 'ops@example.com',
  viewer: 'view@example.com',
  service: 'mailer@p.iam.gserviceaccount.com',
  legacy: 'old@p.iam.gserviceaccount.com',
  stranger: 'nobody@example.com',
} as const

const PRINCIPALS = {
  'ops@example.com': { roles: ['operator'] },
  'view@example.com': { roles: ['viewer'] },
  'mailer@p.iam.gserviceaccount.com': { roles: ['service'], job_types: ['mail'] },
  'old@p.iam.gserviceaccount.com': { roles: ['legacy'] },
}

export interface Bundle {
  readonly app: ReturnType<typeof createApp>
  readonly clock: VirtualClock
  /** What was logged, one line each. */
  readonly lines: string[]
  readonly ticks: unknown[]
  readonly created: unknown[]
}

/** A fresh surface: real app, policy, problems and log; identities by name, jobs in a list. */
export function setup(
  changes: Partial<Deps> & { env?: Record<string, string>; jobs?: readonly Stored[] } = {},
): Bundle {
  const { env = {}, jobs = [], ...deps } = changes
  const clock = virtualClock(NOW)
  const lines: string[] = []
  const ticks: unknown[] = []
  const created: unknown[] = []
  const config = loadConfig({
    SCHEDULER_SERVICE_ACCOUNT: TICKER,
    SCHEDULER_PRINCIPALS: JSON.stringify(PRINCIPALS),
    ...env,
  })
  const app = createApp({
    config,
    clock,
    documents: listed(jobs, clock),
    cache: createCache(300, clock),
    verify: async (name) => {
      const email = (PEOPLE as Record<string, string>)[name]
      if (email === undefined) throw refusal(ID_TOKEN, 'malformed')
      return { email, domain: null }
    },
    emit: createLog({
      destination: { write: (line: string) => void lines.push(line) },
      clock,
      project: 'p',
      trace: currentTrace,
    }),
    newTrace: () => 'f'.repeat(32),
    newId: () => '00000000-0000-4000-8000-00000000000a',
    random: () => 0,
    handlers: ['digest'],
    register: async () => {},
    runTick: async (request) => {
      ticks.push(request)
      return { status: 'ok', report: { jobs_due: 1 } }
    },
    trigger: async () => {
      throw new Error('This test runs nothing')
    },
    createOneOff: async (input) => {
      created.push(input)
      return storedJob({
        name: '00000000-0000-4000-8000-000000000001',
        kind: 'one_off',
        job_type: input.job_type,
        schedule: { kind: 'at', at: input.schedule_at },
        next_run_at: input.schedule_at,
        payload: JSON.stringify(input.payload),
      })
    },
    ...deps,
  })
  return { app, clock, lines, ticks, created }
}

/** A job as it is stored. */
export function storedJob(changes: Partial<Job> = {}): Stored {
  const job: Job = {
    name: 'digest',
    kind: 'recurring',
    display_name: 'Digest',
    description: 'Sends the digest',
    target: { kind: 'handler' },
    ends_at: null,
    job_type: 'digest',
    lane: 'default',
    schedule: { kind: 'cron', expression: '0 9 * * *', time_zone: 'UTC' },
    payload: '{"list":"all"}',
    policies: DEFAULT_POLICIES,
    enabled: true,
    next_run_at: NOW + 90_000,
    fence: 0,
    entries: [],
    full_since: null,
    full_until: null,
    created_at: NOW - 1000,
    updated_at: NOW - 1000,
    defined_at: NOW - 1000,
    last_run: null,
    totals: { runs: 0, succeeded: 0, failed: 0, skipped: 0, duplicates_suppressed: 0 },
    overrides: { enabled: null, schedule: null },
    daily: '',
    recent: '',
    ...changes,
  }
  return { ref: { collection: 'scheduler_jobs', id: job.name }, version: '1', fields: toFields(job) }
}

/** Reads from a list, in the port's order; what is written is forgotten. */
function listed(jobs: readonly Stored[], clock: VirtualClock): Documents {
  const answer = <T>(value: T) => Promise.resolve({ value, time: clock.now() })
  return {
    get: (refs) => answer(refs.map((ref) => jobs.find((job) => job.ref.id === ref.id) ?? null)),
    query: (query) => {
      if (!('shape' in query)) throw new Error('This store has only jobs.')
      const { shape, equals, upTo, after, limit } = query
      const { equals: field, order } = SHAPES[shape]
      const found = jobs.filter(
        ({ ref, fields }) =>
          fields[field] === equals &&
          (upTo === undefined || (typeof fields[order] === 'number' && fields[order] <= upTo)) &&
          (after === undefined || ref.id > after.id),
      )
      return answer(found.toSorted((a, b) => (a.ref.id < b.ref.id ? -1 : 1)).slice(0, limit))
    },
    commit: (changes) =>
      Promise.resolve({ outcome: 'done', time: clock.now(), versions: changes.map(() => '2') }),
    close: () => Promise.resolve(),
  }
}
