import type { Identity } from './oidc.ts'
import type { Principal, Role } from './principals.ts'

/** Who may call a route: anyone, or whoever has one of these roles. */
export type Who = 'anyone' | readonly Role[]

/** Every route there is, with who may call it. A route that is not here is served to nobody; an operator may view. */
export const POLICY = {
  'GET /health': 'anyone',
  'POST /cron/tick': ['scheduler', 'operator'],
  'POST /api/jobs': ['operator', 'service'],
  'GET /api/jobs': ['viewer', 'operator'],
  'GET /api/jobs/:name': ['viewer', 'operator'],
  'POST /api/legacy/runs': ['legacy'],
  'PATCH /api/legacy/runs': ['legacy'],
  'GET /api/ownership': ['legacy', 'viewer', 'operator'],
  'GET /api/shadow/report': ['viewer', 'operator'],
  'GET /api/rollout': ['viewer', 'operator'],
  'POST /api/rollout/records': ['operator'],
  'POST /api/rollout/free': ['operator'],
} as const satisfies Record<`${'GET' | 'POST' | 'PATCH'} /${string}`, Who>

/** One route, as `METHOD /path`. */
export type Route = keyof typeof POLICY

/** All of them, in the order of the table. */
export const ROUTES: readonly Route[] = Object.keys(POLICY).filter((text): text is Route => text in POLICY)

/** Somebody proven, with what they may do. */
export interface Caller {
  readonly email: string
  readonly roles: readonly Role[]
  readonly job_types: readonly string[]
}

/** The roles of a proven identity: its own, its domain's, and `scheduler` for the one account. */
export function callerOf(
  identity: Identity,
  config: { readonly scheduler_account: string | null; readonly principals: readonly Principal[] },
): Caller {
  const granted = config.principals.filter((principal) => isMember(identity, principal.name))
  const roles = new Set(granted.flatMap((principal) => principal.roles))
  if (identity.email === config.scheduler_account) roles.add('scheduler')
  return {
    email: identity.email,
    roles: [...roles],
    job_types: granted.flatMap((principal) => principal.job_types),
  }
}

/** May this caller call this route? */
export function mayCall(route: Route, caller: Caller | null): boolean {
  const who: Who = POLICY[route]
  return who === 'anyone' || who.some((role) => caller?.roles.includes(role) ?? false)
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
