import type { Run } from '../../job/run.ts'
import type { Path } from '../../rollout/stage.ts'

/** A run that has come to its end. */
export type Ended = Run & { readonly finished_at: number }

/** One run as a list shows it. Instants are ISO 8601, durations ms. */
export interface Transaction {
  readonly id: string
  readonly job: string
  /** The path of its last attempt. */
  readonly path: Path | null
  readonly status: Run['status']
  readonly scheduled_for: string
  readonly started_at: string
  readonly finished_at: string | null
  readonly duration_ms: number | null
  readonly lateness_ms: number
  readonly attempts: number
  readonly items: Run['items']
  readonly error: string | null
}

const LONGEST_ERROR = 500

export function isEnded(run: Run): run is Ended {
  return run.finished_at !== null
}

/** From the start of the first attempt to the end, in ms. */
export function durationOf({ started_at, finished_at }: Ended): number {
  return finished_at - started_at
}

export function transactionOf(run: Run): Transaction {
  const { id, job, status, lateness_ms, attempts, items, error, finished_at } = run
  return {
    id,
    job,
    path: attempts.at(-1)?.path ?? null,
    status,
    scheduled_for: iso(run.scheduled_for),
    started_at: iso(run.started_at),
    finished_at: finished_at === null ? null : iso(finished_at),
    duration_ms: isEnded(run) ? durationOf(run) : null,
    lateness_ms,
    attempts: attempts.at(-1)?.attempt ?? 0,
    items,
    error: error?.slice(0, LONGEST_ERROR) ?? null,
  }
}

function iso(at: number): string {
  return new Date(at).toISOString()
}
