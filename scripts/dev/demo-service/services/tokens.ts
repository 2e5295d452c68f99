import { randomBytes } from 'node:crypto'
import type { Env } from '../../../../functions/config.ts'
import { SERVICE_JOBS, SERVICES } from './jobs.ts'

/** The secret of each service that is played here, by which the scheduler knows it. */
export type Tokens = Readonly<Record<string, string>>

/** New ones: they live as long as the stack. A service that somebody configured, by name in `theirs`, is not played. */
export function newTokens(theirs: readonly string[] = []): Tokens {
  const played = SERVICES.filter((service) => !theirs.includes(service))
  return Object.fromEntries(played.map((service) => [service, randomBytes(32).toString('base64url')]))
}

/** The environment by which the function knows the services, at `demo_url`; their jobs run in `lane`. */
export function serviceFlags(
  demo_url: string,
  tokens: Tokens,
  lane: string,
): Env & { readonly SCHEDULER_SERVICES: string } {
  const played = Object.entries(tokens)
  const table = played.map(([service]) => [service, { job_types: typesOf(service), lane, private: true }])
  const places = played.flatMap(([service, token]) => {
    const prefix = service.toUpperCase().replaceAll('-', '_')
    return [
      [`${prefix}_URL`, `${demo_url}/${service}`],
      [`${prefix}_TOKEN`, token],
    ]
  })
  return { SCHEDULER_SERVICES: JSON.stringify(Object.fromEntries(table)), ...Object.fromEntries(places) }
}

function typesOf(service: string): string[] {
  const own = SERVICE_JOBS.filter(({ registration }) => registration.service === service)
  return [...new Set(own.map(({ registration }) => registration.jobType))]
}
