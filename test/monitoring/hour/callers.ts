import type { Clock } from '../../../functions/clock.ts'
import type { Env } from '../../../functions/config.ts'
import { startIssuer } from '../../../scripts/dev/issuer.ts'

/** Who calls the function; the stranger is proven, too, but has no role. */
export const ACCOUNTS = {
  scheduler: 'tickover-scheduler@example.iam.gserviceaccount.com',
  watch: 'tickover-watch@example.iam.gserviceaccount.com',
  stranger: 'somebody@example.iam.gserviceaccount.com',
} as const

export type Account = keyof typeof ACCOUNTS

const AUDIENCE = 'https://tickover.example'

/** What the function is told by its flags: of two lanes, one sleeps until what is due next, one does not. */
export const ENV = {
  SCHEDULER_LANES: 'high:dwell,low',
  SCHEDULER_OIDC_AUDIENCE: AUDIENCE,
  SCHEDULER_SERVICE_ACCOUNT: ACCOUNTS.scheduler,
  SCHEDULER_PRINCIPALS: JSON.stringify({ [ACCOUNTS.watch]: { roles: ['viewer'] } }),
} satisfies Env

/** Tokens for all of the hour, and where the keys are that prove them, until `close`. */
export async function issueTokens(clock: Clock) {
  const issuer = await startIssuer({ clock, max_age_seconds: 24 * 3600 })
  const exp = Math.floor(clock.now() / 1000) + 3 * 3600
  const mint = (email: string) => issuer.mint({ email, audience: AUDIENCE, claims: { exp } })
  const [scheduler, watch, stranger] = await Promise.all([
    mint(ACCOUNTS.scheduler),
    mint(ACCOUNTS.watch),
    mint(ACCOUNTS.stranger),
  ])
  return { tokens: { scheduler, watch, stranger }, certs_url: issuer.certs_url, close: () => issuer.close() }
}
