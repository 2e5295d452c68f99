import type { Clock } from '../../functions/clock.ts'
import type { Evidence } from '../../functions/rollout/evidence.ts'
import type { Gcloud } from '../rollout/cloud/gcloud.ts'
import type { Platform } from '../rollout/platform.ts'
import { connectService, type Service } from '../rollout/service.ts'
import type { Existing } from '../setup/spec.ts'
import type { Command } from './arguments.ts'
import type { Facts, Lately } from './facts.ts'
import { lookAtCloud } from './look/cloud.ts'
import { jobsOf } from './look/service.ts'
import { derived, look, resolved, type Seen } from './seen.ts'

/** What is looked with. */
export interface Looking {
  readonly platform: Platform
  readonly gcloud: Gcloud
  readonly clock: Clock
  /** Is told of what is tried again. */
  readonly say: (line: string) => void
  readonly store_url: string
}

const DAY_MS = 86_400_000
const RECENT_CADENCES = 5
const RECENT_SECONDS = 600

/** Looks at everything, side by side. It changes nothing and never rejects: what cannot be seen is a reason. */
export async function lookAtAll(command: Command, looking: Looking): Promise<Facts> {
  const { platform, clock, say } = looking
  const { where } = command
  const service = connectService(platform, clock, say)
  const day = look(clock, () => service.evidence(clock.now() - DAY_MS))
  const flags = look(clock, () => platform.flags())
  return {
    name: platform.name,
    where,
    url: platform.url,
    looked_at: clock.now(),
    flags: await flags,
    setup_env: derived(await flags, (env) => platform.setupEnv(env)),
    ...(await resolved({
      capacity: look(clock, async () => (await platform.capacity?.()) ?? null),
      health: look(clock, () => service.health()),
      tick_without_token: look(clock, () => answered(service.tickWithoutToken())),
      day,
      lately: day.then((seen) => lately(seen, service, clock)),
      jobs: look(clock, () => jobsOf(platform)),
      scheduler: look(clock, () => listJobs(platform)),
      cloud:
        where.kind === 'local'
          ? null
          : lookAtCloud({
              ...looking,
              place: where,
              page_service: command.page_service ?? `${where.service}-page`,
              watch_region: command.watch_region,
            }),
    })),
  }
}

async function answered<T>(answer: Promise<T | null>): Promise<T> {
  const given = await answer
  if (given === null) throw new Error('there is no answer')
  return given
}

/** The last cadences, when they were asked for and answered: what the service says is now lies between. */
function lately(day: Seen<Evidence>, service: Service, clock: Clock): Promise<Seen<Lately>> {
  if (!day.ok) return Promise.resolve(day)
  const seconds = Math.max(RECENT_SECONDS, RECENT_CADENCES * day.value.cadence_seconds)
  return look(clock, async () => {
    const asked_at = clock.now()
    const evidence = await service.evidence(asked_at - seconds * 1000)
    return { evidence, asked_at, answered_at: clock.now() }
  })
}

/** All jobs of the location: one of somebody else may have a name of ours. */
async function listJobs(platform: Platform): Promise<readonly Existing[]> {
  const scheduler = platform.scheduler()
  try {
    return await scheduler.list()
  } finally {
    await scheduler.close()
  }
}
