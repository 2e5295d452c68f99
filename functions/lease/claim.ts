import { TickoverError } from '../errors.ts'
import { entryOf, isHeldBy, type Job } from '../job/job.ts'
import { parseJob, parseRun } from '../job/parse.ts'
import { type Look, plan } from '../job/plan.ts'
import { type Documents, MOST_CHANGES, type Ref, type Stored } from '../store/documents.ts'
import {
  continuedRuns,
  type Decide,
  type Draft,
  draft,
  freshRecords,
  sizeOf,
  type Writing,
  write,
} from './draft.ts'
import { type Copies, type Held, jobRef, runRef } from './held.ts'

/** The most commits that one claim makes; what is not decided by then is left to the next look. */
const MOST_COMMITS = 3

/** What came of a claim. */
export interface Claimed {
  readonly held: readonly Held[]
  /** What was written, for the report. */
  readonly written: readonly Writing[]
  /** Jobs that somebody else was faster to take. */
  readonly lost: readonly string[]
  /** Why the store could not be written to, else null. */
  readonly trouble: string | null
}

/**
 * Claims what the looked-at jobs have to start, all in one atomic commit: each job document at the version read, each
 * run's record. A refused or unknown commit is answered by one read of the whole batch: what carries this claim's
 * fence and owner is won (only the reply was lost), what has moved is planned again from that copy, the rest is lost.
 * A loser touches nothing of the winner's. Updates `copies`. `decide` says what a job has to start: by default its plan.
 */
export async function claim(
  documents: Documents,
  jobs: readonly Stored[],
  look: Look,
  copies: Copies,
  decide: Decide = plan,
): Promise<Claimed> {
  const found = (stored: Stored) => draft(stored, look, decide)
  const result = { held: [] as Held[], written: [] as Writing[], lost: [] as string[] }
  let writings = await firstWritings(documents, jobs, found, look.now)
  for (let commits = 0; commits < MOST_COMMITS && writings.length > 0; commits++) {
    const committed = await documents.commit(writings.flatMap((writing) => writing.changes))
    if (committed.outcome === 'unreachable') return { ...result, trouble: committed.reason }
    if (committed.outcome === 'done') {
      collect(writings, committed.versions, copies, result)
      return { ...result, trouble: null }
    }
    try {
      writings = await readBack(documents, writings, { found, now: look.now }, copies, result)
    } catch (error) {
      // What was won before is held, whatever becomes of the rest: that may be held too, and then runs out.
      if (error instanceof TickoverError) return { ...result, trouble: error.message }
      throw error
    }
  }
  result.lost.push(...writings.map(nameOf))
  return { ...result, trouble: null }
}

type Result = { held: Held[]; written: Writing[]; lost: string[] }

type Find = (stored: Stored) => Draft | null

async function firstWritings(
  documents: Documents,
  jobs: readonly Stored[],
  find: Find,
  now: number,
): Promise<Writing[]> {
  const drafts = fitting(jobs.map(find).filter((found) => found !== null))
  const continued = drafts.flatMap(continuedRuns)
  const records = continued.length === 0 ? new Map() : await readRecords(documents, continued.map(runRef))
  return drafts.map((found) => write(found, records, now))
}

/** As many as one commit may hold; the rest is left to the next look. */
function fitting(drafts: readonly Draft[]): Draft[] {
  let sum = 0
  return drafts.filter((found) => {
    sum += sizeOf(found)
    return sum <= MOST_CHANGES
  })
}

function collect(
  writings: readonly Writing[],
  versions: readonly string[],
  copies: Copies,
  result: Result,
): void {
  let first = 0
  for (const writing of writings) {
    const { job, attempt } = writing
    result.written.push(writing)
    if (job !== null)
      copies.set(job.name, { ref: jobRef(job.name), version: versions[first] ?? '', fields: job })
    if (job !== null && attempt !== null) {
      const version = versions[first + attempt.index] ?? ''
      const run = { ref: runRef(attempt.run.id), version, fields: attempt.run }
      result.held.push({ job: job.name, entry: attempt.entry, run })
    }
    first += writing.changes.length
  }
}

/** One read of the whole batch: collects what was won, and says what is to be written instead of the rest. */
async function readBack(
  documents: Documents,
  writings: readonly Writing[],
  { found, now }: { readonly found: Find; readonly now: number },
  copies: Copies,
  result: Result,
): Promise<Writing[]> {
  const wanted = writings.flatMap((writing) => [
    writing.draft.stored.ref,
    ...recordsOf(writing.draft).map(runRef),
  ])
  const records = await readRecords(documents, wanted)
  const again: Writing[] = []
  for (const writing of writings) {
    const stored = records.get(writing.draft.stored.ref.id) ?? null
    if (stored === null) result.lost.push(nameOf(writing))
    else if (!takeIfWon(writing, stored, records, copies, result)) {
      const next = stored.version === writing.draft.stored.version ? writing.draft : replan(stored, found)
      if (next === null) result.lost.push(nameOf(writing))
      else again.push(write(next, records, now))
    }
  }
  return again
}

/** Does the job carry this claim's fence and owner? Then the commit was done and only its reply was lost. */
function takeIfWon(
  writing: Writing,
  stored: Stored,
  records: ReadonlyMap<string, Stored | null>,
  copies: Copies,
  result: Result,
): boolean {
  const { attempt } = writing
  if (attempt === null) return false
  const job = parseJob(stored)
  if (!job.ok || !isMine(job.value, attempt.entry)) return false
  const record = records.get(attempt.run.id) ?? null
  const run = record === null ? null : parseRun(record.fields)
  if (record === null || run?.ok !== true) return false
  copies.set(job.value.name, { ...stored, fields: job.value })
  result.held.push({ job: job.value.name, entry: attempt.entry, run: { ...record, fields: run.value } })
  result.written.push(writing)
  return true
}

function isMine(job: Job, entry: Held['entry']): boolean {
  return isHeldBy(job, entry.run, entry.fence) && entryOf(job, entry.run)?.owner === entry.owner
}

/** A moved job is planned again from its new copy; records that this needs and were not read leave it to the next look. */
function replan(stored: Stored, find: Find): Draft | null {
  const next = find(stored)
  return next === null || continuedRuns(next).length > 0 ? null : next
}

function recordsOf(draft: Draft): string[] {
  return [...continuedRuns(draft), ...freshRecords(draft)]
}

async function readRecords(documents: Documents, refs: readonly Ref[]): Promise<Map<string, Stored | null>> {
  const { value } = await documents.get(refs)
  return new Map(refs.map((ref, index) => [ref.id, value[index] ?? null]))
}

function nameOf(writing: Writing): string {
  return writing.draft.stored.ref.id
}
