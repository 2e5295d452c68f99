import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { type Definition, newJob } from '../../functions/job/definition.ts'
import type { Job } from '../../functions/job/job.ts'
import { parseJob } from '../../functions/job/parse.ts'
import { type Run, runFields, skipFields } from '../../functions/job/run.ts'
import { toFields } from '../../functions/job/stored.ts'
import { jobRef } from '../../functions/lease/held.ts'
import type { Change, Documents, Fields } from '../../functions/store/documents.ts'
import { chance } from '../simulation/random.ts'
import { moving } from './moving.ts'
import { codedJobs, HABITS, idleJob } from './page-jobs.ts'
import { pastOf } from './page-past.ts'

/** The Friday before the clocks of Berlin go forward, 10:00 there. */
export const NOW = Date.parse('2030-03-29T09:00:20Z')

/** A service with jobs that have a past, and a server that opens its page signed in. */
export interface Scene {
  readonly url: string
  readonly store: Documents
  /** Who is signed in from now on; nobody: the requests carry no proof. */
  readonly as: (who: 'operator' | 'viewer' | 'nobody') => void
  /** From now on these paths answer as when the store is out of reach; null: none does. */
  readonly fail: (path: RegExp | null) => void
  /** A job as it is stored now. */
  readonly job: (name: string) => Promise<Job>
  /** Stores a job, or changes the one that is stored. */
  readonly put: (definition: Definition, changes?: Partial<Job>) => Promise<void>
  /** Stores any document as it is. */
  readonly plant: (change: Change) => Promise<void>
  readonly close: () => Promise<void>
}

/** The real service over memory documents; the virtual clock moves only while a request is under way. */
export async function openScene(): Promise<Scene> {
  const world = moving({ start: NOW })
  const flags = { ROLLOUT_STAGE: '4', SCHEDULER_LANES: 'default,payments', SCHEDULER_SURFACE: 'both' }
  const revision = world.deploy(flags, codedJobs())
  for (const lane of ['default', 'payments']) await world.passing(revision.tick(lane))
  let who = 'operator'
  let failing: RegExp | null = null
  const answer = (request: Request): Response | Promise<Response> => {
    if (failing?.test(new URL(request.url).pathname))
      return Response.json({ message: 'The store does not answer.' }, { status: 503 })
    const headers = new Headers(request.headers)
    if (who !== 'nobody') headers.set('authorization', `Bearer ${who}`)
    return world.passing(Promise.resolve(revision.fetch(new Request(request, { headers }))))
  }
  const listener = getRequestListener(answer)
  const server = createServer((request, response) => void listener(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const scene: Scene = {
    url: `http://127.0.0.1:${port}/admin`,
    store: world.store,
    as: (next) => {
      who = next
    },
    fail: (path) => {
      failing = path
    },
    job: async (name) => stored(world.store, name),
    put: async (definition, changes = {}) => {
      const job = { ...newJob(definition, NOW - 40 * 86_400_000), ...changes }
      await write(world.store, jobRef(job.name).id, toFields(job))
    },
    plant: async (change) => {
      await world.store.commit([change])
    },
    close: async () => {
      server.closeAllConnections()
      server.close()
      await world.close()
    },
  }
  await live(scene)
  return scene
}

/** Gives the jobs their past, and each state that a job may be in somebody who is in it. */
async function live(scene: Scene): Promise<void> {
  const luck = chance(11)
  for (const habit of HABITS) {
    const { display_name, name } = habit
    const { job, runs } = pastOf({ ...(await scene.job(name)), display_name }, habit, NOW, luck)
    await write(scene.store, name, toFields({ ...job, ...STATES[name] }))
    for (const run of runs) await record(scene.store, run)
  }
  await scene.put(idleJob('aml-report', { display_name: 'Money laundering report' }), {
    next_run_at: NOW - 900_000,
  })
  await scene.put(idleJob('chargeback-export', { display_name: 'Chargeback export' }))
  const schedule = { kind: 'cron', expression: 'at noon' }
  const spoilt = { schedule, standing: 'damaged', claimable_at: null }
  await write(scene.store, 'chargeback-export', spoilt)
  await skipped(scene)
}

/** What differs, by name: one runs, one retries, one is paused and one has another schedule, by an operator's choice. */
const STATES: Readonly<Record<string, Partial<Job>>> = {
  'capture-authorised-payments': {
    entries: [entry('capture-authorised-payments', { state: 'running', until: NOW + 281_000 })],
  },
  'dispute-deadlines': {
    entries: [
      entry('dispute-deadlines', {
        state: 'retry',
        attempt: 2,
        until: NOW + 95_000,
        trouble: 'The scheme’s gateway answered 429: ask again in two minutes',
      }),
    ],
  },
  'sanctions-list': {
    enabled: false,
    overrides: {
      enabled: {
        registered: true,
        by: 'maria@payments.example',
        at: NOW - 7_200_000,
        reason: 'The provider delivers broken files, ticket OPS-2291',
      },
      schedule: null,
    },
  },
  'payout-batches': {
    overrides: {
      enabled: null,
      schedule: {
        registered: { kind: 'cron', expression: '0 18 * * 1-5', time_zone: 'Europe/Berlin' },
        by: 'jonas@payments.example',
        at: NOW - 400_000_000,
        reason: 'The bank closes its window earlier in March',
      },
    },
  },
}

function entry(job: string, changes: Partial<Job['entries'][number]>): Job['entries'][number] {
  const scheduled_for = Math.floor(NOW / 300_000) * 300_000
  return {
    run: `${job}@${new Date(scheduled_for).toISOString()}`,
    state: 'running',
    fence: 121,
    attempt: 1,
    owner: 'tickover-00042-kx7',
    path: 'tick',
    until: NOW,
    scheduled_for,
    began_at: scheduled_for + 900,
    give_backs: 0,
    died: false,
    trouble: null,
    token: null,
    ...changes,
  }
}

async function skipped({ store, job }: Scene): Promise<void> {
  const paused = await job('sanctions-list')
  const skip = { reason: 'paused', first_at: NOW - 90_000_000, last_at: NOW - 18_000_000, count: 2 } as const
  const id = `${paused.name}@${new Date(skip.first_at).toISOString()}`
  const ref = { collection: 'scheduler_runs', id } as const
  await store.commit([{ kind: 'create', ref, fields: skipFields(paused, skip, NOW) }])
}

async function stored(store: Documents, name: string): Promise<Job> {
  const found = (await store.get([jobRef(name)])).value[0]
  const job = found ? parseJob(found) : null
  if (!job?.ok) throw new Error(`No job ${name} is stored that can be read`)
  return job.value
}

async function write(store: Documents, name: string, fields: Fields): Promise<void> {
  const ref = jobRef(name)
  const found = (await store.get([ref])).value[0]
  const change: Change = found
    ? { kind: 'update', ref, version: found.version, fields }
    : { kind: 'create', ref, fields }
  await store.commit([change])
}

async function record(store: Documents, run: Run): Promise<void> {
  const ref = { collection: 'scheduler_runs', id: run.id } as const
  await store.commit([{ kind: 'create', ref, fields: runFields(run) }])
}
