import { isFinished, type Job } from '../job/job.ts'
import { parseJob } from '../job/parse.ts'
import { toFields } from '../job/stored.ts'
import { jobRef, runRef } from '../lease/held.ts'
import { skipId, skipRecords } from '../lease/skips.ts'
import type { Change, Cursor, Documents, Ref, Stored } from '../store/documents.ts'
import { begin, type Followed, follow } from './follow.ts'

/** What a shadow follows: the live documents, its own view of them, and what the comparison is called. */
export interface Following {
  readonly live: Documents
  readonly shadow: Documents
  readonly epoch: string
  /** Does the shadow run this job at all, at this instant (ms)? */
  readonly isShadowed: (job: string, now: number) => boolean
}

/** How far the shadow of a lane has followed. */
interface Mark {
  readonly ref: Ref
  readonly version: string | null
  /** When this comparison began, ms. */
  readonly since: number
  /** Changes up to then are followed, ms; null: none yet. */
  readonly until: number | null
}

/** Changes are stamped before they are committed: what is followed overlaps by this, ms. */
const OVERLAP = 60_000
/** So many jobs, each with the largest payload, fit into one commit. */
const PAGE = 100
const MOST_PAGES = 200

/**
 * Brings the shadow's jobs of a lane in line with the live ones that were changed since it last looked. Another process
 * may do the same at once: then one of them does it, and the other at its next tick. Rejects with `store_unreachable`.
 */
export async function sync(following: Following, lane: string): Promise<void> {
  const { live } = following
  const mark = await readMark(following, lane)
  const now = mark.now
  let after: Cursor | null =
    mark.until === null ? null : { value: Math.max(0, mark.until - OVERLAP), id: FIRST_ID }
  let followed = mark.until === null
  let until = now
  for (let page = 0; page < MOST_PAGES; page++) {
    const asked = { shape: 'changed', equals: lane, upTo: now, limit: PAGE } as const
    const { value } = await live.query(after === null ? asked : { ...asked, after })
    const steps = value.length === 0 ? [] : await stepsFor(following, value, mark, now)
    if (!(await writeAll(following.shadow, steps, now))) return
    // What was only read moves the mark too: else it is read again at every look.
    followed ||= value.length > 0
    const last = value.at(-1)
    if (last === undefined || value.length < PAGE) break
    const reached = Number(last.fields.defined_at)
    after = { value: reached, id: last.ref.id }
    // More than one look can take in: the next one goes on from here.
    if (page === MOST_PAGES - 1) until = reached
  }
  if (followed) await live.commit([markChange(mark, following.epoch, until)])
}

/** Sorts before every name of a job. */
const FIRST_ID = '!'

async function readMark({ live, epoch }: Following, lane: string): Promise<Mark & { now: number }> {
  const ref: Ref = { collection: 'scheduler_shadow_marks', id: lane }
  const { value, time: now } = await live.get([ref])
  const stored = value[0] ?? null
  const version = stored?.version ?? null
  const { shadow_since: since, synced_until: until } = stored?.fields ?? {}
  const goesOn = stored?.fields.epoch === epoch && typeof since === 'number' && typeof until === 'number'
  return goesOn ? { ref, version, since, until, now } : { ref, version, since: now, until: null, now }
}

function markChange({ ref, version, since }: Mark, epoch: string, until: number): Change {
  const fields = { epoch, shadow_since: since, synced_until: until }
  return version === null ? { kind: 'create', ref, fields } : { kind: 'update', ref, version, fields }
}

/** What one job comes to in shadow: its document, and the occurrences that it skipped on the way. */
interface Step {
  readonly live: Job
  readonly change: Change
  readonly skips: Followed['skips']
}

async function stepsFor(
  following: Following,
  found: readonly Stored[],
  mark: Mark,
  now: number,
): Promise<Step[]> {
  const jobs = found.flatMap((stored) => {
    const job = parseJob(stored)
    return job.ok && isOfSchedule(job.value) ? [job.value] : []
  })
  if (jobs.length === 0) return []
  const { value: shadows } = await following.shadow.get(jobs.map(({ name }) => jobRef(name)))
  return jobs.flatMap((job, n) => {
    const shadow = shadows[n] ?? null
    const isShadowed = following.isShadowed(job.name, now)
    return isShadowed ? stepFor(following.epoch, job, shadow, mark, now) : rest(job, shadow)
  })
}

/** What others report, and what somebody asked for once more, has no other path to be compared with. */
function isOfSchedule({ kind }: Job): boolean {
  return kind !== 'reported' && kind !== 'backfill'
}

function stepFor(epoch: string, live: Job, shadow: Stored | null, mark: Mark, now: number): Step[] {
  const known = shadow !== null && isOf(epoch, live, shadow) ? parseJob(shadow) : null
  const watching = watchingSince(mark, now)
  if (known?.ok !== true && isFinished(live) && live.created_at < watching) return rest(live, shadow)
  const followed = known?.ok === true ? follow(known.value, live) : begin(live, watching, now)
  if (followed === null) return []
  return [{ live, change: jobChange(epoch, shadow, followed), skips: followed.skips }]
}

/** Is this the shadow of this very job, in this comparison? One of that name may have been deleted before. */
function isOf(epoch: string, live: Job, { fields }: Stored): boolean {
  return fields.epoch === epoch && fields.created_at === live.created_at
}

/** What has no part in this comparison falls due no more: it would stand before all that has. */
function rest(live: Job, shadow: Stored | null): Step[] {
  if (shadow === null || shadow.fields.claimable_at === null) return []
  const fields = { epoch: null, claimable_at: null }
  const change = { kind: 'update', ref: jobRef(live.name), version: shadow.version, fields } as const
  return [{ live, change, skips: [] }]
}

/** A job that was made since is new under the shadow's eyes; before its first look it has seen none. */
function watchingSince({ since, until }: Mark, now: number): number {
  return until === null ? now : since
}

function jobChange(epoch: string, shadow: Stored | null, { job, since }: Followed): Change {
  const fields = { ...toFields(job), epoch, ...(since !== null && { shadow_since: since }) }
  const ref = jobRef(job.name)
  if (shadow === null) return { kind: 'create', ref, fields }
  return { kind: 'update', ref, version: shadow.version, fields }
}

/** False when the store refused some of it: then the mark stays where it is, and the next tick tries again. */
async function writeAll(shadow: Documents, steps: readonly Step[], now: number): Promise<boolean> {
  const plain = steps.filter(({ skips }) => skips.length === 0).map(({ change }) => change)
  if (plain.length > 0 && !(await isDone(shadow, plain))) return false
  for (const step of steps) {
    if (step.skips.length === 0) continue
    if (!(await isDone(shadow, [step.change, ...(await newSkips(shadow, step, now))]))) return false
  }
  return true
}

async function isDone(shadow: Documents, changes: readonly Change[]): Promise<boolean> {
  return (await shadow.commit(changes)).outcome === 'done'
}

/** What another comparison, or this one, has recorded stays as it is. */
async function newSkips(shadow: Documents, { live, skips }: Step, now: number): Promise<Change[]> {
  const { value } = await shadow.get(skips.map((skip) => runRef(skipId(live, skip))))
  const recorded = new Set(value.map((stored) => stored?.ref.id))
  return skipRecords(live, skips, (id) => recorded.has(id), now)
}
