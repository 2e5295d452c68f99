import type { AlertId } from './alerts.ts'
import type { Target } from './gate/check.ts'
import type { LineId } from './gate/checks.ts'

/** What a guide asks for, and who sees to it: lines of a gate, alerts, or people before they go on to `before`. */
export type Criterion = { readonly guide: string; readonly item: string } & (
  | { readonly by: 'gate'; readonly lines: readonly LineId[]; readonly rest?: Act }
  | { readonly by: 'alert'; readonly alerts: readonly AlertId[] }
  | ({ readonly by: 'people' } & Act)
)

/** What people do before they go on to a stage. */
interface Act {
  readonly before: Target | 'any'
  readonly act: string
}

const gate = (guide: string, item: string, lines: readonly LineId[], rest?: Act): Criterion =>
  rest === undefined ? { guide, item, by: 'gate', lines } : { guide, item, by: 'gate', lines, rest }

const alert = (guide: string, item: string, alerts: readonly AlertId[]): Criterion => ({
  guide,
  item,
  by: 'alert',
  alerts,
})

const people = (guide: string, item: string, before: Target | 'any', act: string): Criterion => ({
  guide,
  item,
  by: 'people',
  before,
  act,
})

const AGENT = 'agent-migration'
const POSTS = 'posts-optimization'
const QUEUES = 'queues-monitoring'
const TRANSIT = 'transit-split'
const SERVICES = 'services-deployment'

