import type { Config } from '../../../functions/config.ts'
import { duration } from '../../../functions/rollout/gate/finding.ts'
import { overdueSince } from '../../../functions/rollout/overdue.ts'
import type { Facts } from '../facts.ts'
import { bad, type Found, judged, named, ok, unknown, warn } from '../line.ts'
import { type JobSeen, pathOf } from '../look/service.ts'
import type { Mends } from '../mends.ts'
import { both, derived, type Seen } from '../seen.ts'
import { configOf } from './flags.ts'
import { strayIn, strayLines, strayMend } from './stray.ts'

/** What waits, what is stuck, what was set aside, what fails. */
export function jobLines(facts: Facts, mends: Mends): Found[] {
  return [
    ...strayLines(facts, mends),
    ...overdueLines(facts, mends),
    ...stuckLines(facts, mends),
    ...damagedLines(facts, mends),
    ...failingLines(facts, mends),
  ]
}

/** Two ticks of its lane passed it by. */
function overdueLines(facts: Facts, mends: Mends): Found[] {
  const what = 'no job is overdue'
  return judged(what, facts.lately, ({ evidence: { backlog, read_at } }) => {
    if (backlog === null) return unknown(what, 'the service could not read its jobs')
    if (backlog.overdue === 0) return ok(what, '0')
    const config = configOf(facts)
    const late = lateIn(both(config, facts.jobs), read_at)
    const names = late.map(({ name }) => name)
    return bad(what, counted(backlog.overdue, names), overdueMend(late, config, facts, mends))
  })
}

/** A tick more helps none that it does not look for. */
function overdueMend(
  late: readonly JobSeen[],
  config: Seen<Config>,
  { scheduler }: Facts,
  mends: Mends,
): string | null {
  const stray = config.ok ? strayIn(late, config.value) : []
  if (stray.length > 0 && stray.length === late.length) return strayMend(stray, mends)
  const isPaused = scheduler.ok && scheduler.value.some(({ state }) => state === 'PAUSED')
  return mends.setup(isPaused ? '--resume' : '--run')
}

/** Those of the jobs that were seen to be overdue at an instant (ms); none where too little is known to tell. */
function lateIn(seen: Seen<readonly [Config, readonly JobSeen[]]>, now: number): readonly JobSeen[] {
  if (!seen.ok) return []
  const [config, jobs] = seen.value
  return jobs.filter(({ lane, due_in_seconds, is_backfill }) => {
    const since = lane === null ? null : overdueSince(config, lane, now)
    return !is_backfill && due_in_seconds !== null && since !== null && now + due_in_seconds * 1000 <= since
  })
}

/** Two ticks of any lane take up what a dead holder left. What ended a lease before those, none has looked at. */
function stuckLines(facts: Facts, mends: Mends): Found[] {
  const what = 'no lease is stuck'
  return judged(what, both(facts.lately, configOf(facts)), ([{ evidence }, config]) => {
    const { leases, read_at } = evidence
    if (leases === null) return unknown(what, 'the service could not read its leases')
    const { legacy, tick, oldest_past_end_seconds: oldest } = leases
    const past = legacy.past_end + tick.past_end
    const told = `${legacy.alive + tick.alive} alive, ${past} past their end`
    const since = stuckSince(config, read_at)
    if (past === 0 || read_at - oldest * 1000 > since) return ok(what, told)
    const isOver = (until: string) => Date.parse(until) <= since
    const held = derived(facts.jobs, (jobs) => jobs.filter(({ leases_until }) => leases_until.some(isOver)))
    const names = held.ok ? held.value.map(({ name }) => name) : []
    const seen = `${counted(past, names)}, the oldest for ${duration(oldest)}`
    return bad(what, seen, mends.call('POST', '/api/rollout/free'))
  })
}

/** A lease that ended before this (ms) is stuck, whichever lane it is of: a lease before two ticks of the slowest. */
function stuckSince(config: Config, now: number): number {
  const lanes = config.lanes.map(({ name }) => overdueSince(config, name, now) ?? Number.NEGATIVE_INFINITY)
  return Math.min(...lanes) - config.lease_seconds * 1000
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

/** So many, and as many of their names as are known. */
function counted(count: number, names: readonly string[]): string {
  return names.length === 0 ? String(count) : `${count}: ${named(names)}`
}
