/** What the API answers, as far as the page reads it. Instants are ISO 8601. */

export type Schedule =
  | { readonly kind: 'cron'; readonly expression: string; readonly time_zone: string }
  | { readonly kind: 'every'; readonly seconds: number }
  | { readonly kind: 'at'; readonly at: string }

export interface Override<T> {
  readonly registered: T
  readonly by: string
  readonly at: string
  readonly reason: string
}

export interface Entry {
  readonly run: string
  readonly state: 'running' | 'retry' | 'callback'
  readonly fence: number
  readonly attempt: number
  readonly owner: string
  readonly path: string
  readonly until: string
  readonly began_at: string
  readonly scheduled_for: string
  readonly trouble: string | null
}

export interface RecentRun {
  readonly at: string
  readonly status: 'completed' | 'failed' | 'cancelled'
  readonly duration_ms: number
  readonly lateness_ms: number
}

/** A job; one that cannot be read has its name, `status: 'damaged'` and `error` alone. */
export interface Job {
  readonly id: string
  readonly name: string
  readonly kind?: 'recurring' | 'one_off' | 'reported' | 'backfill'
  readonly status: string
  readonly displayName?: string
  readonly description?: string
  readonly schedule?: Schedule
  readonly lane?: string
  readonly enabled?: boolean
  readonly isRunning?: boolean
  readonly jobType?: string
  readonly target?: { readonly kind: string; readonly service?: string | null; readonly endpoint?: string }
  readonly config?: unknown
  readonly last_run?: { readonly run: string; readonly outcome: 'succeeded' | 'failed' | 'cancelled' } | null
  readonly failing_since?: string | null
  readonly failed_in_a_row?: number
  readonly lastRunAt?: string | null
  readonly lastRunStatus?: 'completed' | 'failed' | 'cancelled' | null
  readonly lastRunDuration?: number | null
  readonly nextRunAt?: string | null
  readonly totalRuns?: number
  readonly successfulRuns?: number
  readonly failedRuns?: number
  readonly successRate?: number | null
  readonly recent?: readonly RecentRun[]
  readonly entries?: readonly Entry[]
  readonly overrides?: {
    readonly enabled: Override<boolean> | null
    readonly schedule: Override<Schedule> | null
  }
  readonly policies?: Readonly<Record<string, unknown>>
  readonly totals?: { readonly skipped: number; readonly duplicates_suppressed: number }
  readonly created_at?: string
  readonly defined_at?: string
  readonly is_due?: boolean
  readonly time_until_due_seconds?: number | null
  readonly damage?: string | null
  readonly error?: string | null
}

export interface Attempt {
  readonly attempt: number
  readonly fence: number
  readonly owner: string
  readonly path: string
  readonly started_at: string
  readonly ended_at: string | null
  readonly outcome: string | null
  readonly error: string | null
}

/** A run; a record that cannot be read has its id, `status: 'failed'` and `error_message` alone. */
export interface Execution {
  readonly id: string
  readonly status: 'running' | 'completed' | 'failed'
  readonly state: string
  readonly scheduled_for: string
  readonly started_at: string
  readonly completed_at: string | null
  readonly duration_ms: number | null
  readonly lateness_ms: number
  readonly items_processed: number
  readonly items_succeeded: number
  readonly items_failed: number
  readonly error_message: string | null
  readonly metadata: unknown
  readonly triggered_by: 'scheduler' | 'manual' | 'admin'
  readonly triggered_by_user: string | null
  readonly path: string
  readonly attempts?: readonly Attempt[]
}

export interface Skipped {
  readonly id: string
  readonly status: 'skipped'
  readonly reason: string
  readonly first_at: string
  readonly last_at: string
  readonly count: number
}

export interface History {
  readonly executions: readonly (Execution | Skipped)[]
  readonly pagination: {
    readonly total: number
    readonly hasMore: boolean
    readonly next_cursor: string | null
  }
}

export interface Stats {
  readonly stats: {
    readonly total_executions: number
    readonly successful_executions: number
    readonly failed_executions: number
    readonly avg_duration_ms: number | null
    readonly total_items_processed: number
  }
}

export interface Preview {
  readonly occurrences: readonly { readonly at: string; readonly local: string }[]
  readonly clock_changes: readonly {
    readonly at: string
    readonly kind: 'gap' | 'overlap'
    readonly minutes: number
    readonly local_before: string
    readonly local: string
    readonly effect: string
    readonly text: string
  }[]
}

export interface AuditEntry {
  readonly id: string
  readonly action: string
  readonly at: string
  readonly actor: string
  readonly on_behalf_of?: string
  readonly reason: string
  readonly before: unknown
  readonly after: unknown
}

export interface TriggerResult {
  readonly message: string
  readonly run?: string
  readonly result?: {
    readonly success: boolean
    readonly itemsProcessed: number
    readonly itemsSucceeded: number
    readonly itemsFailed: number
    readonly error: string | null
    readonly metadata: unknown
  }
}
