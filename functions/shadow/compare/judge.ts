import type { Overlap } from '../../job/policies.ts'
import type { Path } from '../../rollout/stage.ts'
import type { IgnoreRule } from '../rules.ts'
import { isJoined, type Pair } from './join.ts'
import type { Course, Gap, Seen } from './side.ts'

/** A difference between both paths. */
export type Mismatch = IgnoreRule['verdict']

/** What is said of a pair; `rule` names why a difference is set aside. */
export type Judgement =
  | { readonly verdict: 'match' | 'pending' | Mismatch; readonly rule: null }
  | { readonly verdict: 'ignored'; readonly rule: string }

/** What the runs of one job are judged by. */
export interface Scene {
  readonly shadow_path: Path
  /** How far apart first starts may be. */
  readonly tolerance_ms: number
  readonly overlap: Overlap
  readonly live: Course
  readonly shadow: Course
  /** Between whose starts the job was given another payload. */
  readonly turns: ReadonlySet<Pair>
  /** Those that apply to this job now. */
  readonly rules: readonly IgnoreRule[]
}

/**
 * Judges one occurrence. The first difference that nothing sets aside is the verdict; with none, what is still to come
 * keeps it pending.
 */
export function judge(pair: Pair, scene: Scene): Judgement {
  if (gapOf(pair, scene)?.reason === 'undecided') return { verdict: 'pending', rule: null }
  const found = differences(pair, scene).map((verdict) => ({ verdict, rule: excuse(verdict, pair, scene) }))
  const open = found.find(({ rule }) => rule === null)
  if (open !== undefined) return { verdict: open.verdict, rule: null }
  if (isAwaited(pair)) return { verdict: 'pending', rule: null }
  const rule = found[0]?.rule ?? null
  return rule === null ? { verdict: 'match', rule } : { verdict: 'ignored', rule }
}

/** Why the side that did not perform it says it did not; undefined when it says nothing, or performed it. */
export function gapOf({ live, shadow }: Pair, scene: Pick<Scene, 'live' | 'shadow'>): Gap | undefined {
  if (live === null && shadow !== null) return scene.live.gapAt(shadow.scheduled_for)
  if (shadow === null && live !== null) return scene.shadow.gapAt(live.scheduled_for)
  return undefined
}

function differences(pair: Pair, { shadow_path, tolerance_ms }: Scene): Mismatch[] {
  if (!isJoined(pair))
    return [(pair.live === null) === (shadow_path === 'tick') ? 'only_tick' : 'only_legacy']
  const found: Mismatch[] = []
  if (Math.abs(pair.live.started_at - pair.shadow.started_at) > tolerance_ms) found.push('late')
  const endsOtherwise = hasOtherOutcome(pair)
  // A run that failed asked for no more: that follows from its outcome.
  if (hasOtherPayload(pair) || (!endsOtherwise && hasOtherIntents(pair))) found.push('intents_differ')
  if (endsOtherwise) found.push('outcome_differs')
  return found
}

/** Records from before payloads were hashed have no hash. */
function hasOtherPayload({ live, shadow }: Pair): boolean {
  const [a, b] = [live?.payload_hash ?? '', shadow?.payload_hash ?? '']
  return a !== '' && b !== '' && a !== b
}

/** The intents of a run that has not ended may be those of an attempt that a retry makes up for. */
function hasOtherIntents({ live, shadow }: Pair): boolean {
  if (!hasEnded(live) || !hasEnded(shadow) || !live?.intents || !shadow?.intents) return false
  return live.intents.digest !== shadow.intents.digest
}

function hasOtherOutcome({ live, shadow }: Pair): boolean {
  const ends = [live, shadow].map((run) => run && endOf(run))
  return ends.includes('succeeded') && ends.includes('failed') && !isPlanned(shadow)
}

/** A run that was replaced while it waited to be tried again has failed. */
function endOf({ status, attempts }: Seen): Seen['status'] {
  return status === 'cancelled' && attempts.at(-1)?.outcome === 'failed' ? 'failed' : status
}

/** A shadow that only plans succeeds without its handler, which says nothing about the outcome. */
function isPlanned(shadow: Seen | null): boolean {
  return shadow?.status === 'succeeded' && shadow.intents === null
}

function isAwaited(pair: Pair): boolean {
  return isJoined(pair) && !isPlanned(pair.shadow) && !(hasEnded(pair.live) && hasEnded(pair.shadow))
}

function hasEnded(run: Seen | null): boolean {
  return run !== null && run.status !== 'running' && run.status !== 'retry'
}

function excuse(verdict: Mismatch, pair: Pair, scene: Scene): string | null {
  return builtIn(verdict, pair, scene) ?? scene.rules.find((rule) => rule.verdict === verdict)?.name ?? null
}

/** Differences that follow from what a shadow is, or from what befell a process, and not from the paths. */
function builtIn(verdict: Mismatch, pair: Pair, scene: Scene): string | null {
  switch (verdict) {
    case 'only_legacy':
    case 'only_tick':
      return excuseGap(pair, scene)
    case 'late':
      return excuseDelay(pair, scene)
    case 'intents_differ':
      if (hasOtherPayload(pair)) return scene.turns.has(pair) ? 'redefined' : null
      return pair.live?.effect_failed ? 'effect_failed' : null
    case 'outcome_differs':
      if (pair.live?.effect_failed && endOf(pair.live) === 'failed') return 'effect_failed'
      return [pair.live, pair.shadow].some((run) => run !== null && diedAtLast(run)) ? 'holder_died' : null
  }
}

function excuseGap(pair: Pair, scene: Scene): string | null {
  const gap = gapOf(pair, scene)
  const at = (pair.live ?? pair.shadow)?.scheduled_for
  if (gap === undefined || at === undefined) return null
  if (gap.reason === 'paused') return 'paused'
  if (gap.reason !== 'overlap' && gap.reason !== 'coalesced') return null
  const forSlots = gap.reason === 'overlap' || scene.overlap === 'queue'
  return excuseWaiting(pair.live === null ? 'live' : 'shadow', at, pair, scene, forSlots)
}

/** The side that started later may have waited for a slot. */
function excuseDelay(pair: Pair, scene: Scene): string | null {
  if (!isJoined(pair)) return null
  const later = pair.live.started_at > pair.shadow.started_at ? 'live' : 'shadow'
  const at = pair[later].scheduled_for
  return excuseWaiting(later, at, pair, scene, scene.overlap === 'queue' && scene[later].isBusyAt(at))
}

/**
 * Why one side's slots were taken over an instant where the other's were not: a suppressed effect never fails, so only
 * the live side retries one; a killed process holds its slot until the lease runs out; and a shadow that only plans takes no time.
 */
function excuseWaiting(
  side: 'live' | 'shadow',
  at: number,
  { shadow }: Pair,
  scene: Scene,
  forSlots: boolean,
): string | null {
  if (forSlots && side === 'live' && scene.live.hasFailedEffectAt(at)) return 'effect_failed'
  if (scene[side].hasDeathAt(at)) return 'holder_died'
  return forSlots && side === 'live' && isPlanned(shadow) ? 'overlap' : null
}

function diedAtLast({ status, attempts }: Seen): boolean {
  return status === 'failed' && attempts.at(-1)?.outcome === 'lost'
}
