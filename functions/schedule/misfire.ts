import type { Policies } from '../job/policies.ts'
import type { SkipReason } from '../job/run.ts'

/** What becomes of one occurrence that has fallen due. */
export type Verdict = 'run' | SkipReason

/** What has to be known to judge the occurrences that fell due. Instants in ms. */
export interface Question {
  /** Oldest first. */
  readonly due: readonly number[]
  /** Are more due than `due` lists? */
  readonly truncated: boolean
  readonly now: number
  /** The stretch (since, until] in which no slot was free. */
  readonly full: { readonly since: number; readonly until: number } | null
  readonly policies: Policies
}

/**
 * Judges each due occurrence. Fallen due while no slot was free: an overlap. Every other one: a misfire, of which a
 * punctual one is the simplest case. Where more are due than were listed, none of the listed ones is the latest.
 */
export function judge(question: Question): Verdict[] {
  const { due, policies, truncated } = question
  const waiting = due.map((at) => firstVerdict(question, at))
  const misfires = indices(waiting, 'misfire')
  const queued = indices(waiting, 'queued')
  const kept = truncated ? new Set<number>() : new Set(keep(policies, misfires, queued))
  return waiting.map((verdict, index) => {
    if (verdict !== 'misfire' && verdict !== 'queued') return verdict
    return kept.has(index) ? 'run' : 'coalesced'
  })
}

function firstVerdict(
  { now, full, policies }: Question,
  at: number,
): 'overlap' | 'expired' | 'misfire' | 'queued' {
  const overlaps = full !== null && full.since < at && at <= full.until
  if (overlaps && policies.overlap === 'skip') return 'overlap'
  const window = policies.catchup_window_seconds
  if (window !== null && at < now - window * 1000) return 'expired'
  return overlaps && policies.overlap === 'queue' ? 'queued' : 'misfire'
}

/** `coalesce` makes one run of all, at the latest; `all` keeps the last few misfires, and of what was queued the latest. */
function keep(policies: Policies, misfires: readonly number[], queued: readonly number[]): number[] {
  if (policies.misfire === 'coalesce') return [...misfires, ...queued].toSorted((a, b) => a - b).slice(-1)
  return [...misfires.slice(-policies.catchup_limit), ...queued.slice(-1)]
}

function indices<T>(list: readonly T[], value: T): number[] {
  return list.flatMap((item, index) => (item === value ? [index] : []))
}
