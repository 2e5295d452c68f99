import { parentOf } from '../job/name.ts'
import { shareOf } from '../schedule/jitter.ts'

/** The stages of a move, in order. */
export const STAGES = ['validate', 'dual', 'qa', 'shadow', 'cutover', 'cleanup'] as const

/** Which way a job is run: the in-process loop or an outside scheduler that reports here, or the ticks. */
export type Path = 'legacy' | 'tick'

/** All that says who may claim: the flags of the same names. */
export interface Rollout {
  /** 0 to 5. */
  readonly stage: number
  /** `SCHEDULER_SHADOW_MODE`; null: unset, which means on at stage 3 only. */
  readonly shadow_mode: boolean | null
  /** The share of the jobs that the ticks have at stage 3, 0 to 100. */
  readonly canary_percent: number
  /** Jobs that the ticks have at stage 3, by name. */
  readonly canary_jobs: readonly string[]
  /** `alternate`: at stage 3 each path has all jobs, in turn, by quarter hours. */
  readonly canary_split: 'stable' | 'alternate'
  /** Does the in-process loop run in this service? */
  readonly legacy_loop: 'on' | 'off'
}

/** Nothing to move, or moved for good: the ticks have every job. */
export const MOVED: Rollout = {
  stage: 5,
  shadow_mode: null,
  canary_percent: 0,
  canary_jobs: [],
  canary_split: 'stable',
  legacy_loop: 'off',
}

/** What a tick is for at a stage: to say that it is there, to tell what would be due, or to do it. */
export type Duty = 'answer' | 'plan' | 'work'

const QUARTER_MS = 15 * 60_000

/**
 * May this path claim the job at this instant (ms)? It only filters: the path that may not leaves the document alone.
 * Behind it stands the claim itself, so a wrongly set flag runs nothing twice.
 */
export function mayClaim(path: Path, job: string, now: number, rollout: Rollout): boolean {
  return ownerOf(job, now, rollout) === path
}

/** The path that has the job at this instant. */
export function ownerOf(name: string, now: number, rollout: Rollout): Path {
  if (rollout.stage !== 3) return rollout.stage < 2 ? 'legacy' : 'tick'
  if (rollout.canary_split === 'alternate') return Math.floor(now / QUARTER_MS) % 2 === 0 ? 'legacy' : 'tick'
  const job = parentOf(name)
  // Not the hash that spreads jitter: a canary is of all instants.
  const isCanary =
    rollout.canary_jobs.includes(job) || shareOf(`canary ${job}`) * 100 < rollout.canary_percent
  return isCanary ? 'tick' : 'legacy'
}

/** May this path claim any job at all, now or later at this stage? */
export function hasJobs(path: Path, rollout: Rollout): boolean {
  const { stage, canary_jobs, canary_percent, canary_split } = rollout
  if (stage !== 3) return path === (stage < 2 ? 'legacy' : 'tick')
  if (canary_split === 'alternate') return true
  return path === 'legacy' ? canary_percent < 100 : canary_percent > 0 || canary_jobs.length > 0
}

/** The next instant after `now` (ms) at which jobs change hands by themselves; infinite when they do not. */
export function handoverAfter(now: number, { stage, canary_split }: Rollout): number {
  if (stage !== 3 || canary_split !== 'alternate') return Number.POSITIVE_INFINITY
  return (Math.floor(now / QUARTER_MS) + 1) * QUARTER_MS
}

/** What a tick does at this stage. */
export function dutyOf(rollout: Rollout): Duty {
  if (rollout.stage === 0) return 'answer'
  return hasJobs('tick', rollout) ? 'work' : 'plan'
}

/** The path that runs in the shadow of the other; null: none does. */
export function shadowPath({ stage, shadow_mode, canary_split }: Rollout): Path | null {
  if (stage === 3) return (shadow_mode ?? canary_split === 'stable') ? 'tick' : null
  return stage === 4 && shadow_mode === true ? 'legacy' : null
}

/** Does this path run this job in the shadow of the other, at this instant? */
export function mayShadow(path: Path, job: string, now: number, rollout: Rollout): boolean {
  return shadowPath(rollout) === path && ownerOf(job, now, rollout) !== path
}

/**
 * Names what a comparison is made under: who shadows whom, and which jobs. Comparisons of two epochs are not of one
 * kind, so each begins anew.
 */
export function epochOf(rollout: Rollout): string {
  const { stage, canary_jobs, canary_percent } = rollout
  return [`stage ${stage}`, `${canary_percent} %`, ...canary_jobs.toSorted()].join(', ')
}
