import type { Evidence, LaneTicks } from '../../../functions/rollout/evidence.ts'
import { duration } from '../../../functions/rollout/gate/finding.ts'
import { hasJobs } from '../../../functions/rollout/stage.ts'
import type { Existing, Spec } from '../../setup/spec.ts'
import type { Facts } from '../facts.ts'
import { bad, type Found, judged, ok, unknown, warn } from '../line.ts'
import type { Mends } from '../mends.ts'
import { both } from '../seen.ts'
import { configOf } from './flags.ts'
import { desiredBy } from './scheduler.ts'

/** One tick may be lost. A lane is dead that has lost so many, one after the other, up to now. */
const SILENT = 2

/** The last ticks of each lane. At stage 0 none is due. */
export function tickLines(facts: Facts, mends: Mends): Found[] {
  return judged('the ticks', facts.lately, ({ evidence }) => {
    if (evidence.stage === 0) return []
    if (evidence.ticks === null) return unknown('the ticks', 'the service could not read them')
    const lanes = evidence.ticks.filter(({ lane }) => !isIdle(lane, facts))
    return lanes.map((lane) => laneLine(lane, evidence, facts, mends))
  })
}

/** Paused while the ticks have no job, as a rollback leaves it: none is missed, and the job's own line says so. */
function isIdle(lane: string, facts: Facts): boolean {
  const config = configOf(facts)
  const jobs = jobsOf(lane, facts)
  if (!config.ok || jobs.length === 0) return false
  return !hasJobs('tick', config.value) && jobs.every(({ state }) => state === 'PAUSED')
}

function laneLine(ticks: LaneTicks, evidence: Evidence, facts: Facts, mends: Mends): Found {
  const what = `lane ${ticks.lane} ticks`
  const { window, stage_since, cadence_seconds } = evidence
  const { expected, recorded, failed, failed_last = 0 } = ticks
  const span = duration((window.until - window.since) / 1000)
  const age = lastAnswered(ticks.lane, facts)
  const posted = age === null ? 'none posted yet' : `the last one posted ${duration(age)} ago`
  const isYoung = stage_since === null || stage_since > window.since
  if (expected === 0 && !isYoung) return ok(what, `none was to tell of itself in ${span}, ${posted}`)
  const isFresh = isYoung && age !== null && age <= 2 * cadence_seconds
  if (expected === 0 || (recorded === 0 && isFresh))
    return unknown(what, `${posted}, and none was to tell of itself yet; look again in some minutes`)
  const told = `${recorded} of ${expected} in ${span}, ${posted}`
  if (recorded === 0) return bad(what, told, mendOf(facts, mends))
  if (failed_last >= SILENT)
    return bad(what, `${told}: none of the last ${failed_last}`, mendOf(facts, mends))
  // Those before the stage began were not to be there.
  if (isYoung) return ok(what, `${recorded} since this stage began, ${posted}`)
  return failed > 0 ? warn(what, told, mends.logs()) : ok(what, told)
}

/** How long ago (s) Cloud Scheduler had its last good answer for this lane; null: never, or it is not known. */
function lastAnswered(lane: string, facts: Facts): number | null {
  const good = jobsOf(lane, facts).filter(({ last_code }) => last_code === 0)
  const last = Math.max(...good.map(({ last_attempt_at }) => last_attempt_at ?? Number.NEGATIVE_INFINITY))
  return Number.isFinite(last) ? Math.max(0, facts.looked_at - last) / 1000 : null
}

/** The lane's Cloud Scheduler jobs, as far as they are known. */
function jobsOf(lane: string, facts: Facts): readonly Existing[] {
  const jobs = both(desiredBy(facts), facts.scheduler)
  if (!jobs.ok) return []
  const [desired, existing] = jobs.value
  const ids = desired.filter((spec) => isOfLane(spec, lane)).map(({ id }) => id)
  return existing.filter(({ spec }) => ids.includes(spec.id))
}

function isOfLane({ body }: Spec, lane: string): boolean {
  return body === JSON.stringify({ lane })
}

/** Switched off, they are switched on; else one is posted now, which tells what is wrong. */
function mendOf({ scheduler }: Facts, mends: Mends): string | null {
  const isPaused = scheduler.ok && scheduler.value.some(({ state }) => state === 'PAUSED')
  return mends.setup(isPaused ? '--resume' : '--run')
}
