import { POLICY, type Route, type Surface } from '../../auth/policy.ts'
import { CODES, type Code } from '../../errors.ts'
import { CONTRACT } from '../contract.ts'
import { isBehindIap, rolesOf } from './security.ts'

const OF_BODY = ['bad_request', 'invalid_json', 'payload_too_large', 'unsupported_media_type'] as const

/** Every code that a route may refuse with: its own, and those of its credentials, its body and its query. */
export function refusalsOf(route: Route, surface: Surface): readonly Code[] {
  const { body, query, refusals } = CONTRACT[route]
  const codes: Code[] = ['internal', ...refusals]
  if (POLICY[route].who !== 'anyone') codes.push('unauthenticated')
  if (rolesOf(route) !== null) codes.push('forbidden', 'keys_unreachable')
  if (isBehindIap(route, surface) && !route.startsWith('GET ')) codes.push('cross_site')
  if (body !== undefined) codes.push(...OF_BODY)
  if (query !== undefined) codes.push('bad_request')
  return [...new Set(codes)].toSorted()
}

/** Codes by the HTTP status that they come with. */
export function byStatus(codes: readonly Code[]): ReadonlyMap<number, readonly Code[]> {
  return Map.groupBy(codes, (code) => CODES[code])
}
