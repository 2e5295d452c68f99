import type { Run, SkipReason } from '../../job/run.ts'
import { covering } from './covering.ts'

/** What a comparison has to know of a run. */
export type Seen = Pick<
  Run,
  | 'id'
  | 'job'
  | 'lane'
  | 'scheduled_for'
  | 'status'
  | 'attempts'
  | 'started_at'
  | 'finished_at'
  | 'error'
  | 'payload_hash'
  | 'intents'
  | 'effect_failed'
>

/**
 * Occurrences of a job that were not performed, from the first to the last (ms). `undecided`: its slots are taken, so it
 * has not come to them yet.
 */
export interface Gap {
  readonly job: string
  readonly reason: SkipReason | 'undecided'
  readonly first_at: number
  readonly last_at: number
}

/** What one side has recorded, in whatever order: a job's run has an id of its own. */
export interface Side {
  readonly runs: readonly Seen[]
  readonly gaps: readonly Gap[]
}

/** What one side did with one job over time; each asks about an instant (ms). */
export interface Course {
  readonly gapAt: (at: number) => Gap | undefined
  /** Was a run in flight? */
  readonly isBusyAt: (at: number) => boolean
  /** Was a run in flight of which an effect had failed? */
  readonly hasFailedEffectAt: (at: number) => boolean
  /** Was a run in flight of which a holder had died? */
  readonly hasDeathAt: (at: number) => boolean
}

/** The course of the runs and gaps of one job. */
export function courseOf(runs: readonly Seen[], gaps: readonly Gap[]): Course {
  const died = runs.flatMap((run) => {
    const death = deathOf(run)
    return death === undefined ? [] : [flight(run, death.started_at)]
  })
  const gap = covering(gaps.map((found) => ({ from: found.first_at, to: found.last_at, gap: found })))
  const busy = covering(runs.map((run) => flight(run)))
  const failing = covering(runs.filter((run) => run.effect_failed).map((run) => flight(run)))
  const dying = covering(died)
  return {
    gapAt: (at) => gap(at)?.gap,
    isBusyAt: (at) => busy(at) !== undefined,
    hasFailedEffectAt: (at) => failing(at) !== undefined,
    hasDeathAt: (at) => dying(at) !== undefined,
  }
}

/** The first attempt whose holder died. A run that gave way to a later one lost its holder on purpose. */
function deathOf({ status, attempts }: Seen): Seen['attempts'][number] | undefined {
  return status === 'cancelled' ? undefined : attempts.find(({ outcome }) => outcome === 'lost')
}

function flight(run: Seen, from = run.started_at): { from: number; to: number } {
  return { from, to: run.finished_at ?? Number.POSITIVE_INFINITY }
}
