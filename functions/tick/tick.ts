import { TickoverError } from '../errors.ts'
import type { Stored } from '../store/documents.ts'
import { type Budget, type Phase, phaseOf } from './budget.ts'
import { claimableOf, findDue } from './due.ts'
import type { Engine } from './engine.ts'
import { isSkewed, recordTick, type TickEnd } from './record.ts'
import { openSession, type Session } from './session.ts'
import { Sight } from './sight.ts'
import { compatible, mayJoin } from './suspects.ts'

/** What a tick is asked for. */
export interface TickRequest {
  readonly lane: string
  /** The seconds that the lane's ticks wait for what falls due later; null: they end when nothing is due. */
  readonly dwell_seconds: number | null
  /** The most jobs to take in all; left out: as many as the budget allows. */
  readonly limit?: number
  /** Runs at once, instead of the configured number. */
  readonly concurrency?: number
}

/** A tick under way. */
interface Tick extends Session {
  readonly engine: Engine
  readonly request: TickRequest
  readonly budget: Budget
  readonly slots: number
  readonly sight: Sight
  /** Has another tick taken what this one wanted? Then there is a race on this lane. */
  outrun: boolean
  /** When it last told that it is alive, own clock, ms. */
  told_at: number
}

/** What a look at the lane found. `next_at`: when the next of the jobs that are or were in sight falls due; else infinite. */
interface Look {
  readonly progressed: boolean
  readonly next_at: number
}

/** The longest that a waiting tick goes without a look at its lane, in ms: new jobs may have come. */
const LOOK_AGAIN = 10_000

/** How often a long tick tells that it is alive, in ms: Cloud Scheduler posts no other while it is. A usual tick is shorter. */
const ALIVE_EVERY = 120_000

/** A tick that was outrun reads this many times what it can take, and takes one of these parts at random. */
const SPREAD = 6

/**
 * One tick of one lane: a pool that claims whenever slots are free, executes what it claimed, settles what ends, and
 * reports. Rejects with `store_unreachable` when the store is out of reach and no run of its own is under way.
 */
export async function tick(engine: Engine, request: TickRequest): Promise<TickEnd> {
  const one = prepare(engine, request)
  const ring = () => one.bell.ring()
  // A loop passes every few seconds: what it found is told at the end.
  if (engine.claimant.path === 'tick') engine.emit({ kind: 'tick_started', tick: one.id, lane: request.lane })
  engine.stop.addEventListener('abort', ring)
  try {
    await work(one)
  } finally {
    engine.stop.removeEventListener('abort', ring)
    await one.pool.settled()
  }
  const { lived_ms } = one.pool
  return recordTick(one.engine, { ...one, lane: one.request.lane, dwells: one.budget.dwells, lived_ms })
}

function prepare(engine: Engine, request: TickRequest): Tick {
  const { settings } = engine
  const slots = request.concurrency ?? settings.concurrency
  return {
    ...openSession(engine, slots),
    engine,
    request,
    budget: {
      claims_seconds: request.dwell_seconds ?? settings.tick_budget_seconds,
      dwells: request.dwell_seconds !== null,
      request_seconds: settings.request_timeout_seconds - settings.grace_seconds,
    },
    slots,
    sight: new Sight(),
    outrun: false,
    told_at: engine.clock.now(),
  }
}

/** Claims and waits, in turn, until there is nothing to do and nothing to wait for. */
async function work(one: Tick): Promise<void> {
  for (;;) {
    const phase = phaseNow(one)
    const free = freeSlots(one)
    const { dueAgain } = one.pool
    const seen = phase === 'closed' || free === 0 ? NOTHING : await look(one, phase, free)
    if (seen.progressed) continue
    if (one.pool.living === 0) {
      await one.pool.settled()
      // What was still to be settled at this look may have more that is due: a backlog goes on in the same tick.
      if (phase !== 'closed' && one.pool.dueAgain > dueAgain) continue
      if (isThrough(one, phase)) return
    }
    await one.bell.wait(one.engine.clock, pauseUntil(one, seen.next_at))
    tellAlive(one)
  }
}

