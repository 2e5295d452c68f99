import type { Service } from '../config/services.ts'
import type { Principal, Role } from './principals.ts'
import type { Identity } from './verify.ts'

/** Who may call a route: anyone, whoever holds its run's token (which the handler proves), or whoever has one of these roles. */
export type Who = 'anyone' | 'run_token' | readonly Role[]

/** What one deployed service serves: `api` to programs, `page` to operators' browsers, or both. */
export type Surface = 'api' | 'page' | 'both'

/** Who may call a route, and on which surfaces it is served. */
export interface Rule {
  readonly who: Who
  readonly on: Surface
}

const VIEWERS = ['viewer', 'operator'] as const

/** Every route there is, with who may call it where. A route that is not here is served to nobody; an operator may view. */
export const POLICY = {
  'GET /health': { who: 'anyone', on: 'both' },
  'POST /cron/tick': { who: ['scheduler', 'operator'], on: 'api' },
  'POST /api/jobs/register': { who: ['service'], on: 'api' },
  'POST /api/jobs': { who: ['operator', 'service'], on: 'both' },
  'GET /api/jobs': { who: VIEWERS, on: 'both' },
  'GET /api/jobs/:name': { who: VIEWERS, on: 'both' },
  'GET /api/jobs/:name/history': { who: VIEWERS, on: 'both' },
  'GET /api/jobs/:name/stats': { who: VIEWERS, on: 'both' },
  'GET /api/jobs/:name/preview': { who: VIEWERS, on: 'both' },
  'GET /api/jobs/:name/audit': { who: VIEWERS, on: 'both' },
  'POST /api/jobs/:name/trigger': { who: ['operator'], on: 'both' },
  'POST /api/jobs/:name/enable': { who: ['operator'], on: 'both' },
  'POST /api/jobs/:name/disable': { who: ['operator'], on: 'both' },
  'POST /api/jobs/:name/release': { who: ['operator'], on: 'both' },
  'POST /api/jobs/:name/backfill': { who: ['operator'], on: 'both' },
  'POST /api/jobs/:name/reset': { who: ['operator'], on: 'both' },
  'PUT /api/jobs/:name/cron': { who: ['operator'], on: 'both' },
  'DELETE /api/jobs/:name': { who: ['operator'], on: 'both' },
  'GET /api/timeline': { who: VIEWERS, on: 'both' },
  'GET /api/performance': { who: VIEWERS, on: 'both' },
  'POST /api/performance': { who: ['operator'], on: 'both' },
  'POST /api/runs/:id/complete': { who: 'run_token', on: 'api' },
  'POST /api/legacy/runs': { who: ['legacy'], on: 'api' },
  'PATCH /api/legacy/runs': { who: ['legacy'], on: 'api' },
  'GET /api/ownership': { who: ['legacy', ...VIEWERS], on: 'both' },
  'GET /api/shadow/report': { who: VIEWERS, on: 'both' },
  'GET /api/rollout': { who: VIEWERS, on: 'both' },
  'POST /api/rollout/records': { who: ['operator'], on: 'both' },
  'POST /api/rollout/free': { who: ['operator'], on: 'both' },
  'GET /admin': { who: VIEWERS, on: 'page' },
  'GET /admin/:file': { who: VIEWERS, on: 'page' },
  'GET /openapi.json': { who: VIEWERS, on: 'both' },
} as const satisfies Record<`${'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} /${string}`, Rule>

/** One route, as `METHOD /path`. */
export type Route = keyof typeof POLICY

/** All of them, in the order of the table. */
export const ROUTES: readonly Route[] = Object.keys(POLICY).filter((text): text is Route => text in POLICY)

/** The routes of a service with this surface. */
export function routesOn(surface: Surface): readonly Route[] {
  return ROUTES.filter((route) => surface === 'both' || ['both', surface].includes(POLICY[route].on))
}

/** Somebody proven, with what they may do. */
export interface Caller {
  /** Null for a service that was known by its own token. */
  readonly email: string | null
  /** The e-mail address, or `service:NAME`: what an audit calls them. */
  readonly name: string
  readonly roles: readonly Role[]
  /** The services for which they may speak. */
  readonly services: readonly string[]
  /** The job types that they may create: their own, and those of their services. */
  readonly job_types: readonly string[]
  /** How they were proven. */
  readonly by: 'id_token' | 'iap' | 'service_token'
}

/** What configuration says of principals and services. */
export interface Granted {
  readonly scheduler_account: string | null
  readonly principals: readonly Principal[]
  readonly services: readonly Pick<Service, 'name' | 'job_types'>[]
}

/** The caller behind a proven identity: with the roles of its address, its domain's, and `scheduler` for the one account. */
export function callerOf(identity: Identity, by: 'id_token' | 'iap', config: Granted): Caller {
  const { email } = identity
  const granted = config.principals.filter((principal) => isMember(identity, principal.name))
  const roles = new Set(granted.flatMap((principal) => principal.roles))
  if (email === config.scheduler_account) roles.add('scheduler')
  const services = granted.flatMap((principal) => principal.services)
  const own = config.services.filter(({ name }) => services.includes(name))
  const job_types = [...granted, ...own].flatMap((one) => one.job_types)
  return { email, name: email, roles: [...roles], services, job_types: [...new Set(job_types)], by }
}

/** The caller behind a service's own token. */
export function serviceCaller({ name, job_types }: Pick<Service, 'name' | 'job_types'>): Caller {
  const roles = ['service'] as const
  return { email: null, name: `service:${name}`, roles, services: [name], job_types, by: 'service_token' }
}

/** May this caller call this route? `run_token` routes let everybody through to their handler, which proves the token. */
export function mayCall(route: Route, caller: Caller | null): boolean {
  const { who }: Rule = POLICY[route]
  return typeof who === 'string' || who.some((role) => caller?.roles.includes(role) ?? false)
}

/** May this caller register a job of this type that calls this service? Null: it calls no service of the table. */
export function mayRegister(caller: Caller | null, service: string | null, jobType: string): boolean {
  if (caller === null || !caller.roles.includes('service')) return false
  return caller.job_types.includes(jobType) && (service === null || caller.services.includes(service))
}

/**
 * An address in a domain proves nothing about the domain (a consumer account may carry any address, and keep it);
 * the token's own `hd` does. Service accounts have none, but only Google gives out their addresses.
 */
function isMember(identity: Identity, name: string): boolean {
  if (!name.startsWith('domain:')) return identity.email === name
  const domain = name.slice('domain:'.length)
  return (
    identity.domain === domain ||
    (domain.endsWith('.gserviceaccount.com') && identity.email.endsWith(`@${domain}`))
  )
}
