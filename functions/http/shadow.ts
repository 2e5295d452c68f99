import { z } from 'zod'
import { shadowReport } from '../shadow/comparison.ts'
import { check } from './body.ts'
import { instant } from './fields.ts'
import type { Deps, Handler } from './surface.ts'

const DAY_MS = 24 * 3_600_000
const MOST_DAYS = 31
const MOST_EXAMPLES = 20
const DEFAULT_EXAMPLES = 5

export const query = z.strictObject({
  from: instant.optional(),
  to: instant.optional(),
  job: z.string().min(1).max(200).optional(),
  examples: z
    .string()
    .regex(/^\d{1,2}$/, `must be a whole number from 0 to ${MOST_EXAMPLES}`)
    .transform(Number)
    .refine((number) => number <= MOST_EXAMPLES, `must be a whole number from 0 to ${MOST_EXAMPLES}`)
    .default(DEFAULT_EXAMPLES),
})

/** GET /api/shadow/report: both paths side by side over a window, by default the last 24 h; or that no shadow runs. */
export function shadowRoutes({ documents, config, clock }: Pick<Deps, 'documents' | 'config' | 'clock'>): {
  'GET /api/shadow/report': Handler
} {
  return {
    'GET /api/shadow/report': async (c) => {
      const now = clock.now()
      return c.json(await shadowReport({ documents, config, now }, check(questionAt(now), c.req.query())))
    },
  }
}

/** The query as it is meant at `now` (ms): without `to` the window ends now, without `from` it lasts 24 h. */
function questionAt(now: number) {
  return query.transform(({ from, to = now, job, examples }, context) => {
    const question = { from: from ?? to - DAY_MS, to, job, examples }
    const length = to - question.from
    if (length > 0 && length <= MOST_DAYS * DAY_MS) return question
    const message = `must be before to, and at most ${MOST_DAYS} days`
    context.addIssue({ code: 'custom', path: ['from'], message })
    return z.NEVER
  })
}
