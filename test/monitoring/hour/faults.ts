import { z } from 'zod'
import type { Env } from '../../../functions/config.ts'
import type { AlertId } from '../../../functions/rollout/alerts.ts'
import { type Context, defineJob, type JobDefinition } from '../../../functions/target/handler.ts'
import type { Instance } from './instance.ts'
import { type Network, USUAL_MS } from './network.ts'
import { MINUTE, type World } from './world.ts'

/** Something that goes wrong from one minute to another, and the alerts that it is a cause of. */
export interface Fault {
  readonly what: string
  readonly from: number
  readonly to: number
  readonly fires: readonly AlertId[]
  readonly begin?: (world: World) => void
  readonly end?: (world: World) => void
}

/** An hour, with all that happens in it. */
export interface Hour {
  readonly env: Env
  /** Left out: the work of three systems. */
  readonly jobsOf?: Network['jobsOf']
  readonly faults: readonly Fault[]
}

const network =
  (changes: Partial<World['network']>) =>
  ({ network }: World) =>
    void Object.assign(network, changes)
const calm = network({ msOf: () => USUAL_MS, answers: true })
const slow = (slowed: string, ms: number) => network({ msOf: (path) => (path === slowed ? ms : USUAL_MS) })
const broken = network({ answers: false })

/** What happens in a good hour and is nobody's alarm. */
const EVERYDAY: readonly Fault[] = [
  {
    what: 'nothing can be read for a moment, and a run is tried again',
    from: 15,
    to: 15.08,
    fires: [],
    begin: broken,
    end: calm,
  },
  {
    what: 'one run takes so long that the next occurrence is skipped',
    from: 25,
    to: 25.1,
    fires: [],
    begin: slow('/broadcasts', 7_000),
    end: calm,
  },
  {
    what: 'a person asks for a tick beside the one that comes anyway',
    from: 35.05,
    to: 36,
    fires: [],
    begin: ({ tickLane }) => void tickLane('high'),
  },
]

/** The hours, by name. */
export const HOURS: Readonly<Record<string, Hour>> = {
  good: { env: {}, faults: EVERYDAY },
  // One tick lives for a quarter of an hour, and no other comes meanwhile.
  small: { env: { SCHEDULER_LANES: 'low' }, jobsOf: onlyAnExport, faults: [] },
  work: {
    env: { SCHEDULER_CACHE_TTL: '0' },
    faults: [
      { what: 'the cache keeps nothing', from: 0, to: 60, fires: ['cache_hits_low'] },
      {
        what: 'what the jobs read is not to be had',
        from: 6,
        to: 18,
        fires: ['success_rate_low', 'success_rate_critical', 'runs_fail_daily', 'error_rate_high'],
        begin: broken,
        end: calm,
      },
      {
        what: 'ten items take eighty seconds',
        from: 19,
        to: 41,
        fires: ['item_duration_high', 'throughput_low'],
        begin: slow('/results', 40_000),
        end: calm,
      },
      {
        what: 'what is done every five seconds takes six',
        from: 45,
        to: 60,
        fires: ['run_duration_high'],
        begin: slow('/broadcasts', 6_000),
      },
    ],
  },
  store: {
    env: { DATABASE_MAX_CONNECTIONS: '2' },
    faults: [
      { what: 'each lane has one store call at once', from: 0, to: 60, fires: ['store_connections_high'] },
      {
        what: 'an instance stands still past its lease, and goes on as if nothing were',
        from: 6,
        to: 20,
        fires: ['duplicates'],
        begin: (world) => void standStill(world, '/posts', 12 * MINUTE),
      },
      {
        what: 'instances die with their runs',
        from: 16,
        to: 30,
        fires: ['holders_dying'],
        begin: ({ network }) => ['/broadcasts', '/results', '/scores'].forEach(network.freezeAt),
      },
      {
        what: 'somebody spoils the document of a job',
        from: 34,
        to: 36,
        fires: ['job_damaged'],
        begin: (world) => void spoil(world, 'page-curation'),
      },
      {
        what: 'one store call in twenty has no answer',
        from: 40,
        to: 56,
        fires: ['store_errors'],
        begin: ({ store }) => void Object.assign(store.weather, { fails_each: 20 }),
        end: ({ store }) => void Object.assign(store.weather, { fails_each: 0 }),
      },
    ],
  },
  callers: {
    env: {},
    faults: [
      {
        what: 'Cloud Scheduler signs with an account that has no role here',
        from: 6,
        to: 27,
        fires: ['ticks_refused', 'jobs_overdue', 'ticks_missing'],
        begin: ({ scheduler }) => void Object.assign(scheduler, { account: 'stranger' }),
        end: ({ scheduler }) => void Object.assign(scheduler, { account: 'scheduler' }),
      },
      {
        what: 'the machines’ clock is a minute off the store’s',
        from: 34,
        to: 36,
        fires: ['clock_skew'],
        begin: ({ store }) => void Object.assign(store.weather, { ahead_ms: MINUTE }),
        end: ({ store }) => void Object.assign(store.weather, { ahead_ms: 0 }),
      },
      {
        what: 'the watch no longer asks',
        from: 36.5,
        to: 60,
        fires: ['watch_silent'],
        begin: ({ watch }) => void Object.assign(watch, { asks: false }),
      },
      {
        what: 'the store takes two seconds for each answer, and refuses every change of a job',
        from: 42.13,
        to: 57,
        fires: ['no_runs', 'tick_latency_high'],
        begin: ({ store }) => void Object.assign(store.weather, { call_ms: 2_000, contended: true }),
      },
    ],
  },
}

/** All that a small team has: a quarter of an hour of work, once an hour. */
function onlyAnExport(instance: () => Instance): readonly JobDefinition[] {
  const run = async ({ signal }: Context<unknown>) => instance().clock.sleep(15 * MINUTE, signal)
  const policies = { timeout_seconds: 1_200 }
  return [defineJob({ name: 'export', schedule: '5 * * * *', payload: z.unknown(), policies, run })]
}

/** An instance stands still in the midst of a call, and goes on when its lease has long run out. */
async function standStill({ clock, network }: World, path: string, ms: number): Promise<void> {
  const caught = network.freezeAt(path)
  await clock.sleep(ms)
  caught.thaw()
}

/** A document as no version of this code writes it. */
async function spoil({ store: { documents } }: World, name: string): Promise<void> {
  const ref = { collection: 'scheduler_jobs', id: name } as const
  const [found] = (await documents.get([ref])).value
  await documents.commit([
    { kind: 'update', ref, version: found?.version ?? '', fields: { schedule: 'soon' } },
  ])
}
