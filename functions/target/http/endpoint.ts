import type { Service } from '../../config/services.ts'
import { type Code, TickoverError } from '../../errors.ts'
import type { Target } from '../../job/target.ts'

/** Where a job may be sent to, as configured. */
export interface Destinations {
  readonly services: readonly Service[]
  /** Hosts outside the services that may be called with a whole URL. */
  readonly allowed_hosts: readonly string[]
  /** Hosts that may be at private addresses. */
  readonly private_hosts: readonly string[]
}

/** A target over HTTP. */
export type HttpTarget = Extract<Target, { kind: 'http' }>

/** Where a target is; `service` is null for a whole URL. */
export interface Place {
  readonly url: URL
  readonly service: Service | null
}

/** Why a target leads nowhere. */
interface Fault {
  readonly code: Code
  readonly field: 'service' | 'endpoint'
  readonly message: string
}

/** The longest endpoint, in characters. */
const LONGEST = 500

/** The place of a target; throws `unknown_service` or `invalid_endpoint`. Looks nothing up. */
export function placeOf(target: HttpTarget, destinations: Destinations): Place {
  const found = find(target, destinations)
  if ('url' in found) return found
  throw new TickoverError(found.code, `The ${found.field} of the job ${found.message}. Register it anew.`)
}

/** Refuses a registration whose target leads nowhere: throws `bad_request` that names the field. */
export function checkEndpoint(target: HttpTarget, destinations: Destinations): void {
  const found = find(target, destinations)
  if ('url' in found) return
  const { field, message } = found
  throw new TickoverError(
    'bad_request',
    `The request cannot be read (${field}: ${message}). Correct this field.`,
    {
      problems: [{ field, message }],
    },
  )
}

/** May this host, as a URL has it, be at a private address? */
export function isPrivateHost({ services, private_hosts }: Destinations, host: string): boolean {
  const isNamed = (service: Service) => service.private && URL.parse(service.url)?.hostname === host
  return private_hosts.includes(host) || services.some(isNamed)
}

function find(target: HttpTarget, destinations: Destinations): Place | Fault {
  const { service: name, endpoint } = target
  if (endpoint.length > LONGEST) return invalid(`must have at most ${LONGEST} characters`)
  if (/[\p{Cc}\\#]/u.test(endpoint)) return invalid('must have no control character, no \\ and no #')
  if (name === null) return findUrl(endpoint, destinations)
  const service = destinations.services.find((one) => one.name === name)
  if (service === undefined)
    return { code: 'unknown_service', field: 'service', message: 'is none of SCHEDULER_SERVICES' }
  return findPath(endpoint, service, destinations)
}

function findPath(endpoint: string, service: Service, destinations: Destinations): Place | Fault {
  if (!/^\/(?!\/)/.test(endpoint)) return invalid('must be a path: it begins with one /, not two')
  const base = URL.parse(service.url)
  const root = base?.href.replace(/\/$/, '') ?? ''
  const url = URL.parse(root + endpoint)
  if (base === null || url === null) return invalid('makes no URL with the base URL of its service')
  // Of one origin, too: what follows the root cannot change it.
  if (!url.href.startsWith(`${root}/`)) return invalid('leads away from the base URL of its service')
  return checked({ url, service }, destinations)
}

function findUrl(endpoint: string, destinations: Destinations): Place | Fault {
  const url = URL.parse(endpoint)
  if (url === null || isWithUser(url)) return invalid('must be a URL without credentials in it')
  if (!destinations.allowed_hosts.includes(url.hostname))
    return invalid('is on a host that SCHEDULER_ALLOWED_HOSTS does not name')
  return checked({ url, service: null }, destinations)
}

/** Outside our own networks everything is encrypted, and on no strange port. */
function checked(place: Place, destinations: Destinations): Place | Fault {
  const { protocol, hostname, port } = place.url
  if (isPrivateHost(destinations, hostname) && /^https?:$/.test(protocol)) return place
  if (protocol !== 'https:')
    return invalid(
      place.service === null
        ? 'must be https, since its host is none of SCHEDULER_PRIVATE_HOSTS'
        : `leads to ${place.service.name}, whose URL must be https, unless SCHEDULER_SERVICES gives it "private": true`,
    )
  if (place.service === null && port !== '') return invalid('must name no port')
  return place
}

function isWithUser({ username, password }: URL): boolean {
  return username !== '' || password !== ''
}

function invalid(message: string): Fault {
  return { code: 'invalid_endpoint', field: 'endpoint', message }
}
