import { z } from 'zod'

/** What happens to occurrences that fell due while every slot of the job was taken. */
export type Overlap = 'skip' | 'queue' | 'replace'

/** What happens to occurrences that fell due while nobody looked. */
export type Misfire = 'coalesce' | 'all'

/** How a failed attempt is tried again: `base_seconds * factor^(n-1)`, at most `cap_seconds`, spread by `jitter` (0 to 1) of itself. */
export interface Retry {
  readonly base_seconds: number
  readonly factor: number
  readonly cap_seconds: number
  readonly jitter: number
}

/** A job's choices, as values. */
export interface Policies {
  /** Runs of this job that may be in flight at once, 1 to 100. */
  readonly max_instances: number
  /** Attempts of one run, crashes counted, 1 to 20. */
  readonly max_attempts: number
  /** The longest that one attempt may take, 1 to 3,600. */
  readonly timeout_seconds: number
  /** The longest that a target may take to complete what it has accepted, 1 to 86,400. */
  readonly callback_timeout_seconds: number
  readonly overlap: Overlap
  readonly misfire: Misfire
  /** Occurrences older than this are `expired`; null: none ever is. */
  readonly catchup_window_seconds: number | null
  /** With misfire `all`: the most that are made up for; the older ones are coalesced. */
  readonly catchup_limit: number
  readonly retry: Retry
  /** Occurrences are moved by a stable offset of this job between 0 and this. */
  readonly jitter_seconds: number
  /**
   * What its shadow may do. `plan`: schedule and decision are compared, the handler is not called. `run`: the handler is
   * called, with every effect answered by its `shadow`; what it does beside effects must be without consequences.
   */
  readonly shadow: 'plan' | 'run'
  /** How far apart both paths may start one run; null: `ROLLOUT_TOLERANCE_SECONDS`. */
  readonly shadow_tolerance_seconds: number | null
}

/** The check behind `Policies`. */
export const POLICIES = z.object({
  max_instances: z.number().int().min(1).max(100),
  max_attempts: z.number().int().min(1).max(20),
  timeout_seconds: z.number().min(1).max(3600),
  callback_timeout_seconds: z.number().min(1).max(86_400).default(3600),
  overlap: z.enum(['skip', 'queue', 'replace']),
  misfire: z.enum(['coalesce', 'all']),
  catchup_window_seconds: z.number().min(0).nullable(),
  catchup_limit: z.number().int().min(1).max(1000),
  retry: z.object({
    base_seconds: z.number().min(0).max(86_400),
    factor: z.number().min(1).max(10),
    cap_seconds: z.number().min(0).max(86_400),
    jitter: z.number().min(0).max(1),
  }),
  jitter_seconds: z.number().min(0).max(3600),
  shadow: z.enum(['plan', 'run']).default('plan'),
  shadow_tolerance_seconds: z.number().min(1).max(86_400).nullable().default(null),
}) satisfies z.ZodType<Policies>

/** What a job gets that chooses nothing. */
export const DEFAULT_POLICIES: Policies = {
  max_instances: 1,
  max_attempts: 3,
  timeout_seconds: 300,
  callback_timeout_seconds: 3600,
  overlap: 'skip',
  misfire: 'coalesce',
  catchup_window_seconds: null,
  catchup_limit: 100,
  retry: { base_seconds: 30, factor: 2, cap_seconds: 3600, jitter: 0.2 },
  jitter_seconds: 0,
  shadow: 'plan',
  shadow_tolerance_seconds: null,
}

/** What a one-off job gets that chooses nothing: three attempts, five minutes apart, as the older agent scheduler has it. */
export const ONE_OFF_POLICIES: Policies = {
  ...DEFAULT_POLICIES,
  retry: { base_seconds: 300, factor: 1, cap_seconds: 300, jitter: 0 },
}
