import { type Env, FLAGS, textOf } from '../../functions/config.ts'
import { TickoverError } from '../../functions/errors.ts'
import { shadowPath } from '../../functions/rollout/stage.ts'
import { validateSchedule } from '../../functions/schedule/schedule.ts'
import { reasonOf } from '../rollout/failure.ts'
import type { Capacity } from '../rollout/platform.ts'
import { MONTHS, type Terms } from './job-set.ts'

/** What Terraform gives an instance unless it is told otherwise. */
const INSTANCE = { cpu: 1, memory_gib: 0.5 } as const

/**
 * The terms that these flags come to in the longer month. `capacity`: the service's own; null: what Terraform makes of the
 * flags. Throws `configuration` when one of the flags that matter cannot be read.
 */
export function termsOf(env: Env, capacity: Capacity | null): Terms {
  const flags = {
    stage: read(env, 'stage'),
    shadow_mode: read(env, 'shadow_mode'),
    canary_split: read(env, 'canary_split'),
    canary_percent: read(env, 'canary_percent'),
    canary_jobs: read(env, 'canary_jobs'),
    legacy_loop: read(env, 'legacy_loop'),
  }
  const loops = flags.legacy_loop === 'on'
  return {
    lanes: read(env, 'lanes'),
    ...readCadence(env),
    concurrency: read(env, 'concurrency'),
    lease_seconds: read(env, 'lease_seconds'),
    tick_budget_seconds: read(env, 'tick_budget_seconds'),
    shadow: shadowPath(flags) !== null,
    loop_seconds: loops ? read(env, 'legacy_poll_seconds') : null,
    capacity: capacity ?? { cpu_always: loops, min_instances: loops ? 1 : 0 },
    ...INSTANCE,
    one_offs: 0,
    month: MONTHS[31],
  }
}

/** Whether it ever falls due is seen with its zone only. */
function readCadence(env: Env): Pick<Terms, 'cadence' | 'time_zone'> {
  const [cadence, time_zone] = [read(env, 'cadence'), read(env, 'time_zone')]
  try {
    validateSchedule({ kind: 'cron', expression: cadence, time_zone })
    return { cadence, time_zone }
  } catch (error) {
    const field = FLAGS.cadence.name
    const message = reasonOf(error)
    const problems = [{ field, message }]
    throw new TickoverError('configuration', `Correct ${field}: ${message}`, { problems, cause: error })
  }
}

type Flags = typeof FLAGS
type Value<K extends keyof Flags> = Exclude<ReturnType<Flags[K]['check']['safeParse']>['data'], undefined>

/** One flag by itself: of a service's others some are secrets that this shell cannot see. */
function read<K extends keyof Flags>(env: Env, field: K): Value<K> {
  const { name, fallback, check } = FLAGS[field]
  const text = textOf(env, name) ?? fallback
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a flag without a fallback reads as null
  if (text === null) return null as Value<K>
  const parsed = check.safeParse(text)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its own check has read it
  if (parsed.success) return parsed.data as Value<K>
  const problems = parsed.error.issues.map(({ message }) => ({ field: name, message }))
  throw new TickoverError('configuration', `Correct ${name}: ${problems[0]?.message ?? ''}`, { problems })
}
