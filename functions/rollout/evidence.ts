import { z } from 'zod'
import { TickoverError } from '../errors.ts'

/**
 * What gates judge: one JSON value. All instants are milliseconds since 1970, all durations say their unit, and null is
 * "not known", so that it goes through JSON unchanged and can be judged again by whoever received it.
 */
const instant = z.number()
const count = z.int().min(0)
const share = z.number().min(0).max(1)

/** The ticks of one lane, against those that its Cloud Scheduler jobs had to post. */
const laneTicks = z.object({
  lane: z.string(),
  expected: count,
  /** Expected ones with a document that says `ok`. The others failed, whatever became of them. */
  recorded: count,
  failed: count,
  /** How many of the last ones failed, one after the other. An older revision leaves it out. */
  failed_last: count.optional(),
})

/** How the runs of one path came out. */
const pathRuns = z.object({
  first_attempts: count,
  first_attempts_failed: count,
  ended: count,
  succeeded: count,
  failed: count,
  /** Those of the failed whose error was a store out of reach. */
  store_failed: count,
  /** Ended after a cadence and after the job had fallen due again. */
  late: count,
})

/** What is held by one path now. */
const pathLeases = z.object({ alive: count, past_end: count })

/** A path in a comparison: how late its runs began, and how the first attempts came out that called a handler. */
const shadowPath = z.object({ lateness_p99_ms: z.number().nullable(), ended: count, failed: count })

/** What the comparison of both paths comes to. */
export const SHADOW = z.object({
  since: instant.nullable(),
  compared: count,
  /** Runs of which one side has not decided yet. */
  pending: count,
  mismatches: count,
  /** Null when nothing was compared. */
  agreement: share.nullable(),
  /** False: not all could be read or compared. */
  complete: z.boolean(),
  duplicates: count.optional(),
  legacy: shadowPath,
  tick: shadowPath,
})

/** One Cloud Scheduler job as it was found. */
const schedulerJob = z.object({
  id: z.string(),
  state: z.string(),
  schedule: z.string(),
  last_attempt_age_seconds: z.number().nullable(),
  has_oidc_token: z.boolean(),
  audience: z.string().nullable(),
  /** What is not as it should be, one sentence each. */
  problems: z.array(z.string()),
})

/** What only a look from outside can tell. */
export const PROBES = z.object({
  /** The answer of `GET /health`; `status` is the body's field. */
  health: z.object({ http_status: z.int(), status: z.string().nullable() }).nullable(),
  /** The HTTP status of `POST /cron/tick` without credentials. */
  tick_without_token: z.int().nullable(),
  scheduler_jobs: z.array(schedulerJob).nullable(),
  /** The recorded pass of stage 2 in the qa environment. */
  qa_pass: z.object({ passed_at: instant, by: z.string() }).nullable(),
})

/** The reads that can be cut off. Of ticks and runs, the newest are read: see `read_from`. */
const READINGS = ['jobs', 'audit'] as const

export const EVIDENCE = z.object({
  read_at: instant,
  stage: z.int().min(0).max(5),
  environment: z.enum(['local', 'qa', 'production']),
  storage: z.enum(['json', 'firestore']),
  /** The revision that gathered this. */
  revision: z.string(),
  audience: z.string(),
  cadence: z.string(),
  /** The longest time between two ticks by the cadence. */
  cadence_seconds: z.number(),
  lanes: z.array(z.object({ name: z.string(), dwell_seconds: z.number().nullable() })),
  lease_seconds: z.number(),
  handlers: z.object({ expected: z.array(z.string()), registered: z.array(z.string()) }),
  /** Since when ticks have said this stage and no other, 31 days back at most. */
  stage_since: instant.nullable(),
  /** What is counted below began at or after `since` and not after `until`. */
  window: z.object({ since: instant, until: instant }),
  /**
   * From when on every tick and every run was read; left out: all of the window. Later than `since` where there were more
   * than are read at once, and then what is counted of them began no earlier.
   */
  read_from: z.object({ ticks: instant, runs: instant }).optional(),
  /** Of these there was more than is read at once. */
  cut_off: z.array(z.enum(READINGS)),
  ticks: z.array(laneTicks).nullable(),
  /** Of the lanes without dwell. */
  tick_durations: z
    .object({ samples: count, p50_ms: z.number(), p99_ms: z.number(), over_2_s: count })
    .nullable(),
  /** Tick documents, and those of them that contradict themselves. */
  tick_sums: z.object({ samples: count, broken: count }).nullable(),
  store: z.object({ calls: count, errors: count }).nullable(),
  runs: z.object({ legacy: pathRuns, tick: pathRuns }).nullable(),
  /** By how they came to light. */
  duplicates: z.object({ settled: count, effects: count, legacy_reports: count }).nullable(),
  /** Jobs that two ticks passed by, those of a lane without ticks among them; and how the due ones of a tick grew, with the lower bound of that at 95 %. */
  backlog: z
    .object({
      overdue: count,
      samples: count,
      due_per_hour: z.number().nullable(),
      due_per_hour_at_least: z.number().nullable(),
    })
    .nullable(),
  leases: z
    .object({
      legacy: pathLeases,
      tick: pathLeases,
      /** How long the oldest of those past their end has been so; 0 when there is none. */
      oldest_past_end_seconds: z.number(),
    })
    .nullable(),
  revisions: z.array(
    z.object({ revision: z.string(), last_tick_at: instant, last_claimed_at: instant.nullable() }),
  ),
  shadow: SHADOW.nullable(),
  probes: PROBES,
})

export type Evidence = z.infer<typeof EVIDENCE>
export type Reading = (typeof READINGS)[number] | 'ticks' | 'runs'
export type Probes = z.infer<typeof PROBES>
export type ShadowTotals = z.infer<typeof SHADOW>
export type PathRuns = z.infer<typeof pathRuns>
export type LaneTicks = z.infer<typeof laneTicks>

/** Nothing was probed. */
export const NO_PROBES: Probes = {
  health: null,
  tick_without_token: null,
  scheduler_jobs: null,
  qa_pass: null,
}

/** The evidence with what was seen from outside; a probe that is left out stays as it was. */
export function withProbes(evidence: Evidence, probes: Partial<Probes>): Evidence {
  return { ...evidence, probes: { ...evidence.probes, ...probes } }
}

/** Reads evidence that came through JSON. Throws `bad_request` when it is none that this version understands. */
export function parseEvidence(value: unknown): Evidence {
  const parsed = EVIDENCE.safeParse(value)
  if (parsed.success) return parsed.data
  const where = parsed.error.issues[0]?.path.join('.') ?? ''
  const message = `The service answers evidence that cannot be read here (${where}). Use the same version on both sides.`
  throw new TickoverError('bad_request', message)
}
