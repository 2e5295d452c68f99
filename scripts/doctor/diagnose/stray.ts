import { lanesText } from '../../../functions/config/lanes.ts'
import type { Config } from '../../../functions/config.ts'
import type { Facts } from '../facts.ts'
import { bad, type Found, judged, named, ok } from '../line.ts'
import { type JobSeen, pathOf } from '../look/service.ts'
import type { Mends } from '../mends.ts'
import { both } from '../seen.ts'
import { configOf } from './flags.ts'

/** Jobs that wait in a lane that was renamed or taken away: no tick looks there, and they never begin. */
export function strayLines(facts: Facts, mends: Mends): Found[] {
  const what = 'every job is in a lane that ticks'
  return judged(what, both(configOf(facts), facts.jobs), ([config, jobs]) => {
    const stray = strayIn(jobs, config)
    if (stray.length === 0) return ok(what, `${jobs.length} were looked at`)
    const told = `${named(lanesOf(stray).map((lane) => `${lane}: ${namesIn(stray, lane)}`))}; SCHEDULER_LANES is ${lanesText(config.lanes)}`
    const way = 'name the lane there again, or register the jobs for another'
    return bad(what, `${told}: ${way}`, strayMend(stray, mends))
  })
}

/** Those of the jobs that wait in no lane of the flags. */
export function strayIn(jobs: readonly JobSeen[], { lanes }: Pick<Config, 'lanes'>): readonly JobSeen[] {
  return jobs.filter(
    ({ lane, due_in_seconds }) =>
      lane !== null && due_in_seconds !== null && !lanes.some(({ name }) => name === lane),
  )
}

/** Terraform holds the lanes: its file is changed first. Elsewhere, what such a job is shows whose it is. */
export function strayMend([first]: readonly JobSeen[], mends: Mends): string | null {
  const shown = first === undefined ? null : mends.call('GET', pathOf(first))
  return mends.apply() ?? shown
}

function lanesOf(stray: readonly JobSeen[]): string[] {
  return [...new Set(stray.flatMap(({ lane }) => lane ?? []))]
}

function namesIn(stray: readonly JobSeen[], lane: string): string {
  return named(stray.filter((job) => job.lane === lane).map(({ name }) => name))
}
