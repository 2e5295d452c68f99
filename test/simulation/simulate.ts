import { DEFAULT_POLICIES } from '../../functions/job/policies.ts'
import { enqueue } from '../../functions/lease/enqueue.ts'
import { jobRef } from '../../functions/lease/held.ts'
import type { Rollout } from '../../functions/rollout/stage.ts'
import type { Documents } from '../../functions/store/documents.ts'
import { judgeTheEnd } from './end.ts'
import type { Violation } from './laws.ts'
import { turn } from './outside.ts'
import { Operators } from './people.ts'
import { deploy, registration, restart, serve } from './registrations.ts'
import { ENDS, WAYPOINTS } from './stages.ts'
import { CADENCE_MS, CALM_MS, FAULTY_MS, INSTANCES, LANES, SETTINGS, START, World } from './world.ts'

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

const LONGEST_WAIT_MS = (SETTINGS.lease_seconds + SETTINGS.max_skew_seconds) * 1000 + CADENCE_MS

/** Runs one world through its troubles and the calm after them. The same seed gives the same answer. */
export async function simulate(seed: number, stopAtFirst = false): Promise<Simulated> {
  const world = new World(seed)
  await begin(world)
  scheduleTicks(world)
  scheduleDeaths(world)
  scheduleStages(world)
  scheduleOutside(world)
  schedulePeople(world)
  scheduleOperators(world)
  const end = START + FAULTY_MS + CALM_MS
  const calm = START + FAULTY_MS + LONGEST_WAIT_MS
  await world.timeline.run(end, () => {
    if (world.timeline.now > calm) world.watch.nothingWaits(START + FAULTY_MS, LONGEST_WAIT_MS)
    return stopAtFirst && world.watch.violations.length > 0
  })
  if (world.watch.violations.length === 0) judgeTheEnd(world, end, LONGEST_WAIT_MS)
  for (const [step, count] of world.watch.transitions) world.counts.set(step, count)
  return { seed, violations: world.watch.violations, counts: world.counts, runs: world.watch.runs().length }
}

async function begin(world: World): Promise<void> {
  for (let n = 0; n < INSTANCES; n++) world.spawn()
  await deploy(world)
  await serve(world)
}

/** On cadence; while there is trouble some are missed, late, or come twice. */
function scheduleTicks(world: World): void {
  for (const lane of ['fast', 'slow'] as const) {
    world.every(world.chance.whole(0, 9000), CADENCE_MS, () => {
      if (world.faulty && world.chance.often(0.08)) return world.count('tick_missed')
      const late = world.faulty && world.chance.often(0.1) ? world.chance.whole(1000, 9000) : 0
      if (late > 0) world.count('tick_late')
      world.timeline.at(world.timeline.now + late, () => ticking(world, lane))
      if (!world.faulty || !world.chance.often(0.25)) return
      world.count('tick_twice')
      world.timeline.at(world.timeline.now + late, () => ticking(world, lane))
    })
  }
}

function ticking(world: World, lane: keyof typeof LANES): void {
  world.ready(world.chance)?.tick(lane, LANES[lane])
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
    const instance = world.ready(drawn)
    if (instance === null) return null
    const { documents, clock } = instance
    const rollout = stages.flagsOf(instance)
    const random = () => drawn.next()
    const newId = () => `outside ${world.made++}`
    return { documents, clock, random, newId, emit: silent, rollout, max_skew_seconds: 3, lane: 'fast' }
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

/** Developers deploy, processes and services start anew, somebody edits a document, clients send one-off jobs. */
function schedulePeople(world: World): void {
  const { chance: drawn, timeline } = world
  const at = (least: number, most: number, act: () => Promise<void>) =>
    timeline.at(START + drawn.whole(least, most), () => void act())
  at(40_000, 150_000, async () => {
    world.revision = 2
    await deploy(world)
  })
  at(30_000, 120_000, () => damage(world))
  const client = world.as({ name: 'client', as: 'operator', skewed: false })
  for (let n = 0; n < 4; n++) {
    at(10_000, 160_000, () => sendOneOff(world, client, `00000000-0000-4000-8000-00000000000${n}`))
  }
  const forked = drawn.fork()
  world.every(7000, 19_000, () => void registration(world, forked))
  world.every(11_000, 31_000, () => void restart(world, forked))
}

async function damage(world: World): Promise<void> {
  const stored = (await world.store.get([jobRef('damaged')])).value[0]
  if (!stored) return
  const { ref, version } = stored
  const fields = world.chance.pick([
    { entries: 'nonsense' },
    { policies: null },
    { fence: -1 },
    { name: 'another' },
  ])
  await world.watch.tamper(world.store, [{ kind: 'update', ref, version, fields }])
}

/** All the while somebody triggers, releases, disables, moves, makes up for and deletes; then all stands as registered. */
function scheduleOperators(world: World): void {
  const operators = new Operators(world)
  for (let at = 3000; at < FAULTY_MS - 10_000; at += world.chance.whole(1000, 5000))
    world.timeline.at(START + at, () => void operators.act())
  world.timeline.at(START + FAULTY_MS + 2000, () => void operators.calm())
  world.timeline.at(START + FAULTY_MS + 4000, () => void serve(world))
}

async function sendOneOff(world: World, documents: Documents, name: string): Promise<void> {
  const at = world.timeline.now + world.chance.whole(-600_000, 60_000)
  const policies = { ...DEFAULT_POLICIES, retry: { base_seconds: 3, factor: 1, cap_seconds: 3, jitter: 0 } }
  const definition = {
    name,
    kind: 'one_off',
    description: '',
    display_name: '',
    target: { kind: 'handler' },
    ends_at: null,
    job_type: 'effects',
    lane: 'fast',
    payload: '{}',
    policies,
  } as const
  await enqueue(documents, { ...definition, schedule: { kind: 'at', at } }, world.timeline.now)
}

/** The door’s events: nobody listens. */
function silent(): void {}