/** Every criterion of the five guides, each under one of the three. `rest` is the part of it that stays with people. */
export const CRITERIA: readonly Criterion[] = [
  gate(AGENT, 'Stages', ['stages_in_order']),
  gate(AGENT, 'QA / prod cadence', ['cadence']),
  gate(AGENT, 'st0 checks', ['health'], {
    before: 1,
    act: 'Run npm run verify, and have the code and the IAM roles reviewed.',
  }),
  gate(AGENT, 'st1', ['health', 'tick_needs_token', 'ticks_arrive'], {
    before: 2,
    act: 'Read the log of the start for errors, and call routes of your own (a webhook) without credentials.',
  }),
  people(
    AGENT,
    'st1 rollback',
    2,
    'Run npm run rollout -- rollback without --apply, and read what it would do.',
  ),
  gate(AGENT, 'st2', ['scheduler_jobs', 'scheduler_attempts', 'ticks_arrive', 'qa_pass'], {
    before: 3,
    act: 'Read the log of the window for warnings and refused ticks (401).',
  }),
  gate(AGENT, 'st2 sample metrics', ['tick_sums']),
  gate(
    AGENT,
    'st3',
    ['stage_age', 'shadow_age', 'shadow_agreement', 'shadow_lateness', 'shadow_errors', 'duplicates'],
    {
      before: 4,
      act: 'Where the shadow only plans, no handler can fail in it: give a few jobs to the ticks (ROLLOUT_CANARY_JOBS).',
    },
  ),
  gate(AGENT, 'st4', [
    'stage_age',
    'duplicates',
    'ticks_failed',
    'runs_failed',
    'store_errors',
    'tick_p99',
    'runs_in_time',
    'storage',
  ]),
  gate(AGENT, 'lease', ['lease_length', 'leases_past_end']),
  people(AGENT, 'fail 1', 5, 'In qa, send two ticks with credentials at once: each job has one run.'),
  people(
    AGENT,
    'fail 2',
    5,
    'In qa, deploy while jobs run: they go on after lease and cadence, none is lost.',
  ),
  people(
    AGENT,
    'fail 3',
    5,
    'In qa, take away the role on Firestore for ten minutes: errors, no crash, then all runs.',
  ),
  people(
    AGENT,
    'fail 4',
    5,
    'In qa, make a one-off job that is ten minutes overdue: the next tick runs it, once.',
  ),
  people(
    AGENT,
    'st4 rollback',
    4,
    'Rehearse npm run rollout -- rollback, full and --partial, on the local stack.',
  ),
  gate(AGENT, 'st5', ['stage_age'], {
    before: 5,
    act: 'Remove the old loop from your own code, and search for what still names it.',
  }),
  alert(AGENT, 'alerts', ['success_rate_low', 'no_runs', 'duplicates', 'tick_latency_high', 'store_errors']),
  gate(AGENT, '30 days', ['stage_age', 'runs_failed', 'duplicates'], {
    before: '30d',
    act: 'Count the incidents (none), and read the bill: Firestore under $5, Cloud Scheduler under $1 a month.',
  }),
  alert(AGENT, 'high latency', ['tick_latency_high']),
  people(
    AGENT,
    'escalation',
    4,
    'Write down the four levels: runbook, logs and documents, rollback, Google’s support.',
  ),

  people(POSTS, 'config', 1, 'The flags’ defaults are the guide’s numbers; npm run config checks yours.'),
  people(POSTS, 'local / day 1 / day 2', 4, 'Raise ROLLOUT_CANARY_PERCENT by steps, and check after each.'),
  people(
    POSTS,
    'day 3',
    4,
    'For an equal split set ROLLOUT_CANARY_SPLIT=alternate for a day; it has no shadow.',
  ),
  gate(POSTS, 'day 4 / 6', ['stage_age']),
  gate(POSTS, 'staging', ['stage_age']),
  alert(POSTS, 'alerts', [
    'error_rate_high',
    'run_duration_high',
    'store_connections_high',
    'cache_hits_low',
  ]),
  gate(POSTS, 'must', ['runs_failed', 'success_band', 'shadow_agreement'], {
    before: 5,
    act: 'Compare the durations of both paths (half the time) and the cache hits (over 70 %).',
  }),
  people(
    POSTS,
    'nice',
    '30d',
    'Compare durations (-70 %), queries (-80 %) and cache hits (85 %) with the old figures.',
  ),
  gate(POSTS, 'live targets', ['tick_p99'], {
    before: 4,
    act: 'Run npm run bench: store calls for a batch, milliseconds a job.',
  }),
  people(
    POSTS,
    'rollback',
    4,
    'Rehearse npm run rollout -- rollback --throttle; it prints the time that it took.',
  ),
  people(POSTS, 'reviews', 'any', 'Look at the report on days 1, 3, 6 and 14 of the move.'),

  people(
    QUEUES,
    'build/start',
    1,
    'Build and start took as long as before: 2 to 5 minutes, 10 to 30 seconds.',
  ),
  gate(QUEUES, 'registration', ['handlers'], {
    before: 1,
    act: 'Compare intervals, batch sizes and instances with the old settings.',
  }),
  gate(QUEUES, 'health', ['health']),
  gate(QUEUES, 'windows', ['stage_age']),
  gate(QUEUES, 'success', ['success_band']),
  alert(QUEUES, 'throughput', ['throughput_low']),
  alert(QUEUES, 'per item', ['item_duration_high']),
  gate(QUEUES, 'queue depth', ['backlog']),
  alert(QUEUES, 'resource bands (normal/high/critical)', [
    'cpu_high',
    'memory_high',
    'store_connections_high',
  ]),
  gate(QUEUES, 'duplicates', ['duplicates']),
  alert(QUEUES, 'rollback', ['duplicates', 'success_rate_critical', 'no_runs']),
  gate(QUEUES, 'cleanup', ['stage_age']),

  people(
    TRANSIT,
    'plan',
    1,
    'Read the infrastructure plan: it destroys and creates what the move names, nothing else.',
  ),
  people(TRANSIT, 'sizes', 1, 'Compare CPU and memory of the service with what the old tasks had.'),
  people(TRANSIT, 'timing', 4, 'Choose an hour at which ten minutes of late runs do no harm.'),
  gate(TRANSIT, 'first work', ['runs_in_time']),
  gate(TRANSIT, 'blocking', ['runs_in_time', 'backlog']),
  people(TRANSIT, 'cost', 5, 'Compare a month’s bill before and after the move.'),
  people(
    TRANSIT,
    'rollback',
    4,
    'The way back is npm run rollout -- rollback: a stage, not an older commit.',
  ),

  gate(SERVICES, 'replicas 1, Recreate', ['old_revisions', 'duplicates']),
  alert(SERVICES, 'size and start', ['start_slow']),
  gate(SERVICES, 'jobs', ['handlers']),
  people(
    SERVICES,
    'smoke test ends in `|| true`',
    1,
    'Let no script swallow the exit code of a check: 1 failed, 2 unknown.',
  ),
  gate(SERVICES, 'registration unauthenticated', ['tick_needs_token']),
  people(
    SERVICES,
    'missed triggers "execute on next schedule"',
    1,
    'Choose for each job what becomes of missed runs (misfire).',
  ),
]

/** Something that only people can see to. */
export interface ForPeople {
  readonly guide: string
  readonly item: string
  readonly act: string
}

/** What people see to before this gate: its own items, those of any, and what gate lines leave to them. */
export function forPeople(to: Target): ForPeople[] {
  return CRITERIA.flatMap((one) => {
    const { guide, item } = one
    const told = one.by === 'people' ? one : one.by === 'gate' ? one.rest : undefined
    return told?.before === to || told?.before === 'any' ? [{ guide, item, act: told.act }] : []
  })
}
