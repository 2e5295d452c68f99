import type { Rollout } from '../../functions/rollout/stage.ts'
import type { Documents } from '../../functions/store/documents.ts'
import { memoryDocuments } from '../../functions/store/memory.ts'
import type { Settings } from '../../functions/tick/engine.ts'
import type { Actor } from './actor.ts'
import { createInstance, type Instance } from './instance.ts'
import { simulatedJobs } from './jobs.ts'
import { type Chance, chance } from './random.ts'
import { Stages } from './stages.ts'
import { Targets } from './targets.ts'
import { Timeline } from './timeline.ts'
import { Watch } from './watch.ts'

export const START = Date.UTC(2026, 2, 1, 12, 0, 0)
/** Trouble of every kind, then none but what jobs and deploys make. */
export const FAULTY_MS = 150_000
export const CALM_MS = 125_000
export const CADENCE_MS = 10_000
export const INSTANCES = 3
export const LANES = { fast: 14, slow: null } as const

export const SETTINGS: Settings = {
  lease_seconds: 20,
  batch_size: 10,
  concurrency: 12,
  tick_budget_seconds: 8,
  request_timeout_seconds: 180,
  grace_seconds: 2,
  max_skew_seconds: 3,
  revision: 'test',
}

const FLAGS = {
  lanes: Object.entries(LANES).map(([name, dwell_seconds]) => ({ name, dwell_seconds })),
  database_max_connections: 30,
  legacy_poll_seconds: 4,
}

/** A world of instances, jobs and troubles, all drawn from one seed. */
export class World {
  readonly timeline = new Timeline(START)
  readonly chance: Chance
  readonly counts = new Map<string, number>()
  readonly store = memoryDocuments({ now: () => this.timeline.now, sleep: async () => {} })
  readonly instances: Instance[] = []
  readonly stages: Stages
  readonly targets: Targets
  readonly watch = new Watch(
    () => this.timeline.now,
    (path, job) => this.stages.mayClaim(path, job),
  )
  revision = 1
  made = 0

  constructor(seed: number) {
    this.chance = chance(seed)
    this.stages = new Stages(this.timeline, this.instances, seed % 2 === 0)
    this.targets = new Targets(this)
  }

  get faulty(): boolean {
    return this.timeline.now < START + FAULTY_MS
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1)
  }

  /** The store as an actor without faults reaches it: a deploy, the end of the troubles. */
  as(actor: Actor): Documents {
    return { ...this.store, commit: (changes) => this.watch.apply(this.store, actor, changes) }
  }

  /** Some process that is up; null when none is. */
  ready(drawn: Chance): Instance | null {
    const ready = this.instances.filter((one) => one.alive() && !one.stopping())
    return ready.length === 0 ? null : drawn.pick(ready)
  }

  /** A new process; its clock is a little off, and sometimes wrong, by more than a slow call (6 s) can explain away. */
  spawn(): void {
    const name = `i${this.made++}`
    const wrong = this.faulty && this.chance.often(0.12)
    if (wrong) this.count('clock_wrong')
    const skew_ms = wrong
      ? this.chance.pick([-1, 1]) * this.chance.whole(10_000, 60_000)
      : this.chance.whole(-2500, 2500)
    const drawn = this.chance.fork()
    const revision = this.revision
    const instance = createInstance({
      name,
      timeline: this.timeline,
      skew_ms,
      settings: SETTINGS,
      flags: { ...FLAGS, ...this.stages.now } satisfies Rollout,
      jobs: (made) => simulatedJobs(this.#acting(made, drawn), revision),
      call: (made, ...attempt) => this.targets.call(made, drawn, ...attempt),
      actor: { name, as: 'process', skewed: wrong },
      calling: {
        chance: drawn,
        faulty: () => this.faulty,
        count: (fault) => this.count(fault),
        apply: (actor, changes) => this.watch.apply(this.store, actor, changes),
        store: this.store,
      },
      emit: (event) => {
        if (event.kind === 'unexpected') this.watch.violate(8, `unexpected: ${String(event.error)}`)
      },
    })
    this.instances.push(instance)
    this.stages.began(instance)
    if (wrong) this.timeline.at(START + FAULTY_MS, () => instance.kill())
  }

  #acting(instance: Instance, drawn: Chance) {
    return {
      instance,
      chance: drawn,
      faulty: () => this.faulty,
      count: (what: string) => this.count(what),
      performed: (run: string, effect: string, fence: number, job: string) => {
        if (instance.alive()) this.watch.performed(run, effect, fence, job)
      },
    }
  }

  every(first: number, period: number, act: () => void): void {
    const again = () => {
      act()
      this.timeline.at(this.timeline.now + period, again)
    }
    this.timeline.at(START + first, again)
  }
}
