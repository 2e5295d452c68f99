import type { Clock } from '../../functions/clock.ts'
import type { Env } from '../../functions/config.ts'
import type { Probes } from '../../functions/rollout/evidence.ts'
import { apply } from '../setup/apply.ts'
import { desiredJobs } from '../setup/desired.ts'
import { isBlocked, isPending, plan, planPause, planVerb, type Step } from '../setup/plan.ts'
import { stepLines } from '../setup/print.ts'
import type { Scheduler } from '../setup/scheduler.ts'
import { loadSettings } from '../setup/settings.ts'
import { type Existing, isOurs, type Spec } from '../setup/spec.ts'
import type { Platform } from './platform.ts'

type Cloud = Pick<Platform, 'scheduler' | 'setupEnv'>

/** The Cloud Scheduler jobs of ours, as they are. */
export async function existingJobs(platform: Cloud): Promise<Existing[]> {
  return (await withScheduler(platform, (scheduler) => scheduler.list())).filter(isOurs)
}

/** What the setup would have to change for these flags, orphans told. Throws `configuration` for flags that are not complete. */
export async function setupSteps(platform: Cloud, flags: Env, remove: boolean): Promise<Step[]> {
  const desired = desiredFor(platform, flags)
  const existing = await withScheduler(platform, (scheduler) => scheduler.list())
  return stepsTo(desired, existing, remove)
}

/** Carries the setup out for these flags. Resolves to what was done: nothing when nothing was to do. */
export function setUp(platform: Cloud, flags: Env, remove: boolean): Promise<string[]> {
  return carryOut(platform, (existing) => stepsTo(desiredFor(platform, flags), existing, remove))
}

/** Pauses every job of ours. */
export function pauseAll(platform: Cloud): Promise<string[]> {
  return carryOut(platform, planPause)
}

/** Resumes the jobs of the configured lanes; one that is missing is an error. */
export function resumeAll(platform: Cloud, flags: Env): Promise<string[]> {
  return carryOut(platform, (existing) => planVerb('resume', desiredFor(platform, flags), existing))
}

/** The jobs as a gate judges them: each with what the setup would change in it. `now` in milliseconds. */
export async function probeJobs(
  platform: Cloud,
  flags: Env,
  clock: Clock,
): Promise<Probes['scheduler_jobs']> {
  const desired = desiredFor(platform, flags)
  const existing = await withScheduler(platform, (scheduler) => scheduler.list())
  const steps = stepsTo(desired, existing, false)
  const found = existing.filter((job) => isOurs(job) || desired.some(({ id }) => id === job.spec.id))
  return found.map((job) => ({
    id: job.spec.id,
    state: job.state,
    schedule: job.spec.schedule,
    last_attempt_age_seconds:
      job.last_attempt_at === null ? null : Math.max(0, clock.now() - job.last_attempt_at) / 1000,
    has_oidc_token: job.spec.service_account !== '',
    audience: job.spec.audience === '' ? null : job.spec.audience,
    problems: steps.flatMap((step) => (step.id === job.spec.id ? problemsIn(step) : [])),
  }))
}

function problemsIn(step: Step): string[] {
  if (step.kind === 'unchanged') return []
  if (step.kind !== 'update') return stepLines(step).slice(0, 1)
  return step.changes.map(
    ({ field, from, to }) =>
      `${field} is ${JSON.stringify(from)}, not ${JSON.stringify(to)}; run npm run setup`,
  )
}

function desiredFor(platform: Cloud, flags: Env): Spec[] {
  return desiredJobs(loadSettings(platform.setupEnv(flags)))
}

/** New jobs are paused where all others are: a setup does not undo a pause. */
function stepsTo(desired: readonly Spec[], existing: readonly Existing[], remove: boolean): Step[] {
  const ours = existing.filter(isOurs)
  const paused = ours.length > 0 && ours.every(({ state }) => state === 'PAUSED')
  return plan(desired, existing, { paused, remove })
}

async function carryOut(
  platform: Cloud,
  stepsOf: (existing: readonly Existing[]) => readonly Step[],
): Promise<string[]> {
  return withScheduler(platform, async (scheduler) => {
    const steps = stepsOf(await scheduler.list())
    const blocked = steps.filter(isBlocked)
    if (blocked.length > 0) throw new Error(blocked.flatMap(stepLines).join('\n'))
    const pending = steps.filter(isPending)
    for (const step of pending) await apply(step, scheduler)
    return pending.flatMap(stepLines)
  })
}

async function withScheduler<T>(platform: Cloud, work: (scheduler: Scheduler) => Promise<T>): Promise<T> {
  const scheduler = platform.scheduler()
  try {
    return await work(scheduler)
  } finally {
    await scheduler.close()
  }
}
