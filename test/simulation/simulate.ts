import { pause, unpause } from '../../functions/job/definition.ts'
import { type Job, runId } from '../../functions/job/job.ts'
import { parseJob } from '../../functions/job/parse.ts'
import { DEFAULT_POLICIES } from '../../functions/job/policies.ts'
import { type Run, type Skip, skipFields } from '../../functions/job/run.ts'
import { toFields } from '../../functions/job/stored.ts'
import { enqueue } from '../../functions/lease/enqueue.ts'
import { jobRef, runRef } from '../../functions/lease/held.ts'
import { register } from '../../functions/lease/register.ts'
import type { Rollout } from '../../functions/rollout/stage.ts'
import type { Change, Documents } from '../../functions/store/documents.ts'
import { memoryDocuments } from '../../functions/store/memory.ts'
import { createRegistry } from '../../functions/target/registry.ts'
import type { Settings } from '../../functions/tick/engine.ts'
import { createInstance, type Instance } from './instance.ts'
import { simulatedJobs } from './jobs.ts'
import { type Actor, type Violation, Watch } from './laws.ts'
import { turn } from './outside.ts'
import { type Chance, chance } from './random.ts'
import { ENDS, Stages, WAYPOINTS } from './stages.ts'
import { Timeline } from './timeline.ts'

/** What one simulation showed. */
export interface Simulated {
  readonly seed: number
  readonly violations: readonly Violation[]
  /** How often each fault, misbehaviour and step of an entry's life occurred. */
  readonly counts: ReadonlyMap<string, number>
  readonly runs: number
}

/** What goes wrong beside the store and the handlers. */
export const TROUBLES = [
  'tick_missed',
  'tick_late',
  'tick_twice',
  'clock_wrong',
  'stopped',
  'stage_changed',
  'outside_claimed',
  'outside_settled',
  'outside_lost',
  'outside_not_owner',
] as const

const START = Date.UTC(2026, 2, 1, 12, 0, 0)
/** Trouble of every kind, then none but what jobs and deploys make. */
const FAULTY_MS = 150_000
const CALM_MS = 125_000
const CADENCE_MS = 10_000
const INSTANCES = 3
const LANES = { fast: 14, slow: null } as const

