import type { Example, ExampleSide, ShadowReport } from '../../functions/shadow/report.ts'
import { NOW } from './page-scene.ts'

const AT = new Date(NOW).toISOString()

/** One side of an example, as the report tells it. */
export function side(path: 'legacy' | 'tick', changes: Partial<ExampleSide> = {}): ExampleSide {
  return {
    run: `digest@${AT}`,
    path,
    scheduled_for: AT,
    started_at: AT,
    status: 'succeeded',
    error: null,
    attempts: 1,
    payload_hash: 'a'.repeat(64),
    intents: { count: 1, digest: 'd'.repeat(64), first: [{ key: 'mail', hash: 'h'.repeat(64) }] },
    skip_reason: null,
    ...changes,
  }
}

/** A report with these differences, as the service would tell it. */
export function reportWith(examples: readonly Example[]): ShadowReport {
  const spread = { samples: 9, p50_ms: 100, p95_ms: 900, p99_ms: 900 }
  const errors = { ended: 9, failed: 0, rate: 0 }
  const path = {
    runs: 9,
    planned: 0,
    lateness: spread,
    durations: spread,
    first_attempt_errors: errors,
    run_errors: errors,
  }
  const verdicts = {
    match: 7,
    only_legacy: 1,
    only_tick: 0,
    late: 0,
    intents_differ: 1,
    outcome_differs: 0,
    pending: 2,
    ignored: 3,
  }
  const figures = {
    compared: 9,
    agreement: 7 / 9,
    verdicts,
    ignored: { overlap: 3 },
    legacy: path,
    tick: path,
  }
  return {
    status: 'on',
    stage: 3,
    shadow_path: 'tick',
    since: AT,
    until: AT,
    complete: true,
    documents_read: 20,
    documents_unreadable: 0,
    rules: [],
    total: figures,
    jobs: [{ ...figures, job: 'digest', tolerance_seconds: 60, examples }],
  }
}
