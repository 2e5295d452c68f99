import type { Config } from '../config.ts'
import { type Path, shadowPath } from '../rollout/stage.ts'
import type { Documents } from '../store/documents.ts'
import type { Side } from './compare/side.ts'
import { compare, type Terms } from './compare.ts'
import { type Records, readRecords } from './records.ts'
import { reportOf, type ShadowReport } from './report.ts'
import { type Known, openGaps, readBeginnings, readKnown, termsOf } from './terms.ts'

/** The most records that one comparison reads; the jobs that they are of come on top. */
export const MOST_RECORDS = 100_000

/** So far beyond the window records are read too, in ms: partners, runs in flight and ranges of skips reach into it. */
const MARGIN_MS = 3_600_000

/** There is nothing to compare. */
export interface ShadowOff {
  readonly status: 'off'
  readonly stage: number
  readonly message: string
}

/** What is asked of a comparison: occurrences after `from`, up to `to` (ms); of one job or of all. */
export interface Question {
  readonly from: number
  readonly to: number
  readonly job?: string | undefined
  /** The most examples of one kind of mismatch and one job. */
  readonly examples: number
}

/** Where a comparison reads, under which flags, and what time it is (ms). `most`: records. */
export interface Comparer {
  readonly documents: Documents
  readonly config: Config
  readonly now: number
  readonly most?: number
}

/**
 * Compares what both paths recorded. A lane whose shadow has not begun under the flags of now is left out. Rejects with
 * `TickoverError('store_unreachable')`.
 */
export async function shadowReport(comparer: Comparer, asked: Question): Promise<ShadowReport | ShadowOff> {
  const { documents, config } = comparer
  const shadow_path = shadowPath(config)
  if (shadow_path === null) return off(config.stage)
  const beginnings = await readBeginnings(documents, config)
  const records = await readWindow(comparer, asked, beginnings)
  const lanes = new Map([...records.live.runs, ...records.shadow.runs].map(({ job, lane }) => [job, lane]))
  const known = await readKnown(documents, [...lanes.keys()], config)
  const terms = termsOf(lanes, known, beginnings, config)
  return tell(comparer, asked, { shadow_path, beginnings, records, known, terms })
}

function off(stage: number): ShadowOff {
  const message =
    'No path runs in the shadow of the other. Stage 3 compares unless SCHEDULER_SHADOW_MODE is false, stage 4 if it is true.'
  return { status: 'off', stage, message }
}

type Beginnings = ReadonlyMap<string, number>

function readWindow(
  { documents, now, most = MOST_RECORDS }: Comparer,
  { from, to, job }: Question,
  beginnings: Beginnings,
): Promise<Records> {
  return readRecords(documents, {
    lanes: [...beginnings.keys()],
    from: Math.max(from, Math.min(now, ...beginnings.values())) - MARGIN_MS,
    to: Math.min(to, now) + MARGIN_MS,
    job,
    most,
  })
}

interface Read {
  readonly shadow_path: Path
  readonly beginnings: Beginnings
  readonly records: Records
  readonly known: ReadonlyMap<string, Known>
  readonly terms: ReadonlyMap<string, Terms>
}

function tell({ config, now }: Comparer, asked: Question, read: Read): ShadowReport {
  const { shadow_path, records, known, terms } = read
  const { stage, ignore_rules: rules } = config
  const to = endOf(asked.to, records.cut_at, terms)
  const live = withOpenGaps(records.live, known, 'live', now)
  const shadow = withOpenGaps(records.shadow, known, 'shadow', now)
  const compared = compare({ live, shadow, shadow_path, terms, rules, now, from: asked.from, to })
  const begun = Math.min(...read.beginnings.values())
  const since = Number.isFinite(begun) ? Math.max(asked.from, begun) : null
  const until = since === null ? null : Math.max(since, Math.min(to, now - config.tolerance_seconds * 1000))
  return reportOf({
    stage,
    shadow_path,
    compared,
    terms,
    rules,
    now,
    since,
    until,
    complete: records.cut_at === null,
    documents_read: records.documents_read + countJobs(known),
    documents_unreadable: records.documents_unreadable,
    examples: asked.examples,
  })
}

/** Where reading was cut off, a partner within the tolerance may be beyond. */
function endOf(to: number, cut_at: number | null, terms: ReadonlyMap<string, Terms>): number {
  if (cut_at === null) return to
  const widest = [...terms.values()].reduce((most, { tolerance_ms }) => Math.max(most, tolerance_ms), 0)
  return Math.min(to, cut_at - widest - 1)
}

function withOpenGaps(
  side: Side,
  known: ReadonlyMap<string, Known>,
  which: 'live' | 'shadow',
  now: number,
): Side {
  const jobs = [...known.values()].map((job) => job[which]).filter((job) => job !== null)
  return { ...side, gaps: [...side.gaps, ...jobs.flatMap((job) => openGaps(job, now))] }
}

function countJobs(known: ReadonlyMap<string, Known>): number {
  return [...known.values()].flatMap(({ live, shadow }) => [live, shadow]).filter((job) => job !== null)
    .length
}
