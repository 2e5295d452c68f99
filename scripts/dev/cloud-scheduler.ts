import type { Clock } from '../../functions/clock.ts'
import { type Cadence, startCadence } from './cloud-scheduler/cadence.ts'
import { executor } from './cloud-scheduler/execute.ts'
import type { Job } from './cloud-scheduler/job.ts'
import { jobTable } from './cloud-scheduler/jobs.ts'
import { type DispatchEvent, sender } from './cloud-scheduler/send.ts'
import { serve } from './cloud-scheduler/server.ts'
import { readJobs, writeJobs } from './cloud-scheduler/state-file.ts'
import type { Issuer } from './issuer.ts'

/** Options of `startCloudScheduler`; `ExecuteOptions` and `SendOptions` say what jitter and duplicates are. */
export interface CloudSchedulerOptions {
  readonly clock: Clock
  /** Uniform in [0, 1); seed it to repeat a run. */
  readonly random: () => number
  readonly issuer: Pick<Issuer, 'mint'>
  readonly port?: number
  readonly jitter_ms?: number
  readonly duplicate_rate?: number
  /** Keeps the jobs over restarts. */
  readonly state_file?: string
  readonly onDispatch?: (event: DispatchEvent) => void
}

/** A Cloud Scheduler on this machine: the real gRPC API, real HTTP requests with signed tokens, on schedule. */
export interface CloudScheduler {
  /** `host:port`, for SCHEDULER_API_ENDPOINT. */
  readonly endpoint: string
  /** Drops what is outstanding and fires no more. */
  close(): Promise<void>
}

/** Starts the emulator on the loopback address and, with a state file, where it left off. */
export async function startCloudScheduler(options: CloudSchedulerOptions): Promise<CloudScheduler> {
  const { clock, random, issuer, state_file } = options
  const stop = new AbortController()
  const forced = new Set<Promise<unknown>>()
  let cadence: Cadence | undefined
  const jobs = jobTable({
    clock,
    random,
    kept: state_file === undefined ? [] : readJobs(state_file),
    defined: (name) => cadence?.changed(name),
    recorded: () => state_file !== undefined && writeJobs(state_file, jobs.all()),
  })
  const habits = { clock, random, jitter_ms: options.jitter_ms ?? 0 }
  const sending = sender(jobs, {
    ...habits,
    issuer,
    duplicate_rate: options.duplicate_rate ?? 0,
    onDispatch: options.onDispatch ?? (() => undefined),
    stop: stop.signal,
  })
  // RunJob sends at once, also while another request of the job is outstanding; it carries the next schedule time.
  const run = (job: Job) => {
    const request = sending.send(job, job.state.schedule_at ?? clock.now(), 'run')
    forced.add(request)
    void request.then(() => forced.delete(request))
  }
  const { server, port } = await serve(jobs, run, options.port ?? 0)
  cadence = startCadence(jobs, executor(jobs, sending, habits), clock, stop.signal)
  return {
    endpoint: `127.0.0.1:${port}`,
    async close() {
      stop.abort()
      server.forceShutdown()
      await Promise.all([cadence.ended(), ...forced])
    },
  }
}
