import { z } from 'zod'
import { jsonOrNull } from '../json.ts'
import { parseInstant } from '../schedule/instant.ts'

/** A difference between both paths that is known and accepted for a while: who answers for it, and until when (ms). */
export interface IgnoreRule {
  readonly name: string
  /** A job's name; `*`: every job. */
  readonly job: string
  readonly verdict: (typeof IGNORABLE)[number]
  readonly owner: string
  readonly until: number
  readonly reason: string
}

/** The verdicts that a rule may set aside. */
export const IGNORABLE = ['only_legacy', 'only_tick', 'late', 'intents_differ', 'outcome_differs'] as const

const MOST_RULES = 100

const rule = z.strictObject({
  name: z.string().regex(/^[\w-]{1,50}$/, 'a name is 1 to 50 letters, digits, _ and -'),
  job: z.string().min(1).max(200),
  verdict: z.enum(IGNORABLE, `a verdict is one of ${IGNORABLE.join(', ')}`),
  owner: z.string().min(1).max(200),
  until: z.string().transform((text, context) => {
    const instant = parseInstant(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text)
    if (instant === null) context.addIssue('until is a day or an instant in ISO 8601, such as 2030-01-31')
    return instant?.at ?? z.NEVER
  }),
  reason: z.string().min(1).max(500),
})

/** Reads the JSON of `ROLLOUT_IGNORE`. Its messages repeat no value. */
export const ignoreRules: z.ZodType<readonly IgnoreRule[], string> = z.string().transform((text, context) => {
  const parsed = z.array(rule).max(MOST_RULES).safeParse(jsonOrNull(text))
  if (parsed.success) return parsed.data
  for (const { path, message } of parsed.error.issues)
    context.addIssue(path.length === 0 ? 'must be a list of rules as JSON' : `${path.join('.')}: ${message}`)
  return z.NEVER
})
