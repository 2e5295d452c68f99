import type { Entry, Job } from '../job/job.ts'
import { hasPerformed, type Items } from '../job/outcome.ts'
import type { Skip } from '../job/run.ts'
import type { Claimed } from '../lease/claim.ts'
import type { Writing } from '../lease/draft.ts'
import type { Settled } from '../lease/settle.ts'
import type { Emit } from '../observe/events.ts'
import { newTally, type Tally } from './report.ts'

/** Counts what a claim did, and tells of it. */
export function accountClaim(tally: Tally, emit: Emit, claimed: Claimed): void {
  for (const job of claimed.lost) emit({ kind: 'job_already_claimed', job })
  tally.outrun += claimed.lost.length
  for (const writing of claimed.written) accountWriting(tally, emit, writing)
  for (const { job, entry, run } of claimed.held) {
    const { attempt, fence } = entry
    const { lateness_ms, attempts, triggered_by } = run.fields
    if (attempts.length === 1 && triggered_by === 'scheduler') tally.lateness.push(lateness_ms)
    emit({ kind: 'job_claimed', job, run: entry.run, attempt, fence, lateness_ms })
  }
}

function accountWriting(tally: Tally, emit: Emit, { draft, deaths, suppressed }: Writing): void {
  if (draft.kind === 'damaged') {
    tally.damaged++
    emit({ kind: 'job_damaged', job: draft.stored.ref.id, reason: draft.reason })
    return
  }
  const { name: job } = draft.before
  if (suppressed) tally.suppressed++
  accountSkips(tally, emit, job, draft.plan.skips)
  for (const { entry, fate } of deaths) {
    const { run, attempt } = entry
    emit({ kind: 'holder_died', job, run, attempt, fate, seldom: isSeldom(draft.plan.job, entry) })
  }
}

/** Counts how an attempt ended once that is written, and tells of it. `now` by the store's time, in ms. */
export function accountSettled(tally: Tally, emit: Emit, settled: Settled, now: number): void {
  const { held, outcome } = settled.finished
  const { job, entry } = held
  const about = { job, run: entry.run, attempt: entry.attempt }
  if (settled.kind === 'lost') {
    accountLost(tally, emit, about, hasPerformed(outcome))
  } else if (settled.kind === 'unsettled') {
    emit({ kind: 'store_trouble', action: `settle ${entry.run}`, reason: settled.reason })
  } else {
    accountOutcome(tally, outcome.kind)
    accountSkips(tally, emit, job, settled.settlement.skips)
    const error = 'error' in outcome ? outcome.error : null
    const began = held.run.fields.attempts.at(-1)?.started_at ?? now
    const { retry_at, event } = settled.settlement
    const duration_ms = now - began
    const ended = event.kind === 'succeed' || event.kind === 'fail'
    // What could have been tried again, and has no attempt left, has failed.
    const told = {
      outcome: event.kind === 'fail' && outcome.kind === 'retry' ? 'failed' : outcome.kind,
      ended,
      seldom: isSeldom(settled.settlement.job, entry),
      duration_ms,
      ...itemsOf(outcome.items, duration_ms),
    }
    emit({ kind: 'run_settled', ...about, ...told, error, retry_at })
  }
}

/** Jobs that run less often than this are seldom, in ms: too few of them fall into an hour to be judged by it. */
const SELDOM = 15 * 60_000

/** Is the job's next occurrence further from this run's than that? One that does not come again is seldom, too. */
function isSeldom({ next_run_at }: Job, { scheduled_for }: Entry): boolean {
  return next_run_at === null || next_run_at - scheduled_for > SELDOM
}

/** The figures of an attempt's items; of none processed there is no duration for each. */
function itemsOf(items: Items | null, duration_ms: number) {
  const processed = items?.processed ?? null
  return {
    items_processed: processed,
    items_failed: items?.failed ?? null,
    item_duration_ms: processed === null || processed === 0 ? null : duration_ms / processed,
  }
}

/** Tells how an attempt ended that no tick has made: a target's late word, or a report of the legacy path. */
export function tellSettled(emit: Emit, settled: Settled, now: number): void {
  accountSettled(newTally(), emit, settled, now)
}

/** Counts an attempt whose lease was gone when it came to settle. If it had performed, its run is a duplicate. */
export function accountLost(
  tally: Tally,
  emit: Emit,
  about: { readonly job: string; readonly run: string; readonly attempt: number },
  performed: boolean,
): void {
  tally.lost++
  if (performed) tally.duplicates++
  emit({ kind: 'lease_lost', ...about, performed })
}

/** A given-back attempt counts as none. */
function accountOutcome(tally: Tally, kind: Settled['finished']['outcome']['kind']): void {
  if (kind === 'cancelled') return
  tally.executed++
  // What a target has taken is counted by how it ends, which no tick sees: its record does.
  if (kind === 'accepted') return
  if (kind === 'succeeded') tally.succeeded++
  else tally.failed++
}

function accountSkips(tally: Tally, emit: Emit, job: string, skips: readonly Skip[]): void {
  for (const skip of skips) {
    tally.skipped += skip.count
    emit({ kind: 'occurrences_skipped', job, ...skip })
  }
}
