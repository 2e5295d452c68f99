import type { Context, MiddlewareHandler } from 'hono'
import { ID_TOKEN } from '../auth/oidc.ts'
import {
  type Caller,
  callerOf,
  mayCall,
  POLICY,
  type Route,
  serviceCaller,
  type Who,
} from '../auth/policy.ts'
import { serviceTokens } from '../auth/service-token.ts'
import { refusal, type Verify } from '../auth/verify.ts'
import { TickoverError } from '../errors.ts'
import type { Deps, Vars } from './surface.ts'

/** What callers are proven with. */
export type Proofs = Pick<Deps, 'verify' | 'verifyIap' | 'config'>

/** Finds who calls. Rejects with `TickoverError`: `unauthenticated` when nobody is proven. */
type Prove = (c: Context<Vars>) => Promise<Caller>

/**
 * What stands first on every route, and before the answer to a request that has none (null): it says who calls, before
 * anything else of the request is looked at. Without proof a request ends here, unless its route is for anyone.
 */
export function authentication(proofs: Proofs): (route: Route | null) => MiddlewareHandler<Vars> {
  const prove = prover(proofs)
  const ways = { anyone: orNobody(prove), run_token: bearsRunToken }
  return (route) => {
    const who: Who = route === null ? [] : POLICY[route].who
    const callerOfThis =
      typeof who === 'string' ? ways[who] : async (c: Context<Vars>) => withRole(await prove(c))
    return async (c, next) => {
      c.set('caller', await callerOfThis(c))
      await next()
    }
  }
}

/** Lets through whom the policy names. */
export function authorize(route: Route): MiddlewareHandler<Vars> {
  return async (c, next) => {
    if (!mayCall(route, c.get('caller'))) {
      throw new TickoverError(
        'forbidden',
        'Whoever you are proven to be may not do this: it takes another role (SCHEDULER_PRINCIPALS; a service’s token has the role service).',
      )
    }
    await next()
  }
}

/**
 * A service's own token names the caller, whatever else is there: Cloud Run's IAM needs `Authorization` for itself. Then comes
 * IAP, where a page is served; elsewhere its header is just a header, which anybody could send.
 */
function prover({ verify, verifyIap, config }: Proofs): Prove {
  const findService = serviceTokens(config.services)
  const proveAssertion = config.surface === 'api' ? undefined : verifyIap
  return async (c) => {
    const serviceToken = c.req.header('x-service-token')
    if (findService !== null && serviceToken !== undefined) {
      const service = findService(serviceToken)
      if (service === null)
        throw unproven('The service token is not known here. Send the one that this service was given.')
      return serviceCaller(service)
    }
    const assertion = c.req.header('x-goog-iap-jwt-assertion')
    if (proveAssertion !== undefined && assertion !== undefined)
      return callerOf(await proveAssertion(assertion), 'iap', config)
    return callerOf(await proveIdToken(c, verify), 'id_token', config)
  }
}

async function proveIdToken(c: Context<Vars>, verify: Verify): ReturnType<Verify> {
  const header = c.req.header('authorization')
  if (header === undefined || header === '')
    throw unproven('No ID token was sent. Send Authorization: Bearer, with a Google-signed ID token.')
  const token = /^Bearer +([\w.-]+)$/i.exec(header)?.[1]
  if (token === undefined) throw refusal(ID_TOKEN, 'malformed')
  return verify(token)
}

function withRole(caller: Caller): Caller {
  if (caller.roles.length > 0) return caller
  throw new TickoverError(
    'forbidden',
    'Your account is not known here. Ask for a role in SCHEDULER_PRINCIPALS.',
  )
}

/** Where anyone is answered, credentials that prove nothing count as none. */
function orNobody(prove: Prove): (c: Context<Vars>) => Promise<Caller | null> {
  return async (c) => {
    try {
      return await prove(c)
    } catch (error) {
      if (error instanceof TickoverError) return null
      throw error
    }
  }
}

/** The token itself is the handler's to prove: it knows the run. */
async function bearsRunToken(c: Context<Vars>): Promise<null> {
  if (c.req.header('x-scheduler-run-token')) return null
  throw unproven('No run token was sent. Send X-Scheduler-Run-Token, with the one that came with the run.')
}

function unproven(message: string): TickoverError {
  return new TickoverError('unauthenticated', message)
}
