import type { Clock } from '../../functions/clock.ts'
import type { Env } from '../../functions/config.ts'
import type { Probes } from '../../functions/rollout/evidence.ts'
import { reasonOf } from './failure.ts'
import { probeJobs } from './jobs.ts'
import type { Platform } from './platform.ts'
import type { Service } from './service.ts'

/** What can only be seen from outside. What cannot be looked at is not known, and `say` is told why. */
export async function probe(
  {
    platform,
    service,
    clock,
    say,
  }: {
    readonly platform: Platform
    readonly service: Service
    readonly clock: Clock
    readonly say: (line: string) => void
  },
  flags: Env,
): Promise<Partial<Probes>> {
  const [health, tick_without_token, scheduler_jobs] = await Promise.all([
    service.health(),
    service.tickWithoutToken(),
    probeJobs(platform, flags, clock).catch((error: unknown) => {
      say(`Cloud Scheduler could not be looked at: ${reasonOf(error)}`)
      return null
    }),
  ])
  return { health, tick_without_token, scheduler_jobs }
}

/** The address in a token, so that a pass can say whose it is. It is our own token: nothing is proven by it here. */
export function bearerOf(token: string): string | null {
  const [, claims = ''] = token.split('.')
  try {
    const read: unknown = JSON.parse(Buffer.from(claims, 'base64url').toString())
    return typeof read === 'object' && read !== null && 'email' in read && typeof read.email === 'string'
      ? read.email
      : null
  } catch {
    return null
  }
}
