import { z } from 'zod'
import type { Definition } from '../../functions/job/definition.ts'
import { DEFAULT_POLICIES } from '../../functions/job/policies.ts'
import type { ScheduleInput } from '../../functions/schedule/schedule.ts'
import { defineJob, type JobDefinition } from '../../functions/target/handler.ts'

/** How a job of the scene has been doing. Times in ms. */
export interface Habit {
  readonly name: string
  readonly display_name: string
  readonly description: string
  readonly lane: string
  readonly schedule: ScheduleInput
  readonly takes: number
  /** The share of its runs that failed. */
  readonly fails: number
  readonly items: number
}

/** The scheduled jobs of a payments team. */
export const HABITS: readonly Habit[] = [
  {
    name: 'capture-authorised-payments',
    display_name: 'Capture authorised payments',
    description: 'Captures card payments whose authorisation is about to lapse.',
    lane: 'payments',
    schedule: '*/5 * * * *',
    takes: 8400,
    fails: 0.02,
    items: 240,
  },
  {
    name: 'dispute-deadlines',
    display_name: 'Dispute deadlines',
    description: 'Answers chargebacks before their evidence is due.',
    lane: 'payments',
    schedule: '15 * * * *',
    takes: 31_000,
    fails: 0.3,
    items: 12,
  },
  {
    name: 'fx-rates',
    display_name: 'Exchange rates',
    description: 'Fetches the reference rates of the central banks.',
    lane: 'default',
    schedule: { every_seconds: 30, anchor_at: 0 },
    takes: 640,
    fails: 0,
    items: 34,
  },
  {
    name: 'ledger-reconciliation',
    display_name: 'Ledger reconciliation',
    description: 'Compares the ledger with the bank’s statement, account by account.',
    lane: 'payments',
    schedule: { cron: '30 2 * * *', time_zone: 'Europe/Berlin' },
    takes: 412_000,
    fails: 0.05,
    items: 18_400,
  },
  {
    name: 'payout-batches',
    display_name: 'Payout batches',
    description: 'Sends the merchants’ payouts of the day to the bank.',
    lane: 'payments',
    schedule: { cron: '0 17 * * 1-5', time_zone: 'Europe/Berlin' },
    takes: 96_000,
    fails: 0,
    items: 1310,
  },
  {
    name: 'risk-scores',
    display_name: 'Risk scores',
    description: 'Scores the merchants anew.',
    lane: 'default',
    schedule: { every_seconds: 900, anchor_at: 0 },
    takes: 12_000,
    fails: 0.1,
    items: 80,
  },
  {
    name: 'sanctions-list',
    display_name: 'Sanctions list',
    description: 'Loads the sanctions lists and screens all accounts against them.',
    lane: 'default',
    schedule: { cron: '0 4,16 * * *', time_zone: 'UTC' },
    takes: 54_000,
    fails: 0,
    items: 9000,
  },
  {
    name: 'weekly-statements',
    display_name: 'Weekly statements',
    description: 'Mails each merchant the statement of the week.',
    lane: 'default',
    schedule: { cron: '0 9 * * 1', time_zone: 'Europe/Berlin' },
    takes: 240_000,
    fails: 0,
    items: 1290,
  },
]

/** The same as coded jobs: a run by hand works its items, and one of them fails. */
export function codedJobs(): readonly JobDefinition[] {
  return HABITS.map(({ name, description, lane, schedule, items }) =>
    defineJob({
      name,
      description,
      lane,
      schedule,
      payload: z.object({}),
      policies: { max_instances: 2 },
      run: async (ctx) => {
        Object.assign(ctx.items, { processed: items, succeeded: items - 1, failed: 1 })
        return { batch: 'b-204', note: 'one account is closed' }
      },
    }),
  )
}

/** A job that nothing has run yet, under any name. */
export function idleJob(name: string, changes: Partial<Definition> = {}): Definition {
  return {
    name,
    kind: 'recurring',
    display_name: '',
    description: '',
    job_type: name,
    target: { kind: 'handler' },
    lane: 'default',
    schedule: { kind: 'cron', expression: '0 6 * * *', time_zone: 'UTC' },
    ends_at: null,
    payload: '{}',
    policies: DEFAULT_POLICIES,
    ...changes,
  }
}
