import type { Lane } from '../../functions/config/lanes.ts'
import { KEEP_MS } from '../../functions/job/stored.ts'
import { occurrences } from '../../functions/schedule/schedule.ts'
import type { JobSet, Terms, Workload } from './job-set.ts'
import { type LaneUsage, laneUsage, REQUEST_SECONDS } from './lane.ts'
import { metricMib } from './monitoring.ts'
import { type Operations, plus, times } from './operations.ts'
import type { Charged } from './prices.ts'

/** What a month takes of everything that is charged for. */
export interface Usage {
  /** By day where the free quota is daily (the store's operations), else one amount for the month. */
  readonly amounts: Readonly<Record<Charged, readonly number[]>>
  /** By lane, the month together. */
  readonly lanes: ReadonlyMap<string, LaneUsage>
}

const DAY_SECONDS = 86_400
const DAY_MS = 1000 * DAY_SECONDS

/** Runs, effects, ticks and skips are kept so long: what a month stores and deletes is counted as it is from then on. */
const KEPT_DAYS = KEEP_MS / DAY_MS

/** Bytes in Firestore, indexes included, as `test/unit/cost/bytes.test.ts` measures them. */
export const STORED_BYTES = { ticks: 850, runs: 1_300, effects: 450, skips: 750 } as const

/** Bytes of the log lines of a tick and of a run, measured there too. */
export const LOGGED_BYTES = { ticks: 1_000, runs: 850 } as const

const GIB = 2 ** 30

/** When the watch in the other region asks for overdue jobs. */
export const WATCH_CADENCE = '1-59/5 * * * *'

/** A one-off job's run, beside its making: looks of the tick that finds it included, with one effect. */
const ONE_OFF = times({ one_off: 1, run: 1, effect: 1, look: 4 })

/**
 * What a job set takes in the month, with nothing retried and nothing run by hand. Where a long run keeps ticks from being
 * posted, these are counted all the same: it errs upwards, by a write and a read a minute of such a run.
 */
export function monthOf(set: JobSet, terms: Terms): Usage {
  const days = Array.from({ length: terms.month.days }, (_, day) => dayOf(set, terms, day))
  const operations = days.map((day) => day.operations)
  const lanes = new Map(terms.lanes.map(({ name }) => [name, total(days.map((day) => lane(day, name)))]))
  const all = total([...lanes.values()])
  const requests = all.ticks + days.length * (looksOfWatch(terms) + terms.one_offs)
  const seconds = all.seconds + (requests - all.ticks) * REQUEST_SECONDS
  return {
    lanes,
    amounts: {
      scheduler_jobs: [jobsFor(terms.lanes)],
      reads: operations.map(({ read }) => read),
      writes: operations.map(({ written, checked }) => written + checked),
      ttl_deletes: [operations.reduce((sum, { expiring }) => sum + expiring, 0)],
      storage: [storedGib(all, days.length)],
      logs: [(all.ticks * LOGGED_BYTES.ticks + all.runs * LOGGED_BYTES.runs) / GIB],
      metrics: [metricMib(terms.lanes, days.length)],
      ...computing(terms, requests, seconds),
    },
  }
}

/** The jobs that Cloud Scheduler has for these lanes, and the watch. */
export function jobsFor(lanes: readonly Lane[]): number {
  return lanes.reduce((sum, { dwell_seconds }) => sum + (dwell_seconds === null ? 1 : 2), 1)
}

interface Day {
  readonly operations: Operations
  readonly lanes: ReadonlyMap<string, LaneUsage>
}

function dayOf({ jobs }: JobSet, terms: Terms, day: number): Day {
  const from = terms.month.from + day * DAY_MS
  const lanes = terms.lanes.map((lane) => {
    const own = jobs.filter((job) => laneOf(job, terms.lanes) === lane.name)
    return [lane.name, laneUsage(own, lane, terms, from)] as const
  })
  const own = plus(times({ look: terms.lanes.length * looksOfWatch(terms) }), ONE_OFF, terms.one_offs)
  const loop = terms.loop_seconds === null ? 0 : DAY_SECONDS / terms.loop_seconds
  const polls = times({ look: terms.lanes.length * loop })
  const operations = lanes.reduce((sum, [, usage]) => plus(sum, usage.operations), plus(own, polls))
  return { operations, lanes: new Map(lanes) }
}

/** A job of a lane that is not there is one of the first. */
function laneOf({ lane }: Workload, lanes: readonly Lane[]): string | undefined {
  return lanes.some(({ name }) => name === lane) ? lane : lanes[0]?.name
}

function looksOfWatch({ month }: Terms): number {
  const schedule = { kind: 'cron', expression: WATCH_CADENCE, time_zone: 'UTC' } as const
  return occurrences(schedule, month.from, month.from + DAY_MS - 1, 1_440).length
}

/** With CPU always allocated, instances are billed, of which each tick under way has one; else requests, and idle instances that stay up. */
function computing({ lanes, capacity, cpu, memory_gib, month }: Terms, requests: number, seconds: number) {
  const { cpu_always, min_instances } = capacity
  const month_seconds = month.days * DAY_SECONDS
  const at_once = jobsFor(lanes) - 1
  const always = cpu_always ? month_seconds * Math.max(1, min_instances, at_once) : 0
  const asked = cpu_always ? 0 : seconds
  const idle = cpu_always ? 0 : Math.max(0, min_instances * month_seconds - seconds)
  return {
    request_cpu: [asked * cpu],
    request_memory: [asked * memory_gib],
    requests: [cpu_always ? 0 : requests],
    idle_cpu: [idle * cpu],
    idle_memory: [idle * memory_gib],
    instance_cpu: [always * cpu],
    instance_memory: [always * memory_gib],
  }
}

function storedGib({ ticks, runs, effects, skips }: LaneUsage, days: number): number {
  const { ticks: tick, runs: run, effects: effect, skips: skip } = STORED_BYTES
  const bytes = ticks * tick + runs * run + effects * effect + skips * skip
  return ((bytes / days) * KEPT_DAYS) / GIB
}

const NO_LANE: LaneUsage = {
  operations: times({}),
  ticks: 0,
  seconds: 0,
  runs: 0,
  effects: 0,
  skips: 0,
  unperformed: 0,
}

function lane({ lanes }: Day, name: string): LaneUsage {
  return lanes.get(name) ?? NO_LANE
}

function total(parts: readonly LaneUsage[]): LaneUsage {
  return parts.reduce(
    (sum, part) => ({
      operations: plus(sum.operations, part.operations),
      ticks: sum.ticks + part.ticks,
      seconds: sum.seconds + part.seconds,
      runs: sum.runs + part.runs,
      effects: sum.effects + part.effects,
      skips: sum.skips + part.skips,
      unperformed: sum.unperformed + part.unperformed,
    }),
    NO_LANE,
  )
}