function tellAlive(one: Tick): void {
  const { clock, claimant, emit } = one.engine
  if (claimant.path !== 'tick' || clock.now() - one.told_at < ALIVE_EVERY) return
  one.told_at = clock.now()
  emit({ kind: 'tick_alive', tick: one.id, lane: one.request.lane })
}

/** With nothing under way: is there nothing to wait for either? */
function isThrough(one: Tick, phase: Phase): boolean {
  return phase !== 'dwell' || isSkewed(one.engine, one.time) || freeSlots(one) === 0
}

const NOTHING: Look = { progressed: false, next_at: Number.POSITIVE_INFINITY }

function phaseNow({ engine, budget, began, pool }: Tick): Phase {
  return phaseOf(budget, {
    elapsed_ms: engine.clock.now() - began,
    living: pool.living,
    living_since_budget: pool.livingSince(began + budget.claims_seconds * 1000),
    stopping: engine.stop.aborted,
  })
}

/** As many as may be claimed now: what the slots and the request's limit leave. */
function freeSlots({ slots, pool, request }: Tick): number {
  const left = request.limit === undefined ? slots : request.limit - pool.begun
  return Math.max(0, Math.min(slots - pool.living, left))
}

async function look(one: Tick, phase: Phase, free: number): Promise<Look> {
  try {
    return await takeDue(one, phase, free)
  } catch (error) {
    if (!(error instanceof TickoverError) || one.pool.living === 0) throw error
    one.engine.emit({ kind: 'store_trouble', action: 'claim', reason: error.message })
    return NOTHING
  }
}

async function takeDue(one: Tick, phase: Phase, free: number): Promise<Look> {
  const { engine, documents, time, tally } = one
  const most = Math.min(free, engine.settings.batch_size)
  const living = one.pool.suspicions()
  const mayClaim = (job: Stored, now: number) =>
    engine.claimant.mayClaim(job, now) && mayJoin(living, job, now)
  const found = await findDue(
    documents,
    { mayClaim },
    {
      lane: one.request.lane,
      upTo: time.now() + (phase === 'dwell' ? LOOK_AGAIN : 0),
      most: one.outrun ? most * SPREAD : most,
    },
  )
  // Told to stop while it looked, a tick must not take back what it is just giving away.
  if (engine.stop.aborted || isSkewed(engine, time)) return NOTHING
  const { now } = found
  const due = found.jobs.filter((stored) => claimableOf(stored) <= now)
  const coming = found.jobs.map(claimableOf).filter((at) => at > now)
  if (one.budget.dwells) one.sight.see(found.jobs, now)
  const jobs = compatible(living, choose(one, due, most), now)
  tally.checked += found.read
  tally.due += jobs.length
  const taken = jobs.length === 0 ? null : await one.pool.take(jobs, one.id, now)
  one.outrun ||= taken?.outrun ?? false
  const next_at = Math.min(...coming, one.sight.nextAfter(now), engine.claimant.handoverAfter(now))
  return { progressed: taken?.progressed ?? false, next_at }
}

/** The first that are due; after a lost race, a random one of as many parts as there are, to meet the others no more. */
function choose({ engine, outrun }: Tick, due: readonly Stored[], most: number): readonly Stored[] {
  const parts = Math.ceil(due.length / most)
  const first = outrun ? Math.floor(engine.random() * parts) * most : 0
  return due.slice(first, first + most)
}

/** How long to wait before the next look, in ms: until what is in sight falls due, at most until new jobs are looked for. */
function pauseUntil(one: Tick, next_at: number): number {
  if (phaseNow(one) !== 'dwell' || freeSlots(one) === 0) return LOOK_AGAIN
  const left = one.began + one.budget.claims_seconds * 1000 - one.engine.clock.now()
  const until = next_at - one.time.now()
  return Math.max(1, Math.min(LOOK_AGAIN, until, left > 0 ? left : LOOK_AGAIN))
}
