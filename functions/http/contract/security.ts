import { POLICY, type Route, type Rule, type Surface } from '../../auth/policy.ts'

/** Each way to be proven, as OpenAPI describes it. */
export const SCHEMES = {
  id_token: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'A Google-signed ID token',
  },
  service_token: {
    type: 'apiKey',
    in: 'header',
    name: 'X-Service-Token',
    description: 'A service’s own token, where it was given one',
  },
  iap: {
    type: 'apiKey',
    in: 'header',
    name: 'X-Goog-IAP-JWT-Assertion',
    description: 'What Identity-Aware Proxy adds, once it has let somebody in',
  },
  run_token: {
    type: 'apiKey',
    in: 'header',
    name: 'X-Scheduler-Run-Token',
    description: 'The token of one call to a target',
  },
} as const

/** One way to be let in. */
type Ask = Readonly<Partial<Record<keyof typeof SCHEMES, readonly []>>>

/** What a route asks for, as the policy has it: any one of these; of `{}` nothing is asked. */
export function securityOf(route: Route, surface: Surface): readonly Ask[] {
  const { who }: Rule = POLICY[route]
  if (who === 'run_token') return [{ run_token: [] }]
  const ways: Ask[] = [
    { id_token: [] },
    ...(who === 'anyone' || who.includes('service') ? [{ service_token: [] } as const] : []),
    ...(isBehindIap(route, surface) ? [{ iap: [] } as const] : []),
  ]
  return who === 'anyone' ? [{}, ...ways] : ways
}

/** May a browser call it? */
export function isBehindIap(route: Route, surface: Surface): boolean {
  return surface !== 'api' && POLICY[route].on !== 'api'
}

/** The roles that may call a route; null: no role is asked for. */
export function rolesOf(route: Route): readonly string[] | null {
  const { who }: Rule = POLICY[route]
  return typeof who === 'string' ? null : who
}
