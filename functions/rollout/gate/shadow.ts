import { isOver } from '../binomial.ts'
import type { Evidence, ShadowTotals } from '../evidence.ts'
import type { Check } from './check.ts'
import { duration, type Finding, fact, rateUnder, unknown } from './finding.ts'

const HOUR_MS = 3_600_000
/** From how many samples on a 99th percentile is told, and a rate of 1 %. */
const ENOUGH = 299
/** So many runs are always under way somewhere. */
const MOST_PENDING = 10
const NO_SHADOW = 'nothing is compared; see SCHEDULER_SHADOW_MODE'

/** What the comparison of both paths tells. */
export const SHADOW_CHECKS = {
  shadow_age: {
    what: 'both paths were compared',
    reads: [],
    judge: ({ shadow, read_at }) => {
      const required = 'for at least 1 h'
      if (shadow === null || shadow.since === null) return unknown(required, NO_SHADOW)
      const age = read_at - shadow.since
      const verdict = age >= HOUR_MS ? 'pass' : 'inconclusive'
      return { required, measured: duration(age / 1000), samples: shadow.compared, verdict }
    },
  },
  shadow_agreement: {
    what: 'runs in which both paths differ',
    reads: [],
    judge: ({ shadow }) => {
      if (shadow === null) return unknown('under 1 %', NO_SHADOW)
      const finding = rateUnder(0.01, shadow.mismatches, shadow.compared)
      if (finding.verdict !== 'pass') return finding
      // A side that is stuck decides nothing: what it leaves open is no agreement.
      const isStuck = shadow.pending > MOST_PENDING && shadow.pending > shadow.compared / 10
      const doubt = isStuck ? `${shadow.pending} are undecided` : 'not all was compared'
      if (shadow.complete && !isStuck) return finding
      return { ...finding, measured: `${finding.measured}; ${doubt}`, verdict: 'inconclusive' }
    },
  },
  shadow_lateness: {
    what: 'ticks begin runs about as soon as the legacy path does (p99)',
    reads: [],
    judge: (evidence) => judgeLateness(evidence),
  },
  shadow_errors: {
    what: 'ticks fail about as seldom as the legacy path does',
    reads: [],
    judge: ({ shadow }) => judgeErrors(shadow),
  },
} as const satisfies Record<string, Check>

/** Ticks look once a cadence, so one cadence later is no difference that counts. */
function judgeLateness({ shadow, cadence_seconds }: Evidence): Finding {
  const required = `at most ${duration(cadence_seconds)} later`
  const [legacy, tick] = [shadow?.legacy.lateness_p99_ms ?? null, shadow?.tick.lateness_p99_ms ?? null]
  if (shadow === null || legacy === null || tick === null) return unknown(required, NO_SHADOW)
  const told = `${duration(tick / 1000)} against ${duration(legacy / 1000)}`
  return ifEnough(fact(required, told, tick <= legacy + cadence_seconds * 1000, shadow.compared))
}

/** Fails when the ticks' rate is, 95 % sure, more than a point over the other's. Run by run, agreement tells the outcomes. */
function judgeErrors(shadow: ShadowTotals | null): Finding {
  const required = 'at most 1 point more often'
  if (shadow === null || shadow.legacy.ended === 0) return unknown(required, NO_SHADOW)
  const { legacy, tick, compared } = shadow
  const isWorse = isOver(Math.min(1, legacy.failed / legacy.ended + 0.01), tick.failed, tick.ended)
  const told = `${tick.failed} of ${tick.ended} against ${legacy.failed} of ${legacy.ended}`
  return ifEnough(fact(required, told, !isWorse, compared))
}

function ifEnough(finding: Finding): Finding {
  const missing = ENOUGH - (finding.samples ?? 0)
  if (missing <= 0) return finding
  return {
    ...finding,
    measured: `${finding.measured}; needs ${missing} more samples`,
    verdict: 'inconclusive',
  }
}
