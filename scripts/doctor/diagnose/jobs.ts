import { duration } from '../../../functions/rollout/gate/finding.ts'
import type { Facts } from '../facts.ts'
import { bad, type Found, judged, named, ok, unknown, warn } from '../line.ts'
import type { JobSeen } from '../look/service.ts'
import type { Mends } from '../mends.ts'

/** What waits, what is stuck, what was set aside, what fails. */
export function jobLines(facts: Facts, mends: Mends): Found[] {
  return [
    ...overdueLines(facts, mends),
    ...stuckLines(facts, mends),
    ...damagedLines(facts, mends),
    ...failingLines(facts, mends),
  ]
}

/** Past its instant by two cadences. */
function overdueLines({ lately, jobs, scheduler }: Facts, mends: Mends): Found[] {
  const what = 'no job is overdue'
  return judged(what, lately, ({ evidence: { backlog, cadence_seconds } }) => {
    if (backlog === null) return unknown(what, 'the service could not read its jobs')
    if (backlog.overdue === 0) return ok(what, '0')
    const late = ({ due_in_seconds, is_backfill }: JobSeen) =>
      !is_backfill && due_in_seconds !== null && due_in_seconds <= -2 * cadence_seconds
    const isPaused = scheduler.ok && scheduler.value.some(({ state }) => state === 'PAUSED')
    const names = jobs.ok ? jobs.value.filter(late).map(({ name }) => name) : []
    return bad(what, counted(backlog.overdue, names), mends.setup(isPaused ? '--resume' : '--run'))
  })
}

/** A tick takes up what a dead holder left within a lease and a cadence; what is older, none has looked at. */
function stuckLines({ lately, jobs, looked_at }: Facts, mends: Mends): Found[] {
  const what = 'no lease is stuck'
  return judged(what, lately, ({ evidence: { leases, lease_seconds, cadence_seconds } }) => {
    if (leases === null) return unknown(what, 'the service could not read its leases')
    const { legacy, tick, oldest_past_end_seconds: oldest } = leases
    const past = legacy.past_end + tick.past_end
    const told = `${legacy.alive + tick.alive} alive, ${past} past their end`
    const most = lease_seconds + cadence_seconds
    if (past === 0 || oldest <= most) return ok(what, told)
    const isOver = (until: string) => Date.parse(until) < looked_at - most * 1000
    const held = jobs.ok ? jobs.value.filter(({ leases_until }) => leases_until.some(isOver)) : []
    const names = counted(
      past,
      held.map(({ name }) => name),
    )
    return bad(what, `${names}, the oldest for ${duration(oldest)}`, mends.call('POST', '/api/rollout/free'))
  })
}

function damagedLines({ jobs }: Facts, mends: Mends): Found[] {
  const what = 'every job can be read'
  return judged(what, jobs, (all) => {
    const damaged = all.filter(({ is_damaged }) => is_damaged)
    const [first] = damaged
    if (first === undefined) return ok(what, `${all.length} were read`)
    const told = `not to be read: ${named(damaged.map(({ name }) => name))} (${first.error ?? 'for no known reason'})`
    return bad(what, told, mends.call('GET', pathOf(first)))
  })
}

function failingLines({ jobs }: Facts, mends: Mends): Found[] {
  const what = 'no job fails'
  return judged(what, jobs, (all) => {
    const failing = all.filter(({ is_failing }) => is_failing)
    const [first] = failing
    if (first === undefined) return ok(what, '0')
    const told = failing.map(({ name, failed_in_a_row }) => `${name} (${failed_in_a_row} in a row)`)
    return warn(what, named(told), mends.call('GET', `${pathOf(first)}/history`))
  })
}

function pathOf({ name }: JobSeen): string {
  return `/api/jobs/${encodeURIComponent(name)}`
}

/** So many, and as many of their names as are known. */
function counted(count: number, names: readonly string[]): string {
  return names.length === 0 ? String(count) : `${count}: ${named(names)}`
}
