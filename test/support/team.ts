import type { Clock } from '../../functions/clock.ts'
import type { Answer } from '../../functions/target/http/answer.ts'
import type { Send } from '../../functions/target/http/send.ts'
import { systemNamed } from '../systems/facts.ts'
import { type Delivery, readDelivery } from './delivery.ts'
import { type Flags, type Revision, SELF } from './moving.ts'

/** What the email and user services register at each of their starts, as systems.json has it. */
export const REGISTRATIONS = systemNamed('services').jobs.map(({ name, cron = '', ...job }) => ({
  name,
  displayName: `The ${name}`,
  description: `What ${name} does`,
  cronExpression: cron,
  enabled: true,
  jobType: job.jobType ?? '',
  service: job.service ?? '',
  endpoint: job.endpoint ?? '',
  config: job.config ?? {},
}))

/** One of them. */
export type Registering = (typeof REGISTRATIONS)[number]

const TOKENS: Readonly<Record<string, string>> = {
  'email-service': 'the-token-of-the-email-service-000000',
  'user-service': 'the-token-of-the-user-service-0000000',
}

/** The flags by which a revision knows the two services. */
export const TEAM: Flags = {
  SCHEDULER_SERVICES: JSON.stringify({
    'email-service': { job_types: ['email', 'cleanup'] },
    'user-service': { job_types: ['cleanup'] },
  }),
  EMAIL_SERVICE_URL: 'https://email.example',
  EMAIL_SERVICE_TOKEN: TOKENS['email-service'] ?? '',
  USER_SERVICE_URL: 'https://users.example',
  USER_SERVICE_TOKEN: TOKENS['user-service'] ?? '',
}

/** The answer of a service that is done: so many items, all well. */
export function done(items: number, metadata?: unknown): Answer {
  const counts = { itemsProcessed: items, itemsSucceeded: items, itemsFailed: 0 }
  return answer(200, { success: true, ...counts, ...(metadata !== undefined && { metadata }) })
}

/** An answer in JSON. */
export function answer(status: number, body: unknown): Answer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

/** The services' side of the wire, in memory. */
export interface Team {
  readonly send: Send
  /** What they took, in order, each with when. */
  readonly took: readonly (Delivery & { readonly at: number })[]
  /** Why they refused what they did not take. */
  readonly refused: readonly string[]
  /** How they answer what they took. */
  answers: (delivery: Delivery) => Answer | Promise<Answer>
}

/** Services that take what their contract says, and nothing else; unless a test says otherwise they are done at once. */
export function openTeam(clock: Pick<Clock, 'now'>): Team {
  const took: (Delivery & { at: number })[] = []
  const refused: string[] = []
  const team: Team = {
    took,
    refused,
    answers: () => done(1),
    send: async ({ signal, ...arrival }) => {
      try {
        const delivery = readDelivery(arrival)
        const { origin, pathname } = delivery.url
        if (arrival.headers.authorization !== `Bearer id-token-for-${origin}`)
          throw new Error('the ID token is not for this service')
        if (!REGISTRATIONS.some(({ name, endpoint }) => name === delivery.job && endpoint === pathname))
          throw new Error(`${delivery.job} is not what ${pathname} does`)
        took.push({ ...delivery, at: clock.now() })
        return await unlessAborted(team.answers(delivery), signal)
      } catch (error) {
        if (signal.aborted) throw error
        refused.push(String(error))
        return answer(400, { error: String(error) })
      }
    },
  }
  return team
}

async function unlessAborted<T>(work: T | Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  return Promise.race([work, promise])
}

/** What a service sends at its start: one registration, with the token of the service. */
export async function registerJob(
  { fetch: reach }: Pick<Revision, 'fetch'>,
  registration: Readonly<Record<string, unknown>>,
  service = String(registration.service),
): Promise<{ status: number; json: Record<string, unknown> }> {
  const headers = { 'content-type': 'application/json', 'x-service-token': TOKENS[service] ?? '' }
  const request = { method: 'POST', headers, body: JSON.stringify(registration) }
  const response = await reach(new Request(`${SELF}/api/jobs/register`, request))
  return { status: response.status, json: (await response.json()) as Record<string, unknown> }
}

/** A service tells how a run that it had accepted has ended. */
export async function complete(
  { fetch: reach }: Pick<Revision, 'fetch'>,
  { completion_url, run_token }: Pick<Delivery, 'completion_url' | 'run_token'>,
  body: unknown = { success: true },
): Promise<{ status: number; json: Record<string, unknown> }> {
  const headers = { 'content-type': 'application/json', 'x-scheduler-run-token': run_token }
  const request = new Request(completion_url, { method: 'POST', headers, body: JSON.stringify(body) })
  const response = await reach(request)
  return { status: response.status, json: (await response.json()) as Record<string, unknown> }
}
