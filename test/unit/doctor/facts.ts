import type { Evidence } from '../../../functions/rollout/evidence.ts'
import type { CloudFacts, Facts } from '../../../scripts/doctor/facts.ts'
import { lookAtCloud } from '../../../scripts/doctor/look/cloud.ts'
import type { JobSeen } from '../../../scripts/doctor/look/service.ts'
import type { Seen } from '../../../scripts/doctor/seen.ts'
import { desiredJobs } from '../../../scripts/setup/desired.ts'
import { loadSettings } from '../../../scripts/setup/settings.ts'
import type { Existing } from '../../../scripts/setup/spec.ts'
import { virtualClock } from '../../support/virtual-clock.ts'
import { goodEvidence } from '../rollout/evidence.ts'
import {
  type Answers,
  FLAGS,
  gcloudWith,
  goodAnswers,
  NOW,
  PAGE,
  PLACE,
  URL_,
  WATCH_REGION,
} from './cloud.ts'

const MINUTE = 60_000

export const seen = <T>(value: T): Seen<T> => ({ ok: true, value })
export const UNSEEN = { ok: false, reason: 'PERMISSION_DENIED' } as const

/** What a service tells of itself that has run these flags for a month. */
export function evidence(changes: Partial<Evidence> = {}): Evidence {
  const window = { since: NOW - 10 * MINUTE, until: NOW }
  return goodEvidence({
    audience: URL_,
    window,
    ticks: ['high', 'low'].map((lane) => ({ lane, expected: 9, recorded: 9, failed: 0 })),
    ...changes,
  })
}

/** A job that is well. */
export function job(changes: Partial<JobSeen> = {}): JobSeen {
  return {
    name: 'a',
    lane: 'low',
    is_damaged: false,
    is_failing: false,
    error: null,
    failed_in_a_row: 0,
    is_backfill: false,
    due_in_seconds: 20,
    leases_until: [],
    ...changes,
  }
}

/** The Cloud Scheduler jobs that these flags ask for, answered 20 s ago. */
export function scheduled(env: Readonly<Record<string, string>> = FLAGS): Existing[] {
  return desiredJobs(loadSettings(env)).map((spec) => ({
    spec,
    state: 'ENABLED',
    schedule_at: null,
    last_attempt_at: NOW - 20_000,
    last_code: 0,
  }))
}

/** Production, with nothing wrong. `answers`: what gcloud says. */
export async function goodFacts(
  changes: Partial<Facts> = {},
  answers: Answers = goodAnswers(),
): Promise<Facts> {
  return {
    name: 'Cloud Run service tickover in test-project, us-central1',
    where: { kind: 'cloud', ...PLACE },
    url: URL_,
    looked_at: NOW,
    flags: seen(FLAGS),
    setup_env: seen(FLAGS),
    capacity: seen({ cpu_always: false, min_instances: 0 }),
    health: seen({ http_status: 200, status: 'ok' }),
    tick_without_token: seen(403),
    day: seen(evidence()),
    lately: seen({ evidence: evidence(), asked_at: NOW - 500, answered_at: NOW + 500 }),
    jobs: seen([job()]),
    scheduler: seen(scheduled()),
    cloud: await cloudFacts(answers),
    ...changes,
  }
}

/** What is read of gcloud's answers. */
export async function cloudFacts(answers: Answers): Promise<CloudFacts> {
  const found = await lookAtCloud({
    place: PLACE,
    page_service: PAGE,
    watch_region: WATCH_REGION,
    gcloud: gcloudWith(answers).run,
    clock: virtualClock(NOW),
    store_url: 'http://127.0.0.1:9/',
  })
  return { ...found, store_clock: seen({ said: NOW, asked_at: NOW - 100, answered_at: NOW + 100 }) }
}
