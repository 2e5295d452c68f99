import type { Lane } from '../../functions/config/lanes.ts'
import type { Policies } from '../../functions/job/policies.ts'
import type { Schedule } from '../../functions/schedule/schedule.ts'
import type { Capacity } from '../rollout/platform.ts'

/** A job with what one run of it takes. */
export interface Workload {
  readonly name: string
  readonly lane: string
  readonly schedule: Schedule
  readonly policies: Pick<
    Policies,
    'max_instances' | 'overlap' | 'misfire' | 'catchup_limit' | 'jitter_seconds'
  >
  readonly kind: 'handler' | 'queue' | 'http'
  /** How long a run takes. */
  readonly seconds: number
  /** Effects of a run; of a queue, of each item. */
  readonly effects: number
  /** Items that a run takes from its queue; 0 for any other job. */
  readonly items: number
}

/** The jobs of a deployment, with where they are from and what had to be assumed about them, in sentences. */
export interface JobSet {
  readonly name: string
  readonly jobs: readonly Workload[]
  readonly assumed: readonly string[]
}

/** What the bill depends on beside the jobs. */
export interface Terms {
  readonly lanes: readonly Lane[]
  readonly cadence: string
  readonly time_zone: string
  /** Runs at once in one tick. */
  readonly concurrency: number
  readonly lease_seconds: number
  readonly tick_budget_seconds: number
  /** Does a shadow run beside the live path (stage 3, as a rule)? */
  readonly shadow: boolean
  /** How often the in-process loop looks; null: there is none. */
  readonly loop_seconds: number | null
  /** Is CPU always allocated, and how many instances are always there? */
  readonly capacity: Capacity
  readonly cpu: number
  readonly memory_gib: number
  /** One-off jobs that are made in a day. */
  readonly one_offs: number
  readonly month: Month
}

/** A month of UTC days. */
export interface Month {
  readonly name: string
  /** Its first instant, ms. */
  readonly from: number
  readonly days: number
}

/** The months there are to choose from: fixed ones, so that one job set always has one bill. */
export const MONTHS = {
  30: { name: 'June 2026, 30 days', from: Date.parse('2026-06-01T00:00:00Z'), days: 30 },
  31: { name: 'July 2026, 31 days', from: Date.parse('2026-07-01T00:00:00Z'), days: 31 },
} as const satisfies Record<number, Month>
