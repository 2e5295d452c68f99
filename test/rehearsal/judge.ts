import type { Job } from '../../functions/job/job.ts'
import type { Run } from '../../functions/job/run.ts'
import { ownerOf } from '../../functions/rollout/stage.ts'
import { nextAfter, occurrences } from '../../functions/schedule/schedule.ts'
import type { Told } from '../support/ledger.ts'
import type { Books } from './books.ts'
import { EFFECTS } from './jobs.ts'
import type { Era } from './place.ts'

const MOST = 10_000

/** Everything that is not as it should be once all has come to rest: nothing lost, nothing repeated, each by its path. */
export function wrongs(books: Books, told: readonly Told[], eras: readonly Era[]): string[] {
  return [
    ...books.jobs.flatMap((job) => [...uncovered(job, books), ...unfinished(job)]),
    ...books.runs.flatMap(({ id, status }) => (status === 'succeeded' ? [] : [`${id} is ${status}`])),
    ...books.runs.flatMap((run) => wrongPaths(run, eras)),
    ...wrongEffects(books.runs, told),
  ]
}

/** Each occurrence since the first, and no other instant, is in one record. */
function uncovered(job: Job, { runs, skips }: Books): string[] {
  const due = new Map(dueOf(job).map((at) => [at, 0]))
  const problems: string[] = []
  const cover = (at: number, what: string) => {
    const times = due.get(at)
    if (times === undefined) problems.push(`${what} is of no occurrence that fell due`)
    else due.set(at, times + 1)
  }
  for (const { id, scheduled_for } of runs.filter((run) => run.job === job.name)) cover(scheduled_for, id)
  for (const { reason, first_at, last_at, count } of skips.filter((skip) => skip.job === job.name)) {
    const range = occurrences(job.schedule, first_at, last_at, MOST)
    const what = `${job.name}: ${reason} from ${iso(first_at)} to ${iso(last_at)}`
    if (range.length !== count) problems.push(`${what} counts ${count}, not ${range.length}`)
    for (const at of range) cover(at, what)
  }
  for (const [at, times] of due)
    if (times !== 1) problems.push(`${job.name}@${iso(at)} is in ${times} records`)
  return problems
}

function dueOf({ schedule, created_at, next_run_at }: Job): number[] {
  if (schedule.kind === 'at') return [schedule.at]
  const first = nextAfter(schedule, created_at)
  if (first === null || next_run_at === null || next_run_at <= first) return []
  return occurrences(schedule, first, next_run_at - 1, MOST)
}

function unfinished({ name, entries }: Job): string[] {
  return entries.map(({ run, state }) => `${name} has left ${run} in ${state}`)
}

/** Each attempt is made by a path that some set of flags of its time gives it. */
function wrongPaths({ id, job, attempts }: Run, eras: readonly Era[]): string[] {
  return attempts.flatMap(({ path, started_at, attempt }) => {
    const allowed = eraAt(eras, started_at).rollouts.map((rollout) => ownerOf(job, started_at, rollout))
    return allowed.includes(path)
      ? []
      : [
          `attempt ${attempt} of ${id} at ${iso(started_at)} was made by ${path}, not by ${allowed.join(' or ')}`,
        ]
  })
}

/** The era of an instant. */
export function eraAt(eras: readonly Era[], at: number): Era {
  const era = eras.findLast(({ from }) => from <= at)
  if (era === undefined) throw new Error('There is no era before the first.')
  return era
}

/** The ledger has each effect of each run once, by count and by key, and none of anything else. */
function wrongEffects(runs: readonly Run[], told: readonly Told[]): string[] {
  const performed = told.filter(({ what }) => what === 'performed')
  const wanted = runs.flatMap(({ id, job_type }) => (EFFECTS[job_type] ?? []).map((key) => `${id} ${key}`))
  const counts = new Map(wanted.map((name) => [name, 0]))
  const strange: string[] = []
  for (const { run, key } of performed) {
    const name = `${run} ${key}`
    const times = counts.get(name)
    if (times === undefined) strange.push(`${name} was performed, but no run has it`)
    else counts.set(name, times + 1)
  }
  const repeated = [...counts].filter(([, times]) => times !== 1)
  const keys = new Set(performed.map(({ idempotency_key }) => idempotency_key))
  return [
    ...strange,
    ...repeated.map(([name, times]) => `${name} was performed ${times} times`),
    ...(keys.size === performed.length ? [] : [`${performed.length} effects came with ${keys.size} keys`]),
  ]
}

function iso(at: number): string {
  return new Date(at).toISOString()
}
