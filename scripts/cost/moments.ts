import type { Lane } from '../../functions/config/lanes.ts'
import { offsetOf } from '../../functions/schedule/jitter.ts'
import { occurrences, type Schedule } from '../../functions/schedule/schedule.ts'
import type { Terms, Workload } from './job-set.ts'

const DAY_MS = 86_400_000

/** The most occurrences of one schedule in a day that are looked at: more than one a second. */
const MOST_A_DAY = 100_000

/** Runs of a lane that begin at one instant (ms). */
export interface Moment {
  readonly at: number
  readonly runs: readonly Workload[]
}

/** What begins in a lane on one day. */
export interface LaneDay {
  /** Ascending. */
  readonly moments: readonly Moment[]
  /** Records of occurrences that were skipped: a record keeps a stretch of them. */
  readonly skips: number
  /** Occurrences, of which those that no run performs were skipped. */
  readonly occurrences: number
}

/**
 * When Cloud Scheduler ticks a lane on the day that begins at `from` (ms). A lane with dwell has a tick each minute, from
 * two jobs in turn; one that waits for more than two minutes misses the minutes in which both of its ticks still live.
 */
export function ticksOf(lane: Lane, { cadence, time_zone }: Terms, from: number): number[] {
  if (lane.dwell_seconds === null) return dayOf({ kind: 'cron', expression: cadence, time_zone }, from)
  const turns = Math.ceil(lane.dwell_seconds / 120)
  return dayOf({ kind: 'every', seconds: 60, anchor_at: from }, from).filter(
    (_, minute) => Math.floor(minute / 2) % turns === 0,
  )
}

/**
 * The runs of a lane on one day, which begins as if nothing were running. With dwell each occurrence begins at its
 * instant. Without, it begins with the next tick, or at its instant while a tick lives for other runs; of what came
 * together one is run (misfire `coalesce`). What falls due while every slot of its job is taken is skipped, or waits
 * (overlap `queue`).
 */
export function laneDay(jobs: readonly Workload[], lane: Lane, terms: Terms, from: number): LaneDay {
  const lines = jobs.map(
    (job) => new Line(job, dayOf(job.schedule, from, offsetOf(job.name, job.policies.jitter_seconds))),
  )
  if (lane.dwell_seconds === null)
    beginAtTicks(lines, ticksOf(lane, terms, from), terms.tick_budget_seconds * 1000)
  else for (const line of lines) line.beginAll()
  return {
    moments: together(lines),
    skips: lines.reduce((sum, { skips }) => sum + skips, 0),
    occurrences: lines.reduce((sum, { instants }) => sum + instants.length, 0),
  }
}

/** One job through a day: its occurrences, and what began of them. */
class Line {
  readonly job: Workload
  readonly instants: readonly number[]
  readonly starts: number[] = []
  skips = 0
  #next = 0
  #skipping = false
  readonly #slots: number[]

  constructor(job: Workload, instants: readonly number[]) {
    this.job = job
    this.instants = instants
    this.#slots = Array.from({ length: job.policies.max_instances }, () => Number.NEGATIVE_INFINITY)
  }

  get next(): number {
    return this.instants[this.#next] ?? Number.POSITIVE_INFINITY
  }

  /** Begins what is due at `now`; answers when the last of it ends, `now` when nothing begins. */
  begin(now: number): number {
    const { misfire, catchup_limit } = this.job.policies
    const before = this.#next
    while (this.next <= now) this.#next += 1
    const due = this.#next - before
    const runs = misfire === 'all' ? Math.min(due, catchup_limit) : Math.min(due, 1)
    if (due > runs) this.skips += 1
    let end = now
    for (let n = 0; n < runs; n += 1) end = Math.max(end, this.#take(now))
    return end
  }

  beginAll(): void {
    while (this.next < Number.POSITIVE_INFINITY) this.begin(this.next)
  }

  /** A run at `now`, or when a slot gets free for it: what ends at an instant is not settled yet when that comes. */
  #take(now: number): number {
    const { overlap } = this.job.policies
    const length = this.job.seconds * 1000
    const free = Math.min(...this.#slots)
    const waits = overlap === 'queue' && free >= now && free - now < length
    if (free >= now && overlap !== 'replace' && !waits) {
      if (!this.#skipping) this.skips += 1
      this.#skipping = true
      return now
    }
    const start = waits ? free : now
    this.#slots[this.#slots.indexOf(free)] = start + length
    this.starts.push(start)
    this.#skipping = false
    return start + length
  }
}

/** Each tick begins what is due, and what falls due while runs that it began within its budget live. While it lives there is no other. */
function beginAtTicks(lines: readonly Line[], ticks: readonly number[], budget_ms: number): void {
  let lives = Number.NEGATIVE_INFINITY
  for (const tick of ticks) {
    if (tick < lives) continue
    let claims = tick
    for (let now = tick; now === tick || now < claims; now = nextOf(lines)) {
      const end = Math.max(...lines.map((line) => line.begin(now)))
      if (now - tick < budget_ms) claims = Math.max(claims, end)
      lives = Math.max(lives, end)
    }
  }
}

function nextOf(lines: readonly Line[]): number {
  return Math.min(...lines.map(({ next }) => next))
}

function dayOf(schedule: Schedule, from: number, offset = 0): number[] {
  return occurrences(schedule, from, from + DAY_MS - 1, MOST_A_DAY, offset)
}

function together(lines: readonly Line[]): Moment[] {
  const moments = new Map<number, Workload[]>()
  for (const { job, starts } of lines) {
    for (const at of starts) {
      const runs = moments.get(at)
      if (runs === undefined) moments.set(at, [job])
      else runs.push(job)
    }
  }
  return [...moments].map(([at, runs]) => ({ at, runs })).toSorted((a, b) => a.at - b.at)
}
