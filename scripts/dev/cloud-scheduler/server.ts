import { type handleUnaryCall, Server, ServerCredentials, type ServiceError, status } from '@grpc/grpc-js'
import type { Job } from './job.ts'
import type { Jobs } from './jobs.ts'
import { schedulerService, type WireJob } from './protos.ts'
import { invalid, RpcError } from './rpc-error.ts'
import { jobToWire } from './wire.ts'

interface Named {
  readonly name?: string
}
interface Listing {
  readonly parent?: string
  readonly pageSize?: number
  readonly pageToken?: string
}

const MAX_PAGE = 500

/** Serves the jobs as google.cloud.scheduler.v1.CloudScheduler on the loopback address; resolves to the server and its port. */
export async function serve(
  jobs: Jobs,
  run: (job: Job) => void,
  port: number,
): Promise<{ server: Server; port: number }> {
  const server = new Server()
  server.addService(schedulerService(), {
    CreateJob: unary(({ parent = '', job = {} }: { parent?: string; job?: WireJob }) =>
      jobToWire(jobs.create(parent, job)),
    ),
    GetJob: unary(({ name = '' }: Named) => jobToWire(jobs.get(name))),
    ListJobs: unary((request: Listing) => page(jobs, request)),
    UpdateJob: unary(({ job = {}, updateMask }: { job?: WireJob; updateMask?: { paths?: string[] } }) =>
      jobToWire(jobs.update(job, updateMask?.paths ?? [])),
    ),
    DeleteJob: unary(({ name = '' }: Named) => {
      jobs.remove(name)
      return {}
    }),
    PauseJob: unary(({ name = '' }: Named) => jobToWire(jobs.pause(name))),
    ResumeJob: unary(({ name = '' }: Named) => jobToWire(jobs.resume(name))),
    RunJob: unary(({ name = '' }: Named) => {
      run(jobs.get(name))
      return jobToWire(jobs.get(name))
    }),
  })
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    )
  })
  return { server, port: bound }
}

function page(jobs: Jobs, { parent = '', pageSize = 0, pageToken = '' }: Listing): unknown {
  if (pageSize < 0) throw invalid('ListJobsRequest.page_size must not be negative.')
  const size = Math.min(pageSize || MAX_PAGE, MAX_PAGE)
  const after = Buffer.from(pageToken, 'base64url').toString()
  if (after !== '' && !after.startsWith(`${parent}/jobs/`)) throw invalid('Invalid page token.')
  const found = jobs.list(parent, after, size + 1)
  const shown = found.slice(0, size)
  const last = shown.at(-1)
  return {
    jobs: shown.map(jobToWire),
    ...(found.length > size && last
      ? { nextPageToken: Buffer.from(last.definition.name).toString('base64url') }
      : {}),
  }
}

function unary<Request>(handle: (request: Request) => unknown): handleUnaryCall<Request, unknown> {
  return (call, callback) => {
    try {
      callback(null, handle(call.request))
    } catch (error) {
      callback(refusal(error))
    }
  }
}

function refusal(error: unknown): Partial<ServiceError> {
  return error instanceof RpcError
    ? { code: error.code, details: error.message }
    : { code: status.INTERNAL, details: String(error) }
}
