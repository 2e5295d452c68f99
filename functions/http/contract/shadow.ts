import { z } from 'zod'
import type { ShadowOff } from '../../shadow/comparison.ts'
import type { ShadowReport } from '../../shadow/report.ts'
import { IGNORABLE } from '../../shadow/rules.ts'
import { count, instant, PATH, rate, SKIP_REASON } from './parts.ts'

const ms = z.number().nullable()
const DURATIONS = z.object({ samples: count, p50_ms: ms, p95_ms: ms })
const ERRORS = z.object({ ended: count, failed: count, rate })

const PATH_FIGURES = z.object({
  runs: count,
  planned: count,
  lateness: DURATIONS.extend({ p99_ms: ms }),
  durations: DURATIONS,
  first_attempt_errors: ERRORS,
  run_errors: ERRORS,
})

const FIGURES = z.object({
  compared: count,
  agreement: rate,
  verdicts: z.object({
    match: count,
    only_legacy: count,
    only_tick: count,
    late: count,
    intents_differ: count,
    outcome_differs: count,
    pending: count,
    ignored: count,
  }),
  ignored: z.record(z.string(), count),
  legacy: PATH_FIGURES,
  tick: PATH_FIGURES,
})

const SIDE = z.object({
  run: z.string().nullable(),
  path: PATH,
  scheduled_for: instant.nullable(),
  started_at: instant.nullable(),
  status: z.string().nullable(),
  error: z.string().nullable(),
  attempts: count,
  payload_hash: z.string().nullable(),
  intents: z
    .object({
      count,
      digest: z.string(),
      first: z.array(z.object({ key: z.string(), hash: z.string() })),
    })
    .nullable(),
  skip_reason: z.enum([...SKIP_REASON.options, 'undecided']).nullable(),
})

const RULE = z.object({
  name: z.string(),
  job: z.string(),
  verdict: z.enum(IGNORABLE),
  owner: z.string(),
  until: instant,
  reason: z.string(),
  expired: z.boolean(),
  ignored: count,
})

const OFF = z.object({
  status: z.literal('off'),
  stage: count,
  message: z.string(),
}) satisfies z.ZodType<ShadowOff>

const ON = z.object({
  status: z.literal('on'),
  stage: count,
  shadow_path: PATH,
  since: instant.nullable(),
  until: instant.nullable(),
  complete: z.boolean(),
  documents_read: count,
  documents_unreadable: count,
  total: FIGURES,
  jobs: z.array(
    FIGURES.extend({
      job: z.string(),
      tolerance_seconds: z.number(),
      examples: z.array(z.object({ verdict: z.enum(IGNORABLE), legacy: SIDE, tick: SIDE })),
    }),
  ),
  rules: z.array(RULE),
}) satisfies z.ZodType<ShadowReport>

/** Both paths side by side; or that no shadow runs. */
export const SHADOW_REPORT = z.discriminatedUnion('status', [ON, OFF])
