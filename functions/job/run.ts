import type { Path } from '../rollout/stage.ts'
import type { Fields } from '../store/documents.ts'
import { digestOf } from './digest.ts'
import type { Entry, Job } from './job.ts'
import type { HolderEvent } from './lifecycle.ts'
import type { Intents, Items, Outcome } from './outcome.ts'
import type { Death } from './plan.ts'
import { KEEP_MS } from './stored.ts'

/** One attempt of a run, as its record keeps it. */
export interface Attempt {
  readonly attempt: number
  readonly fence: number
  readonly owner: string
  readonly path: Path
  readonly started_at: number
  readonly ended_at: number | null
  /** `lost`: the holder died or was replaced; `given_back`: the process stopped before the attempt was through. */
  readonly outcome: 'succeeded' | 'failed' | 'lost' | 'given_back' | null
  readonly error: string | null
}

/** The one execution of one occurrence. Fields are named as they are stored. */
export interface Run {
  readonly id: string
  readonly job: string
  readonly job_type: string
  readonly lane: string
  readonly triggered_by: 'scheduler' | 'manual' | 'admin'
  /** Who asked for it; null: the schedule, or nobody was named. */
  readonly triggered_by_user: string | null
  readonly scheduled_for: number
  readonly status: 'running' | 'retry' | 'succeeded' | 'failed' | 'cancelled'
  /** The fence of the last attempt. */
  readonly fence: number
  readonly attempts: readonly Attempt[]
  readonly started_at: number
  readonly finished_at: number | null
  /** Start of the first attempt minus its scheduled instant; 0 for a run that was asked for. */
  readonly lateness_ms: number
  readonly items: Items | null
  /** JSON text, at most 16 KiB; null when there is none. */
  readonly result: string | null
  /** At most 4 KiB. */
  readonly error: string | null
  /** Hash of the payload that it was given. */
  readonly payload_hash: string
  /** What its last attempt with a handler's end asked for; null: not known. */
  readonly intents: Intents | null
  /** Did an effect fail in one of its attempts? */
  readonly effect_failed: boolean
  readonly expire_at: number
}

/** How a run came about that the schedule did not ask for: through the API or the page, and by whom. */
export interface Asked {
  readonly by: 'manual' | 'admin'
  readonly user: string | null
}

/** Why an occurrence was not performed. */
export type SkipReason = 'overlap' | 'expired' | 'coalesced' | 'paused'

/** Occurrences that follow each other and were skipped for one reason. */
export interface Skip {
  readonly reason: SkipReason
  readonly first_at: number
  readonly last_at: number
  readonly count: number
}

/** What is said of a run that gave way to a later one. */
export const REPLACED = 'A later occurrence took its slot (overlap: replace)'

/** The most attempts that a record keeps; the oldest go first. */
const MOST_ATTEMPTS = 30

/** The record of a run at its first attempt: what it is given (JSON text), and who asked for it, if not the schedule. */
export function newRun(
  job: Job,
  entry: Entry,
  now: number,
  { payload = job.payload, asked = askedFor(job) }: { payload?: string; asked?: Asked | null } = {},
): Run {
  return {
    id: entry.run,
    job: job.name,
    job_type: job.job_type,
    lane: job.lane,
    triggered_by: asked?.by ?? 'scheduler',
    triggered_by_user: asked?.user ?? null,
    scheduled_for: entry.scheduled_for,
    status: 'running',
    fence: entry.fence,
    attempts: [attemptOf(entry, now)],
    started_at: now,
    finished_at: null,
    lateness_ms: asked === null ? now - entry.scheduled_for : 0,
    items: null,
    result: null,
    error: null,
    payload_hash: digestOf(payload),
    intents: null,
    effect_failed: false,
    expire_at: now + KEEP_MS,
  }
}

/** Somebody asked for all runs of a backfill at once. */
function askedFor({ kind }: Job): Asked | null {
  return kind === 'backfill' ? { by: 'manual', user: null } : null
}

/** The record as the next attempt begins. */
export function withAttempt(run: Run, entry: Entry, now: number): Run {
  const attempts = [...run.attempts, attemptOf(entry, now)].slice(-MOST_ATTEMPTS)
  return { ...run, status: 'running', fence: entry.fence, attempts }
}

/** The record after its holder died: `fate` says whether another attempt follows. */
export function withDeath(run: Run, entry: Entry, fate: Death['fate'], now: number): Run {
  const error = fate === 'replaced' ? REPLACED : deathOf(entry)
  const closed = closeAttempt(run, 'lost', error, now)
  if (fate === 'retry') return { ...closed, status: 'retry', error }
  return { ...closed, status: fate === 'failed' ? 'failed' : 'cancelled', error, finished_at: now }
}

/** The record after an attempt's outcome; `event` is what the outcome said to the job. */
export function withOutcome(run: Run, outcome: Outcome, event: HolderEvent['kind'], now: number): Run {
  if (outcome.kind === 'accepted') return { ...run, intents: outcome.acts?.intents ?? run.intents }
  const error = outcome.kind === 'succeeded' ? null : outcome.error
  const closed = {
    ...closeAttempt(run, attemptOutcome(outcome), error, now),
    items: outcome.items,
    error,
    intents: outcome.acts?.intents ?? run.intents,
    effect_failed: run.effect_failed || (outcome.acts?.effect_failed ?? false),
  }
  switch (event) {
    case 'succeed':
      return { ...closed, status: 'succeeded', finished_at: now, result: resultOf(outcome) }
    case 'fail':
      return { ...closed, status: 'failed', finished_at: now }
    case 'retry':
    case 'give_back':
      return { ...closed, status: 'retry' }
    case 'abandon':
    case 'renew':
    case 'await':
      return closed
  }
}

function resultOf(outcome: Outcome): string | null {
  return outcome.kind === 'succeeded' ? outcome.result : null
}

/**
 * The record as it is stored; `performed_job` finds it among those of its job, and never a skipped range; `listed_at` is its place in
 * the job's history.
 */
export function runFields(run: Run): Fields {
  return { ...run, performed_job: run.job, listed_at: run.started_at }
}

/** The record of skipped occurrences; it has the id of the first, so that none is recorded twice. */
export function skipFields(job: Job, skip: Skip, now: number): Fields {
  return {
    job: job.name,
    job_type: job.job_type,
    lane: job.lane,
    status: 'skipped',
    scheduled_for: skip.first_at,
    listed_at: skip.first_at,
    ...skip,
    expire_at: now + KEEP_MS,
  }
}

function attemptOf(entry: Entry, now: number): Attempt {
  const { attempt, fence, owner, path } = entry
  return { attempt, fence, owner, path, started_at: now, ended_at: null, outcome: null, error: null }
}

function closeAttempt(run: Run, outcome: Attempt['outcome'], error: string | null, now: number): Run {
  const last = run.attempts.at(-1)
  if (last === undefined || last.outcome !== null) return run
  return { ...run, attempts: [...run.attempts.slice(0, -1), { ...last, ended_at: now, outcome, error }] }
}

function attemptOutcome(outcome: Exclude<Outcome, { kind: 'accepted' }>): Attempt['outcome'] {
  if (outcome.kind === 'succeeded') return 'succeeded'
  return outcome.kind === 'cancelled' ? 'given_back' : 'failed'
}

/** What is said of a run whose holder did not settle it in time. */
export function deathOf({ trouble, state, owner }: Entry): string {
  if (trouble !== null) return trouble
  if (state === 'callback') return 'Its target had taken it, and did not complete it before its deadline'
  return `Its holder ${owner} did not come back before its lease ran out`
}
