import ipaddr from 'ipaddr.js'

/** What an address belongs to: anybody may be called there, only hosts that the configuration names, or nobody ever. */
export type Reach = 'public' | 'private' | 'never'

const PRIVATE: ReadonlySet<string> = new Set(['loopback', 'private', 'uniqueLocal', 'carrierGradeNat'])

/**
 * Where clouds answer with credentials, or with a machine's own settings, beside the link-local 169.254.169.254: Amazon,
 * Google, Scaleway, Alibaba and Azure, as their documentations name them.
 */
const METADATA: ReadonlySet<string> = new Set([
  'fd00:ec2::254',
  'fd20:ce::254',
  'fd00:42::42',
  '100.100.100.200',
  '168.63.129.16',
])

const METADATA_NAMES: ReadonlySet<string> = new Set([
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'instance-data',
  'instance-data.ec2.internal',
])

/** The only part of IPv6 from which public addresses are given out, and NAT64's own prefix (RFC 6052). */
const GLOBAL = ipaddr.parseCIDR('2000::/3')
const NAT64 = ipaddr.parseCIDR('64:ff9b::/96')

/**
 * What an address in its numbers belongs to. An IPv4 address within IPv6 counts as itself; one behind NAT64 has to be
 * public. What is no address belongs to nobody.
 */
export function reachOf(text: string): Reach {
  const bare = inGroups(text.replace(/%.*$/s, ''))
  if (!ipaddr.isValid(bare)) return 'never'
  const address = ipaddr.process(bare)
  if (METADATA.has(address.toString())) return 'never'
  const range: string = address.range()
  if (PRIVATE.has(range)) return 'private'
  if (address.kind() === 'ipv4') return range === 'unicast' ? 'public' : 'never'
  if (address.match(NAT64)) return reachOf(lastFour(address)) === 'public' ? 'public' : 'never'
  return range === 'unicast' && address.match(GLOBAL) ? 'public' : 'never'
}

/** Is this a name under which a cloud answers with credentials? A trailing dot changes nothing about a name. */
export function isMetadataName(name: string): boolean {
  return METADATA_NAMES.has(name.toLowerCase().replace(/\.+$/, ''))
}

/** An IPv6 address without dots: the library takes the old `::1.2.3.4` for `::ffff:1.2.3.4`, the system does not. */
function inGroups(text: string): string {
  return text.includes(':') ? (URL.parse(`http://[${text}]`)?.hostname.slice(1, -1) ?? '') : text
}

function lastFour(address: ipaddr.IPv4 | ipaddr.IPv6): string {
  return address.toByteArray().slice(-4).join('.')
}
