import { status } from '@grpc/grpc-js'
import type { Target } from './job.ts'
import type { HttpMethod, WireJob } from './protos.ts'
import { invalid, RpcError } from './rpc-error.ts'

type WireTarget = NonNullable<WireJob['httpTarget']>

const MAX_URL = 2083
const MAX_HEADERS_BYTES = 80 * 1024
const WITH_BODY = ['POST', 'PUT', 'PATCH']
const COMPUTED = /^(host|content-length|user-agent|x-google-.*|x-appengine-.*|x-cloudscheduler.*)$/i

/** Checks an HTTP target as the service does and fills in its defaults. Throws INVALID_ARGUMENT. */
export function parseTarget(wire: WireTarget): Target {
  const uri = wire.uri ?? ''
  if (!/^https?:\/\//.test(uri) || !URL.canParse(uri)) {
    throw invalid('HttpTarget.uri must begin with "http://" or "https://".')
  }
  if (new URL(uri).href.length > MAX_URL)
    throw invalid(`HttpTarget.uri is longer than ${MAX_URL} characters.`)
  const method = methodOf(wire)
  const body = Buffer.from(wire.body ?? '')
  if (body.length > 0 && !WITH_BODY.includes(method)) {
    throw invalid(`HttpTarget.body is not allowed with ${method}; it needs ${WITH_BODY.join(', ')}.`)
  }
  return {
    uri,
    method,
    headers: headersOf(wire, body.length > 0),
    body: body.toString('base64'),
    oidc: oidcOf(wire),
  }
}

function methodOf({ httpMethod }: WireTarget): HttpMethod {
  return typeof httpMethod !== 'string' || httpMethod === 'HTTP_METHOD_UNSPECIFIED' ? 'POST' : httpMethod
}

function headersOf(wire: WireTarget, hasBody: boolean): Record<string, string> {
  const given = Object.entries(wire.headers ?? {}).filter(([name]) => !COMPUTED.test(name))
  const bytes = given.reduce((sum, [name, value]) => sum + name.length + value.length, 0)
  if (bytes >= MAX_HEADERS_BYTES) throw invalid('HttpTarget.headers must be smaller than 80KB.')
  const typed = given.some(([name]) => name.toLowerCase() === 'content-type')
  return {
    ...(hasBody && !typed ? { 'Content-Type': 'application/octet-stream' } : {}),
    ...Object.fromEntries(given),
    // The service stores this one with the job, so clients read back a header that they never set.
    'User-Agent': 'Google-Cloud-Scheduler',
  }
}

function oidcOf(wire: WireTarget): Target['oidc'] {
  if (wire.oauthToken) throw new RpcError(status.UNIMPLEMENTED, 'This emulator signs OIDC tokens only.')
  if (!wire.oidcToken) return null
  const email = wire.oidcToken.serviceAccountEmail ?? ''
  if (!/^[^@\s]+@[^@\s]+$/.test(email))
    throw invalid('OidcToken.service_account_email must be an e-mail address.')
  return { email, audience: wire.oidcToken.audience ?? '' }
}
