import type { LookupAddress } from 'node:dns'
import { lookup as systemLookup } from 'node:dns/promises'
import { isIP, isIPv6, type LookupFunction } from 'node:net'
import { callbackify } from 'node:util'
import type { buildConnector } from 'undici'
import { TickoverError } from '../../errors.ts'
import { isMetadataName, reachOf } from './address.ts'

/** All addresses of a name; rejects when it has none. */
export type Lookup = (name: string) => Promise<readonly LookupAddress[]>

/** Which hosts may be at which addresses. */
export interface Hosts {
  /** May this host, as a URL has it, be at a private address? */
  readonly isPrivateAllowed: (host: string) => boolean
  /** Left out: as this machine looks names up. */
  readonly lookup?: Lookup
}

/** How long a connection may take, its lookup and its handshake included, in ms. */
const CONNECT_MS = 10_000

/**
 * A connector for undici that knows where it connects to: a name is looked up once, each of its addresses is checked, and
 * one of just these is connected to, so nothing that a name server says later counts. An address in the URL is checked
 * as it stands. Fails with `TickoverError('forbidden_address')`.
 */
export function checkedConnector(build: typeof buildConnector, hosts: Hosts): buildConnector.connector {
  const connect = build({ timeout: CONNECT_MS, allowH2: false, lookup: checkedLookup(hosts) })
  return (options, callback) => {
    const problem = problemOfLiteral(options.hostname, hosts)
    if (problem === null) connect(options, callback)
    else callback(problem, null)
  }
}

/** The system looks nothing up for an address; and a name that stands for metadata needs no lookup to be refused. */
function problemOfLiteral(hostname: string, hosts: Hosts): TickoverError | null {
  if (isMetadataName(hostname)) return forbidden(hostname)
  return isIP(hostname) === 0 ? null : problemOf(hostname, [hostname], hosts)
}

function checkedLookup(hosts: Hosts): LookupFunction {
  const find = callbackify((hostname: string) => checkedAddresses(hostname, hosts))
  return (hostname, { all }, callback) =>
    find(hostname, (error, found) => {
      const [first, ...others] = error === null ? found : []
      if (first === undefined) callback(error ?? forbidden(hostname), '')
      else if (all === true) callback(null, [first, ...others])
      else callback(null, first.address, first.family)
    })
}

async function checkedAddresses(hostname: string, hosts: Hosts): Promise<readonly LookupAddress[]> {
  const { lookup = lookUpHere } = hosts
  const found = await lookup(hostname)
  const addresses = found.map(({ address }) => address)
  const problem = problemOf(hostname, addresses, hosts)
  if (problem !== null) throw problem
  return found
}

function lookUpHere(name: string): Promise<LookupAddress[]> {
  return systemLookup(name, { all: true })
}

/** One bad address is enough: a name that has it among good ones is being played with, or will have it alone next time. */
function problemOf(
  hostname: string,
  addresses: readonly string[],
  { isPrivateAllowed }: Hosts,
): TickoverError | null {
  const reaches = addresses.map(reachOf)
  if (reaches.includes('never')) return forbidden(hostname)
  const host = isIPv6(hostname) ? `[${hostname}]` : hostname
  if (!reaches.includes('private') || isPrivateAllowed(host)) return null
  return new TickoverError(
    'forbidden_address',
    `${host} is at a private address. If that is meant, name it in SCHEDULER_PRIVATE_HOSTS, or set "private" for its service.`,
  )
}

function forbidden(hostname: string): TickoverError {
  return new TickoverError(
    'forbidden_address',
    `${hostname} is at an address that nothing here may call (link-local, metadata, reserved). Correct the target or its name.`,
  )
}
