import { z } from 'zod'
import type { Clock } from '../../functions/clock.ts'
import type { Env } from '../../functions/config.ts'
import { jsonOrNull } from '../../functions/json.ts'
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
  return claimsOf(token)?.email ?? null
}

/** Whom a token is for, as it says. */
export function audienceOf(token: string): string | null {
  return claimsOf(token)?.aud ?? null
}

const claims = z.object({ email: z.string().optional(), aud: z.string().optional() })

function claimsOf(token: string): z.infer<typeof claims> | null {
  const [, middle = ''] = token.split('.')
  return claims.safeParse(jsonOrNull(Buffer.from(middle, 'base64url').toString())).data ?? null
}
