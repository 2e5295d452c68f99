import type { Lane } from '../../functions/config/lanes.ts'
import type { Terms, Workload } from './job-set.ts'
import { LATE_MS, looksAtTicks, looksOfDwell } from './looks.ts'
import { laneDay, type Moment, ticksOf } from './moments.ts'
import { type Operations, plus, times } from './operations.ts'

/** What a lane comes to in one day. */
export interface LaneUsage {
  readonly operations: Operations
  readonly ticks: number
  /** How long its ticks live, all together: what Cloud Run bills of them, in seconds. */
  readonly seconds: number
  readonly runs: number
  readonly effects: number
  /** Records of skipped occurrences, and the occurrences that no run performs. */
  readonly skips: number
  readonly unperformed: number
}

/** Cloud Run bills each request in steps of 100 ms; a tick's own calls of the store fit into one. */
export const REQUEST_SECONDS = 0.1

/** Cloud Scheduler posts the ticks of a lane with dwell from two jobs, each every other minute, and never two of one job at once. */
const ALTERNATE_SECONDS = 120

const DAY_SECONDS = 86_400

/** The usage of one lane on the day that begins at `from` (ms). */
export function laneUsage(jobs: readonly Workload[], lane: Lane, terms: Terms, from: number): LaneUsage {
  const ticks = ticksOf(lane, terms, from)
  const { moments, skips, occurrences } = laneDay(jobs, lane, terms, from)
  const runs = moments.flatMap((moment) => moment.runs)
  const live = living(lane, ticks, moments, terms)
  const sum = (of: (job: Workload) => number) => runs.reduce((total, job) => total + of(job), 0)
  const effects = sum(({ effects: each, items, kind }) => each * (kind === 'queue' ? items : 1))
  const work = times({
    run: runs.length,
    effect: effects,
    batch: runs.filter(({ kind }) => kind === 'queue').length,
    empty_batch: runs.filter(({ kind, items }) => kind === 'queue' && items === 0).length,
    item: sum(({ items }) => items),
    renewal: sum(({ seconds }) => Math.floor(seconds / (terms.lease_seconds / 3))),
  })
  const planning = plus(times({ tick: ticks.length, skip: skips, lost_claim: live.lost_claims }), {
    read: live.read,
    written: 0,
    checked: 0,
    expiring: 0,
  })
  const shadow = terms.shadow ? plus(planning, times({ follow: ticks.length, run: runs.length })) : times({})
  return {
    operations: plus(plus(work, planning), shadow),
    ticks: ticks.length,
    seconds: live.seconds,
    runs: runs.length,
    effects,
    skips,
    unperformed: occurrences - runs.length,
  }
}

interface Living {
  readonly seconds: number
  readonly read: number
  readonly lost_claims: number
}

function living(lane: Lane, ticks: readonly number[], moments: readonly Moment[], terms: Terms): Living {
  const own = ticks.length * REQUEST_SECONDS
  if (lane.dwell_seconds === null) {
    const seconds = own + covered(moments.map((moment) => [moment.at, moment.at + lengthOf(moment, terms)]))
    return { seconds, read: looksAtTicks(ticks, moments, terms.concurrency), lost_claims: 0 }
  }
  const dwell_ms = lane.dwell_seconds * 1000
  // A tick that outlives its dwell for a long run keeps its job from posting the next ones.
  const spare = 1 - lane.dwell_seconds / periodOf(lane.dwell_seconds)
  const longer = spare * covered(outliving(moments, dwell_ms))
  const dwelling = { ticks, dwell_ms, beside: longer / DAY_SECONDS, slots: terms.concurrency }
  return { ...looksOfDwell(moments, dwelling), seconds: own + ticks.length * lane.dwell_seconds + longer }
}

/** How often one of the two jobs of a lane with so long a dwell posts a tick, in seconds. */
export function periodOf(dwell_seconds: number): number {
  return ALTERNATE_SECONDS * Math.ceil(dwell_seconds / ALTERNATE_SECONDS)
}

/** How long a tick without dwell lives for the runs of a moment, ms: its slots work them off. */
function lengthOf({ runs }: Moment, { concurrency }: Terms): number {
  const seconds = runs.map((job) => job.seconds)
  const total = seconds.reduce((sum, one) => sum + one, 0)
  return 1000 * Math.max(...seconds, total / concurrency)
}

type Span = readonly [from: number, to: number]

/** When runs keep a tick alive past its dwell, which began with the last minute before them. */
function outliving(moments: readonly Moment[], dwell_ms: number): Span[] {
  return moments.flatMap(({ at, runs }) => {
    const ends = Math.floor((at - LATE_MS) / 60_000) * 60_000 + LATE_MS + dwell_ms
    const until = at + 1000 * Math.max(...runs.map(({ seconds }) => seconds))
    return until > ends ? [[ends, until] as const] : []
  })
}

/** The length of what the spans (by their beginnings) cover together, in seconds. */
function covered(spans: readonly Span[]): number {
  let end = Number.NEGATIVE_INFINITY
  let sum = 0
  for (const [from, to] of spans) {
    sum += Math.max(0, to - Math.max(from, end))
    end = Math.max(end, to)
  }
  return sum / 1000
}
