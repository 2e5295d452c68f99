import { type Entry, entryOf, isHeld, isOwed, type Job } from '../job/job.ts'
import { parseJob, parseRun } from '../job/parse.ts'
import type { Death, Look, Plan } from '../job/plan.ts'
import { newRun, type Run, runFields, withAttempt, withDeath } from '../job/run.ts'
import { claimableAt, toFields } from '../job/stored.ts'
import { suppressed } from '../job/tally.ts'
import type { Change, Stored } from '../store/documents.ts'
import { runRef } from './held.ts'
import { skipId, skipRecords } from './skips.ts'

/** What one look at a stored job found out. */
export type Draft =
  | { readonly kind: 'damaged'; readonly stored: Stored; readonly reason: string }
  | { readonly kind: 'planned'; readonly stored: Stored; readonly before: Job; readonly plan: Plan }

type Planned = Extract<Draft, { kind: 'planned' }>

/** Records of occurrences by id, as far as they were read; null: there is none. */
export type Records = ReadonlyMap<string, Stored | null>

/** What a draft wants to write, all or none. */
export interface Writing {
  readonly draft: Draft
  readonly changes: readonly Change[]
  /** The job as it will be; null for a damaged one. */
  readonly job: Job | null
  /** The attempt that this makes, with its run's record and where that stands among the changes. */
  readonly attempt: { readonly entry: Entry; readonly run: Run; readonly index: number } | null
  /** The holders whose end it writes. */
  readonly deaths: readonly Death[]
  /** The occurrence that would have started has its outcome already: the job goes on to the next. */
  readonly suppressed: boolean
}

/** What a look at a job decides: `plan`, or another way to choose what starts. */
export type Decide = (job: Job, look: Look) => Plan

/** Looks at a stored job. Null when there is nothing to do: somebody else was faster. */
export function draft(stored: Stored, look: Look, decide: Decide): Draft | null {
  const job = parseJob(stored)
  if (!job.ok) return { kind: 'damaged', stored, reason: job.reason }
  const planned = decide(job.value, look)
  const idle = planned.attempt === null && planned.deaths.length === 0 && planned.skips.length === 0
  if (idle && stored.fields.claimable_at === claimableAt(planned.job)) return null
  return { kind: 'planned', stored, before: job.value, plan: planned }
}

/** The runs in flight whose records a draft goes on writing: they have to be read first. */
export function continuedRuns(draft: Draft): string[] {
  if (draft.kind === 'damaged') return []
  const { attempt, deaths } = draft.plan
  const resumed = attempt !== null && entryOf(draft.before, attempt.run) !== undefined ? [attempt.run] : []
  return [...new Set([...deaths.map((death) => death.entry.run), ...resumed])]
}

/** The records that a draft wants to create: where one exists, its occurrence has its outcome already. */
export function freshRecords(draft: Draft): string[] {
  if (draft.kind === 'damaged') return []
  const { attempt, skips } = draft.plan
  const begun = attempt !== null && entryOf(draft.before, attempt.run) === undefined ? [attempt.run] : []
  return [...begun, ...skips.map((skip) => skipId(draft.before, skip))]
}

/** The changes that make a draft true, given the records that it meets. */
export function write(draft: Draft, records: Records, now: number): Writing {
  const { stored } = draft
  if (draft.kind === 'damaged') {
    const fields = { status: 'damaged', standing: 'damaged', claimable_at: null, damage: draft.reason }
    return {
      draft,
      changes: [update(stored, fields)],
      job: null,
      attempt: null,
      deaths: [],
      suppressed: false,
    }
  }
  const { plan: planned } = draft
  const suppresses = planned.attempt !== null && hasOutcome(draft, planned.attempt, records)
  const attempt = suppresses ? null : planned.attempt
  const job = suppresses ? suppressed(planned.without) : planned.job
  const deaths = planned.deaths.filter(({ fate }) => !suppresses || fate !== 'replaced')
  const runs = runsOf(draft, deaths, attempt, records, now)
  const changes = [
    update(stored, toFields(job)),
    ...runs.map((run) => runChange(records.get(run.id) ?? null, run)),
    ...skipRecords(draft.before, planned.skips, (id) => exists(records, id), now),
    ...(planned.also ?? []),
  ]
  const index = runs.findIndex((run) => run.id === attempt?.run)
  const run = runs[index]
  const made = attempt === null || run === undefined ? null : { entry: attempt, run, index: 1 + index }
  return { draft, changes, job, attempt: made, deaths, suppressed: suppresses }
}

/** How many changes a draft may come to, at the most. */
export function sizeOf(draft: Draft): number {
  const also = draft.kind === 'planned' ? (draft.plan.also?.length ?? 0) : 0
  return 1 + continuedRuns(draft).length + freshRecords(draft).length + also
}

/** Is the occurrence in other hands, or behind them? A run in flight has a record of its own, one that is owed has none yet. */
function hasOutcome({ before, plan: planned }: Planned, { run }: Entry, records: Records): boolean {
  const entry = entryOf(before, run)
  if (entry === undefined || isOwed(entry)) return exists(records, run)
  if (isHeld(entry) && !planned.deaths.some((death) => death.entry.run === run)) return true
  return (recorded(records, run)?.finished_at ?? null) !== null
}

/** The change that stores a run's record over what was read of it. */
export function runChange(record: Pick<Stored, 'version'> | null, run: Run): Change {
  const ref = runRef(run.id)
  if (record === null) return { kind: 'create', ref, fields: runFields(run) }
  return { kind: 'update', ref, version: record.version, fields: runFields(run) }
}

function runsOf(
  { before, plan: planned }: Planned,
  deaths: readonly Death[],
  attempt: Entry | null,
  records: Records,
  now: number,
): Run[] {
  const runs = new Map<string, Run>()
  for (const { entry, fate } of deaths) {
    const run = runs.get(entry.run) ?? recorded(records, entry.run) ?? newRun(before, entry, entry.began_at)
    runs.set(entry.run, withDeath(run, entry, fate, now))
  }
  if (attempt !== null) {
    const run = runs.get(attempt.run) ?? recorded(records, attempt.run)
    runs.set(
      attempt.run,
      run === null ? newRun(planned.job, attempt, now, planned) : withAttempt(run, attempt, now),
    )
  }
  return [...runs.values()]
}

function recorded(records: Records, id: string): Run | null {
  const record = records.get(id)
  const run = record ? parseRun(record.fields) : null
  return run?.ok === true ? run.value : null
}

function exists(records: Records, id: string): boolean {
  return (records.get(id) ?? null) !== null
}

function update(stored: Stored, fields: Stored['fields']): Change {
  return { kind: 'update', ref: stored.ref, version: stored.version, fields }
}
