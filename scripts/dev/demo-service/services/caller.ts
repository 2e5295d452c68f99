import { createRemoteJWKSet, jwtVerify } from 'jose'
import { SCHEDULER_ACCOUNT } from '../../stack/settings.ts'

/** Does this `Authorization` prove that the scheduler calls the service with this base URL? */
export type IsScheduler = (authorization: string | undefined, base: string) => Promise<boolean>

/** Asks for an ID token of the scheduler's account, as every service has to: whoever can reach it could call it. */
export function schedulerOnly(jwks_url: string): IsScheduler {
  const keys = createRemoteJWKSet(new URL(jwks_url))
  return async (authorization = '', audience) => {
    const token = authorization.replace(/^Bearer /, '')
    const proven = await jwtVerify(token, keys, { audience }).catch(() => null)
    return proven?.payload.email === SCHEDULER_ACCOUNT && proven.payload.email_verified === true
  }
}
