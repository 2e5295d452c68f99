import { CloudSchedulerClient } from '@google-cloud/scheduler'
import { credentials, status } from '@grpc/grpc-js'
import { GoogleAuth } from 'google-auth-library'
import type { Clock } from '../../functions/clock.ts'
import { codeOf, withRetries } from './retries.ts'
import type { Existing, Spec } from './spec.ts'
import { fromWire, MASK, toWire } from './wire.ts'

/** Cloud Scheduler in one location. Each verb retries what may pass, then rejects with the service's error. A repeated verb is no error. */
export interface Scheduler {
  list(): Promise<Existing[]>
  get(id: string): Promise<Existing>
  create(spec: Spec): Promise<void>
  /** Sets every field of the spec; leaves the state alone. */
  update(spec: Spec): Promise<void>
  pause(id: string): Promise<void>
  resume(id: string): Promise<void>
  /** Sends one request now. */
  run(id: string): Promise<void>
  remove(id: string): Promise<void>
  close(): Promise<void>
}

/** `scheduler_endpoint` is host:port of an emulator, spoken to without credentials; null means the real service. */
export interface Place {
  readonly project: string
  readonly location: string
  readonly scheduler_endpoint: string | null
}

const MAX_JOBS = 1000
// The client retries some calls by itself, for ten minutes; here a call fails within seconds and says so.
const ONCE = { timeout: 10_000, retry: null }

/** Opens the client; `say` is told of each retry. */
export function connectScheduler(place: Place, clock: Clock, say: (line: string) => void): Scheduler {
  const client = new CloudSchedulerClient(optionsFor(place))
  const parent = client.locationPath(place.project, place.location)
  const named = (id: string) => ({ name: `${parent}/jobs/${id}` })
  let isReady = place.scheduler_endpoint !== null
  async function attempt<T>(call: () => Promise<T>): Promise<T> {
    if (!isReady) await credentialsHere()
    isReady = true
    return withRetries(clock, call, say)
  }

  async function get(id: string): Promise<Existing> {
    const [job] = await attempt(() => client.getJob(named(id), ONCE))
    return fromWire(job)
  }

  async function update(spec: Spec): Promise<void> {
    await attempt(() =>
      client.updateJob({ job: toWire(parent, spec), updateMask: { paths: [...MASK] } }, ONCE),
    )
  }

  async function turn(id: string, call: () => Promise<unknown>, wanted: Existing['state']): Promise<void> {
    await attempt(call).catch(async (error: unknown) => {
      // The service refuses what is done already, as after a reply that was lost.
      if (codeOf(error) !== status.FAILED_PRECONDITION || (await get(id)).state !== wanted) throw error
    })
  }

  return {
    get,
    update,
    async list() {
      const [jobs] = await attempt(() => client.listJobs({ parent }, { ...ONCE, maxResults: MAX_JOBS }))
      return jobs.map(fromWire)
    },
    async create(spec) {
      await attempt(() => client.createJob({ parent, job: toWire(parent, spec) }, ONCE)).catch(
        (error: unknown) => {
          if (codeOf(error) !== status.ALREADY_EXISTS) throw error
          return update(spec)
        },
      )
    },
    pause: (id) => turn(id, () => client.pauseJob(named(id), ONCE), 'PAUSED'),
    resume: (id) => turn(id, () => client.resumeJob(named(id), ONCE), 'ENABLED'),
    async run(id) {
      await attempt(() => client.runJob(named(id), ONCE))
    },
    async remove(id) {
      await attempt(() => client.deleteJob(named(id), ONCE)).catch((error: unknown) => {
        if (codeOf(error) !== status.NOT_FOUND) throw error
      })
    },
    close: () => client.close(),
  }
}

/** Rejects, saying how to get them, where there are none: the client itself would end the process with a bare error. */
async function credentialsHere(): Promise<void> {
  try {
    await new GoogleAuth().getClient()
  } catch (error) {
    throw new Error(
      'This shell has no credentials for Cloud Scheduler. Run: gcloud auth application-default login',
      { cause: error },
    )
  }
}

function optionsFor({
  scheduler_endpoint,
  project,
}: Place): ConstructorParameters<typeof CloudSchedulerClient>[0] {
  if (scheduler_endpoint === null) return {}
  const [servicePath = '', port = ''] = scheduler_endpoint.split(':')
  // Naming the universe keeps the client from asking for credentials, which an emulator does not need.
  const open = { sslCreds: credentials.createInsecure(), universeDomain: 'googleapis.com' }
  return { servicePath, port: Number(port), projectId: project, ...open }
}
