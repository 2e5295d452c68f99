/** What happens inside Tickover, as values; `log.ts` turns them into lines, tests listen to them. Times in milliseconds. */
export type Event =
  | { readonly kind: 'tick_started'; readonly tick: string; readonly lane: string }
  /** A tick that has lived for minutes still does. */
  | { readonly kind: 'tick_alive'; readonly tick: string; readonly lane: string }
  | {
      readonly kind: 'tick_completed'
      readonly tick: string
      readonly report: Readonly<Record<string, unknown>>
    }
  | {
      readonly kind: 'job_claimed'
      readonly job: string
      readonly run: string
      readonly attempt: number
      readonly fence: number
      readonly lateness_ms: number
    }
  | { readonly kind: 'job_already_claimed'; readonly job: string }
  /** A holder did not come back, or gave way: its run goes on (`retry`), or has ended. */
  | {
      readonly kind: 'holder_died'
      readonly job: string
      readonly run: string
      readonly attempt: number
      readonly fate: 'retry' | 'failed' | 'replaced' | 'cancelled'
      /** As of `run_settled`. */
      readonly seldom: boolean
    }
  /** This process lost the right to a run that it was executing. */
  | {
      readonly kind: 'lease_lost'
      readonly job: string
      readonly run: string
      readonly attempt: number
      /** Had it done anything by then? Then the run is a duplicate. */
      readonly performed: boolean
    }
  /** An effect that had begun under another fence begins again. */
  | { readonly kind: 'effect_repeated'; readonly run: string; readonly key: string }
  /** The process stops while a handler still acts: its lease runs out. */
  | { readonly kind: 'run_left'; readonly job: string; readonly run: string; readonly attempt: number }
  | { readonly kind: 'job_damaged'; readonly job: string; readonly reason: string }
  | {
      readonly kind: 'occurrences_skipped'
      readonly job: string
      readonly reason: string
      readonly count: number
      readonly first_at: number
      readonly last_at: number
    }
  | {
      readonly kind: 'run_settled'
      readonly job: string
      readonly run: string
      readonly attempt: number
      readonly outcome: string
      /** Does no other attempt follow? */
      readonly ended: boolean
      /** Does its job run less often than every quarter of an hour? */
      readonly seldom: boolean
      readonly duration_ms: number
      /** Null: it worked through no items. */
      readonly items_processed: number | null
      readonly items_failed: number | null
      /** Of the attempt's duration, for each item; null without items, and of none. */
      readonly item_duration_ms: number | null
      readonly error: string | null
      /** When the next attempt may begin; null when the run has ended. */
      readonly retry_at: number | null
    }
  | {
      readonly kind: 'run_log'
      readonly job: string
      readonly run: string
      readonly level: 'info' | 'warn' | 'error'
      readonly message: string
      readonly data: Readonly<Record<string, unknown>>
    }
  /** Something that happened in shadow: it concerns no live job. */
  | { readonly kind: 'in_shadow'; readonly path: 'legacy' | 'tick'; readonly event: Event }
  /** An outside scheduler performed a run, and reported it when another had it: a duplicate. */
  | { readonly kind: 'report_refused'; readonly job: string; readonly run: string }
  /** The watch asked how many jobs are overdue. */
  | { readonly kind: 'overdue_checked'; readonly overdue: number }
  | { readonly kind: 'store_trouble'; readonly action: string; readonly reason: string }
  | {
      readonly kind: 'request_refused'
      readonly method: string
      readonly path: string
      readonly status: number
      readonly code: string
      readonly reason: string
    }
  | { readonly kind: 'process_stopping'; readonly reason: string }
  | { readonly kind: 'unexpected'; readonly where: string; readonly error: unknown }

/** Takes an event. Never throws, never waits. */
export type Emit = (event: Event) => void
