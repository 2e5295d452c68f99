import type { Job, LastRun } from '../job/job.ts'
import { parseJob } from '../job/parse.ts'
import { type Fields, isInstant, type Stored } from '../store/documents.ts'

/** A job as clients see it: the older camelCase names, beside the stored snake_case ones. Instants are ISO 8601. */
export type JobView = Readonly<Record<string, unknown>>

/** How a stored job looks at `now` (milliseconds). One that cannot be read shows its name and why. */
export function presentJob({ ref, fields }: Pick<Stored, 'ref' | 'fields'>, now: number): JobView {
  const parsed = parseJob({ ref, fields })
  if (!parsed.ok) return { id: ref.id, name: ref.id, status: 'damaged', error: parsed.reason }
  const job = parsed.value
  return { ...datedFields(fields), ...describe(job), ...history(job), ...dueness(fields, now) }
}

function describe(job: Job): JobView {
  const payload = unpack(job.payload)
  return {
    id: job.name,
    payload,
    config: payload,
    displayName: job.name,
    cronExpression: job.schedule.kind === 'cron' ? job.schedule.expression : null,
    jobType: job.job_type,
    service: null,
    endpoint: null,
    isRunning: job.entries.some((entry) => entry.state === 'running'),
  }
}

function history({ last_run: last, entries, next_run_at, totals }: Job): JobView {
  const began = entries[0]?.began_at ?? last?.began_at ?? null
  return {
    lastRunAt: iso(last?.began_at ?? null),
    lastRunStatus: last === null ? null : statusOf(last),
    lastRunDuration: last === null ? null : last.ended_at - last.began_at,
    nextRunAt: iso(next_run_at),
    totalRuns: totals.runs,
    successfulRuns: totals.succeeded,
    failedRuns: totals.failed,
    started_at: iso(began),
    completed_at: entries.length > 0 ? null : iso(last?.ended_at ?? null),
    error: last?.error ?? null,
  }
}

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

function datedFields(value: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, withDates(part, key)]))
}

function iso(at: number | null): string | null {
  return at === null || !(Math.abs(at) <= 8.64e15) ? null : new Date(at).toISOString()
}
