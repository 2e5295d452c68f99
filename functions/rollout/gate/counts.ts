import { isOver, isUnder } from '../binomial.ts'
import type { Evidence } from '../evidence.ts'
import type { Check, Target } from './check.ts'
import { duration, type Finding, fact, none, percent, rateUnder, unknown } from './finding.ts'
import { readFrom } from './reach.ts'

/** From how many ticks on a trend is told. */
const LEAST_FOR_TREND = 30
/** The least that a success rate is to be, and the least that is borne. */
const BAND = { target: 0.9, critical: 0.8 }
const REVIEW_MS = 30 * 86_400_000
const NO_TICKS = 'no tick is known'
const NO_RUNS = 'no run is known'

/** What tick documents, runs and jobs tell. */
export const COUNTS = {
  ticks_arrive: {
    what: 'ticks arrive in every lane',
    reads: [],
    judge: ({ ticks }) => {
      if (ticks === null || ticks.length === 0) return unknown('one at least in each', NO_TICKS)
      const silent = ticks.filter(({ recorded }) => recorded === 0)
      const samples = ticks.reduce((sum, { expected }) => sum + expected, 0)
      // The first one of a lane may be yet to come.
      if (silent.length > 0 && silent.every(({ expected }) => expected < 2))
        return unknown('one at least in each', `none yet in ${silent.map(({ lane }) => lane).join(', ')}`)
      const told = silent.length === 0 ? 'in all' : `none in ${silent.map(({ lane }) => lane).join(', ')}`
      return fact('one at least in each', told, silent.length === 0, samples)
    },
  },
  ticks_failed: {
    what: 'ticks that failed or left no document',
    reads: ['ticks'],
    judge: ({ ticks }) => {
      const all = ticks ?? []
      return rateUnder(
        0.01,
        all.reduce((sum, { failed }) => sum + failed, 0),
        all.reduce((sum, { expected }) => sum + expected, 0),
      )
    },
  },
  tick_sums: {
    what: 'ticks that contradict themselves (due > checked, executed ≠ succeeded + failed)',
    reads: ['ticks'],
    judge: ({ tick_sums: sums }) => none(sums?.broken ?? 0, sums?.samples ?? 0, 'ticks'),
  },
  tick_p99: {
    what: 'the 99th percentile of a tick’s duration is under 2 s (lanes without dwell)',
    reads: ['ticks'],
    judge: ({ tick_durations: durations }) => {
      const finding = rateUnder(0.01, durations?.over_2_s ?? 0, durations?.samples ?? 0)
      const p99 = durations === null ? '' : `p99 ${durations.p99_ms} ms; `
      return {
        ...finding,
        required: `p99 < 2 s: ${finding.required} take longer`,
        measured: `${p99}${finding.measured} took longer`,
      }
    },
  },
  store_errors: {
    what: 'store calls without an answer that counts',
    reads: ['ticks'],
    judge: ({ store }) => rateUnder(0.001, store?.errors ?? 0, store?.calls ?? 0),
  },
  duplicates: {
    what: 'duplicates',
    reads: ['ticks', 'audit'],
    judge: (evidence, to) => judgeDuplicates(evidence, to),
  },
  runs_failed: {
    what: 'runs that failed, but for a store out of reach',
    reads: ['runs'],
    judge: ({ runs }, to) => {
      const tick = runs?.tick
      const excused = tick?.store_failed ?? 0
      return rateUnder(failureLimit(to), (tick?.failed ?? 0) - excused, (tick?.ended ?? 0) - excused)
    },
  },
  success_band: {
    what: 'runs that succeeded, in the three bands of the queues guide',
    reads: ['runs'],
    judge: ({ runs }) => judgeBand(runs),
  },
  runs_in_time: {
    what: 'runs that ended after a cadence and after their job had fallen due again',
    reads: ['runs'],
    judge: ({ runs }) => rateUnder(0.01, runs?.tick.late ?? 0, runs?.tick.ended ?? 0),
  },
  backlog: {
    what: 'what waits is stable or falling',
    reads: ['ticks', 'jobs'],
    judge: ({ backlog }) => judgeBacklog(backlog),
  },
  leases_past_end: {
    what: 'no lease stands on after its end',
    reads: ['jobs'],
    judge: ({ leases, cadence_seconds }) => {
      const most = 2 * cadence_seconds
      const required = `none for over ${duration(most)}`
      if (leases === null) return unknown(required, 'the jobs could not be read')
      const { legacy, tick, oldest_past_end_seconds: oldest } = leases
      const past = legacy.past_end + tick.past_end
      const held = past + legacy.alive + tick.alive
      const told = past === 0 ? `none of ${held}` : `${past} of ${held}, the oldest for ${duration(oldest)}`
      return fact(required, told, oldest <= most, held)
    },
  },
} as const satisfies Record<string, Check>

/** Over 99 % succeed at the cutover, over 99.9 % in the review. */
function failureLimit(to: Target): number {
  return to === '30d' ? 0.001 : 0.01
}

/** Without a run that has ended, none can have been made twice. The review asks for its 30 days as a whole. */
function judgeDuplicates(evidence: Evidence, to: Target): Finding {
  const { duplicates, runs, shadow, stage_since, read_at } = evidence
  const { settled = 0, effects = 0, legacy_reports = 0 } = duplicates ?? {}
  const inShadow = shadow?.duplicates ?? 0
  const ended = runs === null || duplicates === null ? 0 : runs.legacy.ended + runs.tick.ended
  const told = `(${settled} runs, ${effects} effects, ${legacy_reports} legacy reports, ${inShadow} in the shadow)`
  const finding = none(settled + effects + legacy_reports + inShadow, ended, 'duplicates')
  const measured = `${finding.measured} runs ${told}`
  const asked = Math.max(stage_since ?? 0, read_at - REVIEW_MS)
  if (to !== '30d' || finding.verdict !== 'pass' || readFrom(evidence, ['ticks']) <= asked)
    return { ...finding, measured }
  const missing = 'the review asks for every tick of its 30 days, and these are more than are read'
  return { ...finding, measured: `${measured}; ${missing}`, verdict: 'inconclusive' }
}

function judgeBand(runs: Evidence['runs']): Finding {
  const required = `at least ${percent(BAND.target)}; under ${percent(BAND.critical)} is critical`
  const { ended = 0, failed = 0 } = runs?.tick ?? {}
  if (ended === 0) return unknown(required, NO_RUNS)
  const told = `${ended - failed} of ${ended} (${percent((ended - failed) / ended, Math.floor)})`
  const verdict = isUnder(1 - BAND.target, failed, ended)
    ? 'pass'
    : isOver(1 - BAND.critical, failed, ended)
      ? 'fail'
      : 'inconclusive'
  return { required, measured: told, samples: ended, verdict }
}

/** A growing number of due jobs matters once some of them are overdue. */
function judgeBacklog(backlog: Evidence['backlog']): Finding {
  const required = 'nothing overdue, or no growth (95 % sure)'
  if (backlog === null || backlog.samples === 0) return unknown(required, NO_TICKS)
  const { overdue, samples, due_per_hour: slope, due_per_hour_at_least: least } = backlog
  const trend = slope === null ? 'no trend' : `${slope.toFixed(2)} more due each hour`
  const measured = `${overdue} overdue, ${trend}`
  if (overdue > 0 && (samples < LEAST_FOR_TREND || least === null))
    return {
      required,
      measured: `${measured}; needs ${LEAST_FOR_TREND} ticks`,
      samples,
      verdict: 'inconclusive',
    }
  return fact(required, measured, overdue === 0 || (least ?? 0) <= 0, samples)
}
