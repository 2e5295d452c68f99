import { CRITERIA, type Criterion } from './criteria.ts'
import type { Evidence } from './evidence.ts'
import type { Check, Target } from './gate/check.ts'
import { CHECKS, type LineId } from './gate/checks.ts'
import type { Finding, Verdict } from './gate/finding.ts'
import { withReach } from './gate/reach.ts'

/** One line of a gate: what was required, what was measured, over how many samples, and whose criterion it is. */
export interface GateLine extends Finding {
  readonly id: LineId
  readonly what: string
  readonly refs: readonly Pick<Criterion, 'guide' | 'item'>[]
}

const ALWAYS = ['stages_in_order', 'cadence', 'handlers', 'lease_length'] as const
const PROBED = ['health', 'tick_needs_token', 'scheduler_jobs'] as const
const TICKING = ['stage_age', ...PROBED, 'scheduler_attempts', 'ticks_arrive', 'tick_sums'] as const
const WORKING = ['ticks_failed', 'duplicates', 'backlog', 'leases_past_end', 'old_revisions'] as const
const SHADOWED = ['shadow_age', 'shadow_agreement', 'shadow_lateness'] as const
const LIVE = ['storage', 'tick_p99', 'runs_failed', 'success_band', 'runs_in_time', 'store_errors'] as const

/** What decides which lines a gate has. */
export type Place = Pick<Evidence, 'stage' | 'environment' | 'shadow'>

/** The lines of the gate to a stage, from the one that stands. A shadow that only plans calls no handler that could fail. */
export function linesOf(to: Target, { stage, environment, shadow }: Place): LineId[] {
  const performs = shadow !== null && shadow.tick.ended > 0
  switch (to) {
    case 1:
      return [...ALWAYS, ...PROBED]
    case 2:
      return [...ALWAYS, ...TICKING]
    case 3:
      if (stage === 2) return [...ALWAYS, ...TICKING, ...WORKING, 'success_band']
      return [...ALWAYS, ...TICKING, ...(environment === 'production' ? (['qa_pass'] as const) : [])]
    case 4:
      return [
        ...ALWAYS,
        ...TICKING,
        ...WORKING,
        ...SHADOWED,
        ...(performs ? (['shadow_errors'] as const) : []),
      ]
    case 5:
    case '30d':
      return [...ALWAYS, ...TICKING, ...WORKING, ...LIVE]
  }
}

/** Judges each criterion of the gate to a stage. Pure: the same evidence has the same lines. */
export function judge(evidence: Evidence, to: Target): GateLine[] {
  return linesOf(to, evidence).map((id) => {
    const check: Check = CHECKS[id]
    const finding = withReach(check.judge(evidence, to), evidence, check.reads)
    return { id, what: check.what, ...finding, refs: refsOf(id) }
  })
}

/** A gate fails with any line that does, and passes only with all. */
export function verdictOf(lines: readonly GateLine[]): Verdict {
  if (lines.some(({ verdict }) => verdict === 'fail')) return 'fail'
  return lines.length > 0 && lines.every(({ verdict }) => verdict === 'pass') ? 'pass' : 'inconclusive'
}

function refsOf(id: LineId): Pick<Criterion, 'guide' | 'item'>[] {
  return CRITERIA.filter((one) => one.by === 'gate' && one.lines.includes(id)).map(({ guide, item }) => ({
    guide,
    item,
  }))
}
