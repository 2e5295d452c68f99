import { loadConfig } from '../../functions/config.ts'
import { hasJobs, type Path, STAGES } from '../../functions/rollout/stage.ts'
import { isPending } from '../setup/plan.ts'
import { storageOf } from './flags.ts'
import { existingJobs, setupSteps } from './jobs.ts'
import type { Hands } from './perform.ts'
import type { Expected } from './steps.ts'

/** Looks whether everything is as it should be after a move: what was seen, and what is not right. */
export async function verify(
  expected: Expected,
  { platform, service }: Hands,
): Promise<{ readonly did: readonly string[]; readonly problems: readonly string[] }> {
  const seen: string[] = []
  const problems: string[] = []
  const see = (holds: boolean, what: string) => {
    seen.push(`${holds ? 'ok  ' : 'FAIL'} ${what}`)
    if (!holds) problems.push(what)
  }
  const [flags, health, evidence] = await Promise.all([
    platform.flags(),
    service.health(),
    service.evidence(),
  ])
  see(health?.http_status === 200, `/health answers ${health?.http_status ?? 'nothing'}`)
  see(
    evidence.stage === expected.stage,
    `${evidence.revision} is at stage ${evidence.stage} (${STAGES[evidence.stage] ?? '?'})`,
  )
  const storage = storageOf(flags)
  see(
    storage === expected.storage && evidence.storage === expected.storage,
    `the state is in ${evidence.storage}`,
  )
  const claiming = (['legacy', 'tick'] satisfies Path[]).filter((path) => hasJobs(path, loadConfig(flags)))
  see(claiming.length > 0, `jobs are claimed by: ${claiming.join(' and ')}`)
  if (expected.released) {
    const alive = evidence.leases?.tick.alive
    see(alive === 0, `the ticks hold ${alive ?? 'an unknown number of'} living leases`)
  }
  if (expected.paused) {
    const running = (await existingJobs(platform)).filter(({ state }) => state !== 'PAUSED')
    const ids = running.map(({ spec }) => spec.id).join(', ')
    see(
      running.length === 0,
      ids === '' ? 'Cloud Scheduler is paused' : `Cloud Scheduler still posts: ${ids}`,
    )
  }
  if (!expected.paused && claiming.includes('tick')) {
    const jobs = await existingJobs(platform)
    see(
      jobs.some(({ state }) => state !== 'PAUSED'),
      jobs.some(({ state }) => state !== 'PAUSED')
        ? 'Cloud Scheduler posts ticks'
        : 'no Cloud Scheduler job is enabled, so no tick comes: advance --to the stage that stands resumes them',
    )
  }
  if (expected.scheduled) {
    const pending = (await setupSteps(platform, flags, true)).filter(isPending)
    const ids = pending.map(({ kind, id }) => `${kind} ${id}`).join(', ')
    see(
      pending.length === 0,
      ids === '' ? 'the Cloud Scheduler jobs are those of the flags' : `still to do: ${ids}`,
    )
  }
  return { did: seen, problems }
}
