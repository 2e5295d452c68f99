import type { Job } from '../../job/job.ts'
import { parseJob, parseRun, parseSkip } from '../../job/parse.ts'
import type { Run } from '../../job/run.ts'
import { jobRef, runRef } from '../../lease/held.ts'
import type { Cursor, Documents, Stored } from '../../store/documents.ts'
import { inOrder, type Known, type Range, type Row, rowOf } from '../timeline.ts'
import { missingOf } from './missing.ts'

/** A lane and a window of it, in ms. */
export interface Asked {
  readonly lane: string
  readonly from: number
  readonly to: number
  readonly now: number
  /** So many of its jobs have been seen by looks before. */
  readonly skip: number
}

/** The rows of a lane. `truncated`: there was more than one look reads, so the oldest records or some jobs are left out. */
export interface Timeline {
  readonly jobs: readonly Row[]
  /** From here on (ms) every record was read. */
  readonly complete_from: number
  /** At least so many more jobs have something in the window. */
  readonly left_out_jobs: number
  readonly truncated: boolean
}

const MOST_RECORDS = 2_000
const MOST_JOBS = 100
const PAGE = 1_000
/** So far before the window records are read too: runs and ranges reach into it. */
const MARGIN_MS = 3_600_000
/** Where something seems to be missing, so many older records of that job are looked at for a range that covers it. */
const OLDER = 5

/**
 * Reads the rows of 100 jobs: at most 2,000 records, these jobs with their runs in flight, 5 older records of each, and of those
 * that were skipped what a tick would look at.
 */
export async function readTimeline(documents: Documents, asked: Asked): Promise<Timeline> {
  const records = await readRecords(documents, asked)
  const limit = asked.skip + MOST_JOBS
  const { value: due } = await documents.query({ shape: 'due', equals: asked.lane, limit })
  const { names, telling } = namesOf(due, records, asked.now)
  const { jobs, flying } = await readJobs(documents, names.slice(asked.skip, limit), due)
  const window = { ...asked, judged_from: records.read_from }
  const all = [...jobs].map(([name, job]) => knownOf(name, job, { ...records, flying }))
  const known = await Promise.all(
    all.map(async (one) =>
      missingOf(one, window).length === 0 ? one : withOlder(documents, one, records.read_from),
    ),
  )
  const rows = known.map((one) => rowOf(one, window)).filter((row) => row !== null)
  // Where as many wait as were read, one more is told of: the next look counts on.
  const waiting = due.length === limit && Number(due.at(-1)?.fields.claimable_at) <= asked.now
  const left_out_jobs = Math.max(waiting ? 1 : 0, telling - limit)
  const complete_from = Math.max(asked.from, records.read_from)
  return { jobs: inOrder(rows), complete_from, left_out_jobs, truncated: records.cut || left_out_jobs > 0 }
}

interface Records {
  readonly runs: readonly Run[]
  readonly skips: readonly Range[]
  /** From here on (ms) every record was read. */
  readonly read_from: number
  readonly cut: boolean
}

/** The records of the lane, newest first, down to a margin before the window. */
async function readRecords(documents: Documents, { lane, from, to }: Asked): Promise<Records> {
  const found: Stored[] = []
  let after: { after?: Cursor } = {}
  for (let left = MOST_RECORDS; left > 0; left -= PAGE) {
    const { value: page } = await documents.query({
      shape: 'recent_runs',
      equals: lane,
      upTo: to,
      ...after,
      limit: PAGE,
    })
    const inside = page.filter((stored) => instantOf(stored) >= from - MARGIN_MS)
    found.push(...inside)
    const last = inside.at(-1)
    if (last === undefined || inside.length < PAGE) return { ...split(found), read_from: from, cut: false }
    after = { after: { value: instantOf(last), id: last.ref.id } }
  }
  const oldest = found.at(-1)
  return { ...split(found), read_from: oldest === undefined ? from : instantOf(oldest) + 1, cut: true }
}

/** What cannot be read is in neither list. */
function split(found: readonly Stored[]): Pick<Records, 'runs' | 'skips'> {
  const runs = found.map(({ fields }) => parseRun(fields)).flatMap((run) => (run.ok ? [run.value] : []))
  const skips = found.map(({ fields }) => parseSkip(fields)).flatMap((skip) => (skip.ok ? [skip.value] : []))
  return { runs, skips }
}

/**
 * Those with the most records first, since a job that runs once has one; then those that wait or are in flight; all the others
 * last. The first ones (`telling`) have something to show.
 */
function namesOf(
  due: readonly Stored[],
  { runs, skips }: Records,
  now: number,
): { names: readonly string[]; telling: number } {
  const counts = Map.groupBy([...runs, ...skips], ({ job }) => job)
  const busy = [...counts].toSorted(([, a], [, b]) => b.length - a.length).map(([name]) => name)
  const half = MOST_JOBS / 2
  const waiting = due.filter((stored) => isWaiting(stored, now)).map(({ ref }) => ref.id)
  const first = new Set([...busy.slice(0, half), ...waiting.slice(0, half), ...busy, ...waiting])
  return { names: [...new Set([...first, ...due.map(({ ref }) => ref.id)])], telling: first.size }
}

/** The jobs by name, null where one is gone or cannot be read, and the records of their runs in flight. */
async function readJobs(
  documents: Documents,
  names: readonly string[],
  due: readonly Stored[],
): Promise<{ jobs: ReadonlyMap<string, Job | null>; flying: readonly Run[] }> {
  const known = new Map(due.map((stored) => [stored.ref.id, stored]))
  const others = names.filter((name) => !known.has(name)).map(jobRef)
  const read = others.length === 0 ? [] : (await documents.get(others)).value
  for (const stored of read) if (stored !== null) known.set(stored.ref.id, stored)
  const jobs = new Map(names.map((name) => [name, jobOf(known.get(name))]))
  const refs = [...jobs.values()].flatMap((job) => job?.entries ?? []).map(({ run }) => runRef(run))
  const flying = refs.length === 0 ? [] : (await documents.get(refs.slice(0, PAGE))).value
  return { jobs, flying: split(flying.filter((stored) => stored !== null)).runs }
}

function isWaiting({ fields }: Stored, now: number): boolean {
  const inFlight = Array.isArray(fields.entries) && fields.entries.length > 0
  return inFlight || Number(fields.claimable_at) <= now
}

function jobOf(stored: Stored | undefined): Job | null {
  const job = stored === undefined ? null : parseJob(stored)
  return job?.ok === true ? job.value : null
}

function knownOf(
  name: string,
  job: Job | null,
  { runs, skips, flying }: Pick<Records, 'runs' | 'skips'> & { readonly flying: readonly Run[] },
): Known {
  const own = [...runs, ...flying].filter((run) => run.job === name)
  const once = [...new Map(own.map((run) => [run.id, run])).values()]
  return { name, job, runs: once, skips: skips.filter((skip) => skip.job === name) }
}

/** A range of skips that began long ago may reach into the window. */
async function withOlder(documents: Documents, known: Known, upTo: number): Promise<Known> {
  const asked = { shape: 'history', equals: known.name, upTo, limit: OLDER } as const
  const { skips } = split((await documents.query(asked)).value)
  return { ...known, skips: [...known.skips, ...skips] }
}

function instantOf({ fields }: Stored): number {
  return Number(fields.scheduled_for)
}
