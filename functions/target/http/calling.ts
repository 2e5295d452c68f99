import type { Clock } from '../../clock.ts'
import type { Config } from '../../config.ts'
import { type Destinations, isPrivateHost } from './endpoint.ts'
import { googleTokens, issuedTokens } from './id-token.ts'
import { createSend, type Send } from './send.ts'
import type { Token } from './sign.ts'

/** What calling a target needs beside the attempt itself. */
export interface Calling extends Destinations {
  readonly token: Token
  /** 256 random bits in base64url. */
  readonly newSecret: () => string
  /** The base of the address under which targets complete their runs; null: not known. */
  readonly self_url: string | null
  readonly send: Send
  readonly clock: Pick<Clock, 'now'>
}

/** The flags that say whom to call, and as whom. */
export type CallingFlags = Pick<
  Config,
  | 'services'
  | 'allowed_hosts'
  | 'private_hosts'
  | 'target_url'
  | 'audience'
  | 'token_url'
  | 'scheduler_account'
>

/** Who asks for tokens at an issuer for development, unless the configuration names an account. */
const DEVELOPER = 'scheduler@localhost.local'

/** How this process calls targets, for its whole life. */
export function createCalling(config: CallingFlags, machine: Pick<Calling, 'newSecret' | 'clock'>): Calling {
  const { services, allowed_hosts, private_hosts, token_url, scheduler_account } = config
  const destinations = { services, allowed_hosts, private_hosts }
  return {
    ...destinations,
    ...machine,
    token: token_url === null ? googleTokens() : issuedTokens(token_url, scheduler_account ?? DEVELOPER),
    self_url: selfOf(config),
    send: createSend({ isPrivateAllowed: (host) => isPrivateHost(destinations, host) }),
  }
}

/** The audience is our own URL as a rule, but may be any text. */
function selfOf({ target_url, audience }: CallingFlags): string | null {
  return target_url ?? (/^https?:\/\//.test(audience) ? audience : null)
}