const SETTINGS: Settings = {
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

const LONGEST_WAIT_MS = (SETTINGS.lease_seconds + SETTINGS.max_skew_seconds) * 1000 + CADENCE_MS

/** A world of instances, jobs and troubles, all drawn from one seed. */
class World {
  readonly timeline = new Timeline(START)
  readonly chance: Chance
  readonly counts = new Map<string, number>()
  readonly store = memoryDocuments({ now: () => this.timeline.now, sleep: async () => {} })
  readonly instances: Instance[] = []
  readonly stages: Stages
  readonly watch = new Watch(
    () => this.timeline.now,
    (path, job) => this.stages.mayClaim(path, job),
  )
  revision = 1
  made = 0

  constructor(seed: number) {
    this.chance = chance(seed)
    this.stages = new Stages(this.timeline, this.instances, seed % 2 === 0)
  }

  get faulty(): boolean {
    return this.timeline.now < START + FAULTY_MS
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1)
  }

  /** The store as an actor without faults reaches it: an operator, a deploy. */
  as(actor: Actor): Documents {
    return { ...this.store, commit: (changes) => this.watch.apply(this.store, actor, changes) }
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
    const actor = { name, skewed: wrong }
    const revision = this.revision
    const instance = createInstance({
      name,
      timeline: this.timeline,
      skew_ms,
      settings: SETTINGS,
      flags: { ...FLAGS, ...this.stages.now },
      jobs: (made) => simulatedJobs(this.#acting(made, drawn), revision),
      calling: {
        chance: drawn,
        faulty: () => this.faulty,
        count: (fault) => this.count(fault),
        apply: (changes) => this.watch.apply(this.store, actor, changes),
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

  ticking(lane: keyof typeof LANES): void {
    const ready = this.instances.filter((one) => one.alive() && !one.stopping())
    if (ready.length > 0) this.chance.pick(ready).tick(lane, LANES[lane])
  }
}

/** Runs one world through its troubles and the calm after them. The same seed gives the same answer. */
export async function simulate(seed: number, stopAtFirst = false): Promise<Simulated> {
  const world = new World(seed)
  await begin(world)
  scheduleTicks(world)
  scheduleDeaths(world)
  scheduleStages(world)
  scheduleOutside(world)
  schedulePeople(world)
  const end = START + FAULTY_MS + CALM_MS
  const calm = START + FAULTY_MS + LONGEST_WAIT_MS
  await world.timeline.run(end, () => {
    if (world.timeline.now > calm) world.watch.nothingWaits(START + FAULTY_MS, LONGEST_WAIT_MS)
    return stopAtFirst && world.watch.violations.length > 0
  })
  if (world.watch.violations.length === 0) judgeTheEnd(world, end)
  for (const [step, count] of world.watch.transitions) world.counts.set(step, count)
  return { seed, violations: world.watch.violations, counts: world.counts, runs: world.watch.runs().length }
}

async function begin(world: World): Promise<void> {
  for (let n = 0; n < INSTANCES; n++) world.spawn()
  await deploy(world)
}

async function deploy(world: World): Promise<void> {
  const jobs = simulatedJobs({} as never, world.revision)
  const { definitions } = createRegistry(jobs, { time_zone: 'UTC', lanes: Object.keys(LANES) })
  await register(world.as({ name: 'deploy', skewed: false }), definitions)
}

/** On cadence; while there is trouble some are missed, late, or come twice. */
function scheduleTicks(world: World): void {
  for (const lane of ['fast', 'slow'] as const) {
    world.every(world.chance.whole(0, 9000), CADENCE_MS, () => {
      if (world.faulty && world.chance.often(0.08)) return world.count('tick_missed')
      const late = world.faulty && world.chance.often(0.1) ? world.chance.whole(1000, 9000) : 0
      if (late > 0) world.count('tick_late')
      world.timeline.at(world.timeline.now + late, () => world.ticking(lane))
      if (!world.faulty || !world.chance.often(0.25)) return
      world.count('tick_twice')
      world.timeline.at(world.timeline.now + late, () => world.ticking(lane))
    })
  }
}

/** Dead processes are replaced; now and then one is stopped, and killed 10 seconds later. */
function scheduleDeaths(world: World): void {
  world.every(1000, 2000, () => {
    while (world.instances.filter((one) => one.alive() && !one.stopping()).length < INSTANCES) world.spawn()
  })
  world.every(15_000, 20_000, () => {
    if (!world.faulty || !world.chance.often(0.5)) return
    const instance = world.chance.pick(world.instances.filter((one) => one.alive()))
    world.count('stopped')
    instance.stop()
    world.timeline.at(world.timeline.now + 10_000, () => instance.kill())
  })
}

/** In every second world the stage changes again and again; at the end the ticks have every job. */
function scheduleStages(world: World): void {
  if (!world.stages.moves) return
  const flip = (to: Rollout) => {
    world.count('stage_changed')
    const old = world.instances.filter((one) => one.alive())
    world.stages.change(to)
    for (let n = 0; n < INSTANCES; n++) world.spawn()
    for (const instance of old) {
      // Revisions overlap: the old ones go on for a while.
      const last = world.timeline.now + world.chance.whole(0, 8000)
      world.timeline.at(last, () => instance.stop())
      world.timeline.at(last + 10_000, () => instance.kill())
    }
  }
  for (let at = 15_000; at < FAULTY_MS - 30_000; at += world.chance.whole(15_000, 40_000))
    world.timeline.at(START + at, () => flip(world.chance.pick(WAYPOINTS)))
  world.timeline.at(START + FAULTY_MS - 20_000, () => flip(world.chance.pick(ENDS)))
}

/** Where the stage moves, an older scheduler elsewhere asks at the door all the while, rightly or not. */
function scheduleOutside(world: World): void {
  const { timeline, stages } = world
  if (!stages.moves) return
  const drawn = world.chance.fork()
  const door = () => {
    const ready = world.instances.filter((one) => one.alive() && !one.stopping())
    if (ready.length === 0) return null
    const instance = drawn.pick(ready)
    const { documents, clock } = instance
    const rollout = stages.flagsOf(instance)
    const random = () => drawn.next()
    const newId = () => `outside ${world.made++}`
    return { documents, clock, random, newId, rollout, max_skew_seconds: 3, lane: 'fast' }
  }
  world.every(3000, 4000, () => {
    if (!world.faulty) return
    const outside = {
      chance: drawn,
      now: () => timeline.now,
      sleep: (ms: number) => timeline.sleep(ms),
      door,
      count: (what: string) => world.count(what),
    }
    void turn(outside).catch((error: unknown) => world.watch.violate(8, `the door: ${String(error)}`))
  })
}

/** Operators pause and go on, developers deploy, somebody edits a document, clients send one-off jobs. */
function schedulePeople(world: World): void {
  const { chance: drawn, timeline } = world
  const at = (least: number, most: number, act: () => Promise<void>) =>
    timeline.at(START + drawn.whole(least, most), () => void act())
  const operator = world.as({ name: 'operator', skewed: false })
  at(20_000, 60_000, () => change(operator, 'windowed', (job, now) => ({ job: pause(job, now), skips: [] })))
  at(80_000, 140_000, () => change(operator, 'windowed', unpause))
  at(40_000, 150_000, async () => {
    world.revision = 2
    await deploy(world)
  })
  at(30_000, 120_000, async () => {
    const stored = (await world.store.get([jobRef('damaged')])).value[0]
    if (!stored) return
    const fields = drawn.pick([
      { entries: 'nonsense' },
      { policies: null },
      { fence: -1 },
      { name: 'another' },
    ])
    await world.watch.tamper(world.store, [
      { kind: 'update', ref: stored.ref, version: stored.version, fields },
    ])
  })
  for (let n = 0; n < 4; n++) {
    at(10_000, 160_000, () => sendOneOff(world, operator, `00000000-0000-4000-8000-00000000000${n}`))
  }
}

async function sendOneOff(world: World, documents: Documents, name: string): Promise<void> {
  const at = world.timeline.now + world.chance.whole(-600_000, 60_000)
  const policies = { ...DEFAULT_POLICIES, retry: { base_seconds: 3, factor: 1, cap_seconds: 3, jitter: 0 } }
  const definition = {
    name,
    kind: 'one_off',
    description: '',
    job_type: 'effects',
    lane: 'fast',
    payload: '{}',
    policies,
  } as const
  await enqueue(documents, { ...definition, schedule: { kind: 'at', at } }, world.timeline.now)
}

type Changing = (job: Job, now: number) => { readonly job: Job; readonly skips: readonly Skip[] }

async function change(documents: Documents, name: string, to: Changing): Promise<void> {
  for (let commits = 0; commits < 20; commits++) {
    const { value, time } = await documents.get([jobRef(name)])
    const stored = value[0]
    const job = stored && parseJob(stored)
    if (!stored || !job?.ok) return
    const next = to(job.value, time)
    const skips = next.skips.map((skip): Change => {
      return {
        kind: 'create',
        ref: runRef(runId(name, skip.first_at)),
        fields: skipFields(job.value, skip, time),
      }
    })
    const { ref, version } = stored
    const done = await documents.commit([
      { kind: 'update', ref, version, fields: toFields(next.job) },
      ...skips,
    ])
    if (done.outcome === 'done') return
  }
}

/** After the calm: what is old has ended, the poisoned as failed, and the damaged is set aside. */
function judgeTheEnd({ watch }: World, end: number): void {
  if (watch.job('damaged')?.status !== 'damaged') watch.violate(8, 'the damaged job is not set aside')
  for (const run of watch.runs()) {
    const ended = run.finished_at !== null || run.job === 'damaged' || waitsFor(watch, run, end)
    if (!ended && run.scheduled_for < end - 120_000) watch.violate(8, `${run.id} has not ended`)
    if (run.job !== 'poisoned') continue
    if (run.status === 'succeeded') watch.violate(8, `${run.id} succeeded`)
    if (run.attempts.length > 3) watch.violate(8, `${run.id} had ${run.attempts.length} attempts`)
  }
}

/** The legacy path tries again after five minutes: such a retry may lie behind the end of the world. */
function waitsFor(watch: Watch, run: Run, end: number): boolean {
  const entry = watch.job(run.job)?.entries.find((one) => one.run === run.id)
  return entry?.state === 'retry' && entry.until > end - LONGEST_WAIT_MS
}
