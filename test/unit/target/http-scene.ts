import type { Service } from '../../../functions/config/services.ts'
import { newJob } from '../../../functions/job/definition.ts'
import type { Job } from '../../../functions/job/job.ts'
import { newRun, type Run } from '../../../functions/job/run.ts'
import { runRef } from '../../../functions/lease/held.ts'
import type { Standing } from '../../../functions/target/effect.ts'
import type { Calling } from '../../../functions/target/http/calling.ts'
import { isPrivateHost } from '../../../functions/target/http/endpoint.ts'
import { createSend } from '../../../functions/target/http/send.ts'
import { definition, LEASE, MINUTE, only, running, T0 } from '../job/fixtures.ts'

/** When every attempt of these tests is made. */
export const NOW = T0 + MINUTE

/** The run token that every attempt is given. */
export const RUN_TOKEN = 'run-token-of-256-bits-in-base64url-0000000'

/** The email service, at this address on the loopback. */
export function emailService(url: string, changes: Partial<Service> = {}): Service {
  const shape = { token: null, signing: 'oidc', secret: null, job_types: ['email'], lane: null } as const
  return { name: 'email-service', url, private: true, ...shape, ...changes }
}

/** How the tests call: over the real network, with a token that says its audience. */
export function calling(service: Service | null, changes: Partial<Calling> = {}): Calling {
  const destinations = {
    services: service === null ? [] : [service],
    allowed_hosts: changes.allowed_hosts ?? [],
    private_hosts: changes.private_hosts ?? [],
  }
  return {
    token: async (audience) => `id-token-for-${audience}`,
    newSecret: () => RUN_TOKEN,
    self_url: 'https://scheduler.example.com/',
    send: createSend({ isPrivateAllowed: (host) => isPrivateHost(destinations, host) }),
    clock: { now: () => NOW },
    ...destinations,
    ...changes,
  }
}

/** What a test may say about the job and its run. */
export interface Choice {
  readonly name?: string
  readonly service?: string | null
  readonly endpoint?: string
  readonly run?: Partial<Pick<Run, 'triggered_by' | 'triggered_by_user'>>
}

/** The first attempt of a job over HTTP, held. */
export function attempt({
  name = 'digest',
  service = 'email-service',
  endpoint = '/api/jobs/digest',
  run,
}: Choice = {}): {
  readonly job: Job
  readonly standing: Standing
  readonly abort: AbortController
} {
  const target = { kind: 'http', service, endpoint } as const
  const job = running(newJob(definition({ name, target }), T0), NOW)
  const entry = only(job)
  const abort = new AbortController()
  const stored = { ref: runRef(entry.run), version: '1', fields: { ...newRun(job, entry, NOW), ...run } }
  const held = { job: name, entry, run: stored }
  return { job, abort, standing: { held, until: () => NOW + LEASE, signal: abort.signal } }
}
