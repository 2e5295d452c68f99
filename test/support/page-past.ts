import { addDaily } from '../../functions/job/daily.ts'
import type { Job } from '../../functions/job/job.ts'
import { runId } from '../../functions/job/job.ts'
import type { Outcome } from '../../functions/job/outcome.ts'
import { addRecent } from '../../functions/job/recent.ts'
import { newRun, type Run, withOutcome } from '../../functions/job/run.ts'
import { occurrences } from '../../functions/schedule/schedule.ts'
import type { Chance } from '../simulation/random.ts'
import type { Habit } from './page-jobs.ts'

const DAY = 86_400_000

/** The runs that a job has behind it at `now`, at most 120 of them, and the job as they left it. */
export function pastOf(
  job: Job,
  habit: Habit,
  now: number,
  luck: Chance,
): { job: Job; runs: readonly Run[] } {
  const reach = job.schedule.kind === 'every' ? 120 * job.schedule.seconds * 1000 : 60 * DAY
  const instants = occurrences(job.schedule, now - reach, now - habit.takes * 2, 20_000).slice(-120)
  const runs = instants.map((instant, place) => ended(job, habit, instant, place + 1, luck))
  return { job: runs.reduce(after, { ...job, fence: runs.length }), runs }
}

function ended(job: Job, habit: Habit, instant: number, fence: number, luck: Chance): Run {
  const began = instant + luck.whole(400, 3200) + (luck.often(0.04) ? 95_000 : 0)
  const took = Math.round(habit.takes * (0.7 + luck.next() * 0.7 + (luck.often(0.05) ? 1.5 : 0)))
  const entry = {
    run: runId(job.name, instant),
    state: 'running',
    fence,
    attempt: 1,
    owner: `tickover-00042-${fence % 7}`,
    path: 'tick',
    until: began + 300_000,
    scheduled_for: instant,
    began_at: began,
    give_backs: 0,
    died: false,
    trouble: null,
    token: null,
  } as const
  const failed = luck.often(habit.fails)
  const outcome: Outcome = failed
    ? { kind: 'failed', error: 'The bank answered 503: maintenance until 06:00', items: null }
    : { kind: 'succeeded', result: '{"batch":"b-203"}', items: itemsOf(habit, luck) }
  return withOutcome(newRun(job, entry, began), outcome, failed ? 'fail' : 'succeed', began + took)
}

function itemsOf({ items: processed }: Habit, luck: Chance) {
  const failed = luck.often(0.15) ? 3 : 0
  return { processed, succeeded: processed - failed, failed }
}

function after(job: Job, run: Run): Job {
  const began_at = run.started_at
  const ended_at = run.finished_at ?? began_at
  const outcome = run.status === 'failed' ? 'failed' : 'succeeded'
  const duration_ms = ended_at - began_at
  const { totals, recent, daily, last_run } = job
  const streak =
    outcome === 'failed'
      ? { failures: (last_run?.failures ?? 0) + 1, failing_since: last_run?.failing_since ?? ended_at }
      : { failures: 0, failing_since: null }
  return {
    ...job,
    last_run: { run: run.id, outcome, began_at, ended_at, error: run.error, ...streak },
    totals: {
      ...totals,
      runs: totals.runs + 1,
      succeeded: totals.succeeded + (outcome === 'succeeded' ? 1 : 0),
      failed: totals.failed + (outcome === 'failed' ? 1 : 0),
    },
    recent: addRecent(recent, { at: began_at, outcome, duration_ms, lateness_ms: run.lateness_ms }),
    daily: addDaily(daily, { at: began_at, outcome, duration_ms, items: run.items?.processed ?? 0 }),
  }
}
