import { parseRun } from '../job/parse.ts'
import type { Run } from '../job/run.ts'
import { jsonOrNull } from '../json.ts'
import type { Fields, Stored } from '../store/documents.ts'
import { iso } from './fields.ts'

/** A run, or a range of skipped occurrences, as clients of older schedulers know it, with our own fields beside theirs. */
export type ExecutionView = Readonly<Record<string, unknown>>

/** How a stored record looks. One that cannot be read shows its id and why. */
export function presentExecution({ ref, fields }: Pick<Stored, 'ref' | 'fields'>): ExecutionView {
  if (fields.status === 'skipped') return presentSkip(ref.id, fields)
  const run = parseRun(fields)
  if (!run.ok)
    return { id: ref.id, job_name: fields.job ?? null, status: 'failed', error_message: run.reason }
  return presentRun(run.value)
}

/** Clients know three statuses of a run: one that waits for its next attempt is still running, one that gave way has failed. */
export function executionStatus({ status }: Pick<Run, 'status'>): 'running' | 'completed' | 'failed' {
  if (status === 'succeeded') return 'completed'
  return status === 'running' || status === 'retry' ? 'running' : 'failed'
}

function presentRun(run: Run): ExecutionView {
  const { started_at, finished_at, items, attempts } = run
  return {
    id: run.id,
    job_name: run.job,
    job_type: run.job_type,
    status: executionStatus(run),
    started_at: iso(started_at),
    completed_at: finished_at === null ? null : iso(finished_at),
    duration_ms: finished_at === null ? null : finished_at - started_at,
    items_processed: items?.processed ?? 0,
    items_succeeded: items?.succeeded ?? 0,
    items_failed: items?.failed ?? 0,
    error_message: run.error,
    metadata: run.result === null ? null : jsonOrNull(run.result),
    triggered_by: run.triggered_by,
    triggered_by_user: run.triggered_by_user,
    state: run.status,
    scheduled_for: iso(run.scheduled_for),
    lateness_ms: run.lateness_ms,
    path: attempts.at(-1)?.path ?? null,
    attempts: attempts.map(({ started_at: began, ended_at, ...attempt }) => ({
      ...attempt,
      started_at: iso(began),
      ended_at: ended_at === null ? null : iso(ended_at),
    })),
  }
}

function presentSkip(id: string, { job, reason, first_at, last_at, count }: Fields): ExecutionView {
  return {
    id,
    job_name: job,
    status: 'skipped',
    reason,
    first_at: iso(Number(first_at)),
    last_at: iso(Number(last_at)),
    count,
  }
}
