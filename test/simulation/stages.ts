import { MOVED, mayClaim, type Path, type Rollout } from '../../functions/rollout/stage.ts'
import type { Instance } from './instance.ts'
import type { Timeline } from './timeline.ts'

const at = (stage: number, changes: Partial<Rollout> = {}): Rollout => ({
  ...MOVED,
  stage,
  legacy_loop: 'on',
  ...changes,
})

/** The stages that a world goes through, in any order. */
export const WAYPOINTS: readonly Rollout[] = [
  at(0),
  at(1),
  at(2, { legacy_loop: 'off' }),
  at(3),
  at(3, { canary_percent: 50 }),
  at(3, { canary_jobs: ['effects', 'queued'] }),
  at(3, { canary_split: 'alternate' }),
  at(4, { shadow_mode: true }),
  MOVED,
]

/** Where a world ends up. */
export const ENDS: readonly Rollout[] = [at(4, { shadow_mode: true }), MOVED]

/** How long a commit of a process that is no more may still be on its way, in ms. */
const ON_ITS_WAY = 8_000

/** The stage of a world: what new processes are started with, and what those of a moment ago were. */
export class Stages {
  now: Rollout
  readonly #timeline: Timeline
  readonly #flagsOf = new Map<Instance, Rollout>()
  readonly #goneAt = new Map<Instance, number>()

  readonly #instances: readonly Instance[]
  /** Does the stage change in this world? */
  readonly moves: boolean

  constructor(timeline: Timeline, instances: readonly Instance[], moves: boolean) {
    this.#timeline = timeline
    this.#instances = instances
    this.moves = moves
    this.now = moves ? at(1) : MOVED
  }

  change(to: Rollout): void {
    this.now = to
  }

  began(instance: Instance): void {
    this.#flagsOf.set(instance, this.now)
  }

  flagsOf(instance: Instance): Rollout {
    return this.#flagsOf.get(instance) ?? this.now
  }

  /** Do the flags of any process that lives, or lived a moment ago, give the job to this path? */
  mayClaim(path: Path, job: string): boolean {
    const now = this.#timeline.now
    return this.#instances.some((instance) => {
      const flags = this.#flagsOf.get(instance)
      if (!instance.alive() && !this.#goneAt.has(instance)) this.#goneAt.set(instance, now)
      const isOver = now - (this.#goneAt.get(instance) ?? now) > ON_ITS_WAY
      if (flags === undefined || isOver) return false
      return [now, now - ON_ITS_WAY].some((instant) => mayClaim(path, job, instant, flags))
    })
  }
}
