import { status } from '@grpc/grpc-js'
import { duration } from '../../../functions/rollout/gate/finding.ts'
import { hasJobs, type Rollout } from '../../../functions/rollout/stage.ts'
import { desiredJobs } from '../../setup/desired.ts'
import { plan, type Step } from '../../setup/plan.ts'
import { loadSettings } from '../../setup/settings.ts'
import type { Existing, Spec } from '../../setup/spec.ts'
import type { Facts } from '../facts.ts'
import { bad, type Found, judged, ok, unknown, warn } from '../line.ts'
import type { Mends } from '../mends.ts'
import { both, type Seen } from '../seen.ts'
import { configOf } from './flags.ts'

/** An attempt that ended so will end so again: the job or its rights are wrong. The others may pass by themselves. */
const LASTING: readonly number[] = [
  status.INVALID_ARGUMENT,
  status.NOT_FOUND,
  status.PERMISSION_DENIED,
  status.FAILED_PRECONDITION,
  status.UNIMPLEMENTED,
  status.UNAUTHENTICATED,
]

/** The jobs that the flags ask for; unknown where those are not complete. */
export function desiredBy(facts: Facts): Seen<readonly Spec[]> {
  const { setup_env } = facts
  const config = configOf(facts)
  if (!config.ok || !setup_env.ok)
    return config.ok ? { ok: false, reason: 'the flags are not known' } : config
  try {
    return { ok: true, value: desiredJobs(loadSettings(setup_env.value)) }
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) }
  }
}

/** Each Cloud Scheduler job: as the flags have it, switched on, and answered. */
export function schedulerLines(facts: Facts, mends: Mends): Found[] {
  const all = both(both(desiredBy(facts), facts.scheduler), configOf(facts))
  return judged('the Cloud Scheduler jobs', all, ([[desired, existing], config]) => {
    const steps = plan(desired, existing, { paused: false, remove: false })
    return steps.map((step) => {
      const job = existing.find(({ spec }) => spec.id === step.id)
      const found = [
        ...wrongIn(step, mends),
        ...(job === undefined ? [] : troubleOf(job, step, config, mends)),
      ]
      return worst(found) ?? ok(step.id, job === undefined ? '' : stateText(job, facts.looked_at))
    })
  })
}

function wrongIn(step: Step, mends: Mends): Found[] {
  const { id } = step
  if (step.kind === 'create') return [bad(id, 'is not there', mends.setup())]
  if (step.kind === 'foreign') return [bad(id, 'was made by somebody else: rename it, or the lane', null)]
  if (step.kind === 'orphan')
    return [
      warn(id, 'belongs to no lane of SCHEDULER_LANES, and is refused each time', mends.setup('--delete')),
    ]
  if (step.kind !== 'update') return []
  // The audience has a line of its own.
  const changes = step.changes.filter(({ field }) => field !== 'audience')
  const told = changes.map(
    ({ field, from, to }) => `${field} is ${JSON.stringify(from)}, not ${JSON.stringify(to)}`,
  )
  return told.length === 0 ? [] : [bad(id, told.join('; '), mends.setup())]
}

function troubleOf(
  { spec: { id }, state, last_code }: Existing,
  step: Step,
  config: Rollout,
  mends: Mends,
): Found[] {
  if (step.kind === 'foreign' || step.kind === 'orphan') return []
  if (state === 'PAUSED') return [pausedLine(id, config, mends)].flat()
  if (last_code === null) return [unknown(id, `${state}, has not posted yet; look again after its next turn`)]
  if (last_code === 0) return []
  const told = `the last attempt ended with ${status[last_code] ?? last_code}`
  return [
    LASTING.includes(last_code)
      ? bad(id, told, mends.logs())
      : warn(id, `${told}, and is tried again`, mends.logs()),
  ]
}

/** Paused is how they are made, and what a rollback leaves. */
function pausedLine(id: string, config: Rollout, mends: Mends): Found[] {
  if (config.stage === 0) return [ok(id, 'PAUSED, as it should be at stage 0')]
  if (hasJobs('tick', config)) return [bad(id, 'PAUSED: nothing of its lane runs', mends.setup('--resume'))]
  return [
    warn(
      id,
      `PAUSED: at stage ${config.stage} the ticks have no job yet, but tell nothing either`,
      mends.setup('--resume'),
    ),
  ]
}

function stateText({ state, spec, last_attempt_at }: Existing, now: number): string {
  const age =
    last_attempt_at === null
      ? ''
      : `, last attempt ${duration(Math.max(0, now - last_attempt_at) / 1000)} ago`
  return `${state}, ${spec.schedule}${age}`
}

const ORDER = ['bad', 'warn', 'unknown', 'ok'] as const

function worst(found: readonly Found[]): Found | null {
  return ORDER.flatMap((verdict) => found.filter((one) => one.verdict === verdict))[0] ?? null
}
