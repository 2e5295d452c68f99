import * as fc from 'fast-check'
import { type Definition, newJob } from '../../../functions/job/definition.ts'
import type { Job } from '../../../functions/job/job.ts'
import type { Outcome } from '../../../functions/job/outcome.ts'
import { DEFAULT_POLICIES, type Policies } from '../../../functions/job/policies.ts'
import type { Schedule } from '../../../functions/schedule/schedule.ts'
import { SECOND, T0 } from './fixtures.ts'

/** Policies that matter to the core, all mixed; numbers small enough for limits to be met. */
export const policies: fc.Arbitrary<Policies> = fc
  .record({
    max_instances: fc.integer({ min: 1, max: 3 }),
    max_attempts: fc.integer({ min: 1, max: 3 }),
    overlap: fc.constantFrom('skip' as const, 'queue' as const, 'replace' as const),
    misfire: fc.constantFrom('coalesce' as const, 'all' as const),
    catchup_window_seconds: fc.option(fc.integer({ min: 0, max: 120 })),
    catchup_limit: fc.integer({ min: 1, max: 4 }),
    jitter_seconds: fc.constantFrom(0, 0, 20),
    retry: fc.record({
      base_seconds: fc.integer({ min: 0, max: 30 }),
      factor: fc.constant(2),
      cap_seconds: fc.constant(60),
      jitter: fc.constantFrom(0, 0.5),
    }),
  })
  .map((chosen) => ({ ...DEFAULT_POLICIES, ...chosen }))

export const schedule: fc.Arbitrary<Schedule> = fc.oneof(
  fc.record({
    kind: fc.constant('every' as const),
    seconds: fc.integer({ min: 5, max: 90 }),
    anchor_at: fc.integer({ min: 0, max: 100_000 }),
  }),
  fc.record({
    kind: fc.constant('cron' as const),
    expression: fc.constantFrom('* * * * *', '*/2 * * * *', '1,3,4 * * * *'),
    time_zone: fc.constantFrom('UTC', 'America/New_York'),
  }),
  fc.record({ kind: fc.constant('at' as const), at: fc.integer({ min: T0 - 100_000, max: T0 + 100_000 }) }),
)

export const definitions: fc.Arbitrary<Definition> = fc
  .record({ policies, schedule, name: fc.constantFrom('digest', 'mail', 'näme') })
  .map((chosen) => ({
    ...chosen,
    kind: chosen.schedule.kind === 'at' ? 'one_off' : 'recurring',
    display_name: '',
    description: '',
    job_type: 'digest',
    target: { kind: 'handler' },
    ends_at: null,
    lane: 'default',
    payload: '{}',
  }))

/** A new job of any kind, made at `T0`. */
export const jobs: fc.Arbitrary<Job> = definitions.map((definition) => newJob(definition, T0))

/** What happens next, `after` ms later. Numbers pick among what is there. */
export type Step = { readonly after: number } & (
  | { readonly kind: 'look' }
  | { readonly kind: 'settle'; readonly pick: number; readonly outcome: Outcome; readonly chance: number }
  | { readonly kind: 'renew'; readonly pick: number }
  | { readonly kind: 'crash'; readonly pick: number }
  | { readonly kind: 'pause' }
  | { readonly kind: 'unpause' }
  | { readonly kind: 'close_accounts' }
)

const items = fc.constant(null)
const error = fc.constant('no')
const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('succeeded' as const), result: fc.constant(null), items }),
  },
  fc.record({ kind: fc.constant('failed' as const), error, items }),
  fc.record({ kind: fc.constant('cancelled' as const), error, items }),
  fc.record({ kind: fc.constant('unresponsive' as const), error, items }),
  fc.record({
    kind: fc.constant('retry' as const),
    error,
    items,
    after_seconds: fc.option(fc.integer({ min: 0, max: 60 })),
  }),
)

const after = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 1, max: 30 * SECOND }),
  fc.integer({ min: 1, max: 400 * SECOND }),
)
const pick = fc.nat(5)

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('look' as const), after }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('settle' as const),
      after,
      pick,
      outcome,
      chance: fc.double({ min: 0, max: 0.99, noNaN: true }),
    }),
  },
  fc.record({ kind: fc.constantFrom('renew' as const, 'crash' as const), after, pick }),
  fc.record({
    kind: fc.constantFrom('pause' as const, 'unpause' as const, 'close_accounts' as const),
    after,
  }),
)

export const histories: fc.Arbitrary<Step[]> = fc.array(step, { minLength: 1, maxLength: 40 })
