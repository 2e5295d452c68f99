import type { Evidence, PathRuns } from '../../../functions/rollout/evidence.ts'

export const NOW = Date.UTC(2030, 0, 31, 12)
const DAY = 86_400_000

/** Runs of a path that all went well. */
export function goodRuns(ended: number): PathRuns {
  return {
    first_attempts: ended,
    first_attempts_failed: 0,
    ended,
    succeeded: ended,
    failed: 0,
    store_failed: 0,
    late: 0,
  }
}

/** Production at a stage that has stood for 31 days without anything wrong. */
export function goodEvidence(changes: Partial<Evidence> = {}): Evidence {
  const window = { since: NOW - 31 * DAY, until: NOW }
  return {
    read_at: NOW,
    stage: 4,
    environment: 'production',
    storage: 'firestore',
    revision: 'r-2',
    audience: 'https://x.example.com',
    cadence: '* * * * *',
    cadence_seconds: 60,
    lanes: [{ name: 'default', dwell_seconds: null }],
    lease_seconds: 300,
    handlers: { expected: ['a', 'b'], registered: ['a', 'b', 'c'] },
    stage_since: window.since,
    window,
    cut_off: [],
    ticks: [{ lane: 'default', expected: 44_000, recorded: 43_990, failed: 10 }],
    tick_durations: { samples: 44_000, p50_ms: 40, p99_ms: 900, over_2_s: 100 },
    tick_sums: { samples: 43_990, broken: 0 },
    store: { calls: 160_000, errors: 20 },
    runs: { legacy: goodRuns(0), tick: goodRuns(20_000) },
    duplicates: { settled: 0, effects: 0, legacy_reports: 0 },
    backlog: { overdue: 0, samples: 43_990, due_per_hour: 0, due_per_hour_at_least: -0.1 },
    leases: {
      legacy: { alive: 0, past_end: 0 },
      tick: { alive: 2, past_end: 0 },
      oldest_past_end_seconds: 0,
    },
    revisions: [
      { revision: 'r-1', last_tick_at: window.since, last_claimed_at: window.since },
      { revision: 'r-2', last_tick_at: NOW - 30_000, last_claimed_at: NOW - 30_000 },
    ],
    shadow: {
      pending: 0,
      since: window.since,
      compared: 5_000,
      mismatches: 3,
      agreement: 0.9994,
      complete: true,
      duplicates: 0,
      legacy: { lateness_p99_ms: 11_000, ended: 5_000, failed: 50 },
      tick: { lateness_p99_ms: 3_000, ended: 1_000, failed: 10 },
    },
    probes: {
      health: { http_status: 200, status: 'ok' },
      tick_without_token: 401,
      scheduler_jobs: [schedulerJob()],
      qa_pass: { passed_at: NOW - DAY, by: 'ana@example.com' },
    },
    ...changes,
  }
}

type SchedulerJob = NonNullable<Evidence['probes']['scheduler_jobs']>[number]

/** A Cloud Scheduler job as it should be. */
export function schedulerJob(changes: Partial<SchedulerJob> = {}): SchedulerJob {
  return {
    id: 'tickover-default',
    state: 'ENABLED',
    schedule: '* * * * *',
    last_attempt_age_seconds: 20,
    has_oidc_token: true,
    audience: 'https://x.example.com',
    problems: [],
    ...changes,
  }
}
