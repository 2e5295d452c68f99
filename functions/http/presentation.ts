import { isHeld, type Job, type LastRun } from '../job/job.ts'
import { parseJob } from '../job/parse.ts'
import { readRecent } from '../job/recent.ts'
import { type Fields, isInstant, type Stored } from '../store/documents.ts'

/** A job as clients see it: the older camelCase names, beside the stored snake_case ones. Instants are ISO 8601. */
export type JobView = Readonly<Record<string, unknown>>

/** How a stored job looks at `now` (milliseconds). One that cannot be read shows its name and why. */
export function presentJob({ ref, fields }: Pick<Stored, 'ref' | 'fields'>, now: number): JobView {
  const parsed = parseJob({ ref, fields })
  if (!parsed.ok) return { id: ref.id, name: ref.id, status: 'damaged', error: parsed.reason }
  const job = parsed.value
  const { daily: _sums, ...shown } = { ...fields, ...job }
  return { ...datedFields(shown), ...describe(job), ...history(job), ...dueness(fields, now) }
}

function describe(job: Job): JobView {
  const payload = unpack(job.payload)
  return {
    id: job.name,
    payload,
    config: payload,
    displayName: job.display_name === '' ? job.name : job.display_name,
    cronExpression: job.schedule.kind === 'cron' ? job.schedule.expression : null,
    jobType: job.job_type,
    service: job.target.kind === 'http' ? job.target.service : null,
    endpoint: job.target.kind === 'http' ? job.target.endpoint : null,
    isRunning: job.entries.some(isHeld),
    // The hash of a run token is nobody's business.
    entries: job.entries.map(({ token: _hash, ...entry }) => datedFields(entry)),
  }
}

function history({ last_run: last, entries, next_run_at, totals, recent }: Job): JobView {
  const began = entries[0]?.began_at ?? last?.began_at ?? null
  return {
    failing_since: iso(last?.failing_since ?? null),
    failed_in_a_row: last?.failures ?? 0,
    lastRunAt: iso(last?.began_at ?? null),
    lastRunStatus: last === null ? null : statusOf(last),
    lastRunDuration: last === null ? null : last.ended_at - last.began_at,
    nextRunAt: iso(next_run_at),
    totalRuns: totals.runs,
    successfulRuns: totals.succeeded,
    failedRuns: totals.failed,
    successRate: totals.runs === 0 ? null : totals.succeeded / totals.runs,
    recent: readRecent(recent).map(({ at, outcome, ...run }) => ({
      at: iso(at),
      status: ENDS[outcome],
      ...run,
    })),
    started_at: iso(began),
    completed_at: entries.length > 0 ? null : iso(last?.ended_at ?? null),
    error: last?.error ?? null,
  }
}

const ENDS = { succeeded: 'completed', failed: 'failed', cancelled: 'cancelled' } as const

/** Clients know two ends of a run. */
function statusOf(last: LastRun): 'completed' | 'failed' {
  return last.outcome === 'succeeded' ? 'completed' : 'failed'
}

/** Whether a tick would look at it now, and in how many seconds one will; negative once overdue, null when never. */
function dueness({ claimable_at: at }: Fields, now: number): JobView {
  if (typeof at !== 'number') return { is_due: false, time_until_due_seconds: null }
  return { is_due: at <= now, time_until_due_seconds: Math.round((at - now) / 1000) }
}

/** Payloads are stored as JSON text. */
function unpack(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** The stored value with each instant as ISO 8601; the names say which numbers are instants. */
function withDates(value: unknown, name = ''): unknown {
  if (typeof value === 'number') return isInstant(name) ? iso(value) : value
  if (Array.isArray(value)) return value.map((part) => withDates(part))
  if (typeof value !== 'object' || value === null) return value
  return datedFields(value)
}

/** Stored fields with each instant as ISO 8601. */
export function datedFields(value: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, withDates(part, key)]))
}

function iso(at: number | null): string | null {
  return at === null || !(Math.abs(at) <= 8.64e15) ? null : new Date(at).toISOString()
}
