import { digestOf } from '../../../functions/job/digest.ts'
import { runId } from '../../../functions/job/job.ts'
import type { Intents } from '../../../functions/job/outcome.ts'
import type { Attempt } from '../../../functions/job/run.ts'
import type { Path } from '../../../functions/rollout/stage.ts'
import type { Gap, Seen } from '../../../functions/shadow/compare/side.ts'
import { type Comparing, compare, type Terms } from '../../../functions/shadow/compare.ts'
import type { IgnoreRule } from '../../../functions/shadow/rules.ts'

export const SECOND = 1_000
export const MINUTE = 60_000
export const T0 = Date.UTC(2030, 0, 31, 12)
export const TOLERANCE = 130 * SECOND

/** Everything of these tests has long ended by then. */
export const NOW = T0 + 24 * 60 * MINUTE

export const TERMS: Terms = { since: T0, tolerance_ms: TOLERANCE, overlap: 'skip' }

export function intents(text: string): Intents {
  return { count: 1, digest: digestOf(text), first: [{ key: text, hash: digestOf(text) }] }
}

/** A run that fell due so many minutes after `T0`, began a second later and succeeded after another. */
export function seen(path: Path, minute: number, changes: Partial<Seen> = {}): Seen {
  const { job = 'digest' } = changes
  const scheduled_for = T0 + minute * MINUTE
  const started_at = changes.started_at ?? scheduled_for + SECOND
  return {
    id: runId(job, scheduled_for),
    job,
    lane: 'default',
    scheduled_for,
    status: 'succeeded',
    attempts: [attempt(path, started_at)],
    started_at,
    finished_at: started_at + SECOND,
    error: null,
    payload_hash: digestOf('{}'),
    intents: intents('post'),
    effect_failed: false,
    ...changes,
  }
}

export function attempt(path: Path, started_at: number, changes: Partial<Attempt> = {}): Attempt {
  return {
    attempt: 1,
    fence: 1,
    owner: 'a',
    path,
    started_at,
    ended_at: started_at + SECOND,
    outcome: 'succeeded',
    error: null,
    ...changes,
  }
}

/** A range of skips, in minutes after `T0`. */
export function gap(reason: Gap['reason'], first: number, last = first, job = 'digest'): Gap {
  return { job, reason, first_at: T0 + first * MINUTE, last_at: T0 + last * MINUTE }
}

/** A shadow that only plans: it succeeds without its handler. */
export const PLANNED = { intents: null } as const

/** Sides given in short: legacy is live, tick its shadow, unless `shadow_path` says otherwise. */
export interface Sides extends Partial<Omit<Comparing, 'live' | 'shadow'>> {
  readonly live?: readonly Seen[]
  readonly shadow?: readonly Seen[]
  readonly live_gaps?: readonly Gap[]
  readonly shadow_gaps?: readonly Gap[]
}

export function comparing(sides: Sides): Comparing {
  const { live = [], shadow = [], live_gaps = [], shadow_gaps = [], ...changes } = sides
  const names = new Set([...live, ...shadow].map(({ job }) => job))
  return {
    live: { runs: live, gaps: live_gaps },
    shadow: { runs: shadow, gaps: shadow_gaps },
    shadow_path: 'tick',
    terms: new Map([...names].map((name) => [name, TERMS])),
    rules: [],
    now: NOW,
    from: Number.NEGATIVE_INFINITY,
    to: Number.POSITIVE_INFINITY,
    ...changes,
  }
}

/** The verdicts in order; an ignored one is named by its rule. */
export function verdicts(sides: Sides): string[] {
  return compare(comparing(sides)).map(({ verdict, rule }) => (rule === null ? verdict : `ignored ${rule}`))
}

export function rule(changes: Partial<IgnoreRule> = {}): IgnoreRule {
  const until = NOW + MINUTE
  return {
    name: 'known',
    job: 'digest',
    verdict: 'late',
    owner: 'ana@example.com',
    until,
    reason: 'x',
    ...changes,
  }
}
