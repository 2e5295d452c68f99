import { parseRun } from '../../job/parse.ts'
import type { Run } from '../../job/run.ts'
import { type Tick, toTick } from '../../rollout/gather/ticks.ts'
import type { Documents, Stored } from '../../store/documents.ts'
import { placeOf } from '../../store/order.ts'

/** What was read, newest first, all of it from `from` to `to` (ms). */
export interface Reading {
  readonly from: number
  readonly to: number
  readonly ticks: readonly Tick[]
  readonly runs: readonly Run[]
  /** False: there was more than may be read, so that `from` is later than it was asked to be. */
  readonly complete: boolean
}

const DAY_MS = 24 * 3_600_000
/** The most ticks, and the most records, that are read, all lanes together. */
const MOST = 1_000

/** The ticks and runs of the last 24 h, of each at most 1,000 documents: where there are more, of as long as all lanes are whole. */
export async function readRecent(
  documents: Documents,
  lanes: readonly string[],
  now: number,
): Promise<Reading> {
  const limit = Math.max(1, Math.floor(MOST / lanes.length))
  const newest = async (shape: 'recent_ticks' | 'recent_runs', lane: string) => {
    const { value } = await documents.query({ shape, equals: lane, upTo: now, limit })
    return {
      found: value,
      since: value.length < limit ? Number.NEGATIVE_INFINITY : placeAt(shape, value.at(-1)),
    }
  }
  const [ticks, runs] = await Promise.all([
    Promise.all(lanes.map((lane) => newest('recent_ticks', lane))),
    Promise.all(lanes.map((lane) => newest('recent_runs', lane))),
  ])
  const whole = Math.max(...[...ticks, ...runs].map(({ since }) => since))
  const from = Math.max(now - DAY_MS, whole)
  return {
    from,
    to: now,
    ticks: ticks.flatMap(({ found }) => found.flatMap(toTick)).filter(({ started_at }) => started_at >= from),
    runs: runs
      .flatMap(({ found }) => found.flatMap(toRun))
      .filter(({ scheduled_for }) => scheduled_for >= from)
      .toSorted((a, b) => b.scheduled_for - a.scheduled_for),
    complete: whole <= now - DAY_MS,
  }
}

/** The instant of the last document of a page that was full: from there on, everything was read. */
function placeAt(shape: 'recent_ticks' | 'recent_runs', last: Stored | undefined): number {
  return last === undefined ? Number.NEGATIVE_INFINITY : Number(placeOf(shape, last.fields)) + 1
}

/** None of a skipped range, or of what cannot be read. */
function toRun({ fields }: Stored): Run[] {
  const run = parseRun(fields)
  return run.ok ? [run.value] : []
}
