import { z } from 'zod'
import { jsonOrNull } from '../json.ts'

/** The roles that configuration may give; the role `scheduler` belongs to `SCHEDULER_SERVICE_ACCOUNT` alone. */
export const ROLES = ['viewer', 'operator', 'service', 'legacy'] as const

/** What somebody may do here. */
export type Role = (typeof ROLES)[number] | 'scheduler'

/** Whom configuration knows: one e-mail address, or everybody of `domain:example.com`. */
export interface Principal {
  readonly name: string
  readonly roles: readonly Role[]
  /** The services for which the role `service` may speak, each with its own job types. */
  readonly services: readonly string[]
  /** More job types of the role `service`; it may create no others. */
  readonly job_types: readonly string[]
}

const MAX_PRINCIPALS = 500

const grant = z
  .strictObject({
    roles: z.array(z.enum(ROLES, `must be one of ${ROLES.join(', ')}`)).min(1, 'must name a role'),
    services: z.array(z.string().min(1).max(63)).max(100).default([]),
    job_types: z.array(z.string().min(1).max(200)).max(200).default([]),
  })
  .refine(
    ({ roles, services, job_types }) => !roles.includes('service') || services.length + job_types.length > 0,
    { message: 'the role service needs its services or its job_types' },
  )

/** Reads the JSON of `SCHEDULER_PRINCIPALS`: `{"ana@example.com": {"roles": ["operator"]}, …}`. */
export const principalTable: z.ZodType<readonly Principal[], string> = z
  .string()
  .transform((text, context) => {
    const parsed = grants.safeParse(jsonOrNull(text))
    if (parsed.success)
      return Object.entries(parsed.data).map(([name, given]) => ({ name: name.toLowerCase(), ...given }))
    for (const issue of parsed.error.issues) context.addIssue(explain(issue))
    return z.NEVER
  })
  .refine((list) => list.length <= MAX_PRINCIPALS, `must name at most ${MAX_PRINCIPALS} principals`)

const NAME = /^(domain:|[^\s@:]+@)[^\s@:]+\.[^\s@:]+$/
const NO_NAME = 'is neither an e-mail address nor domain:example.com'
const grants = z.record(z.string().regex(NAME, NO_NAME), grant, {
  error: 'must be a JSON object of e-mail addresses or domain:example.com, each with {"roles": […]}',
})

/** Says where and what, without repeating what stands there. */
function explain(issue: z.core.$ZodIssue): string {
  if (issue.path.length === 0) return issue.message
  const [, ...inside] = issue.path
  if (issue.code === 'invalid_key') return `an entry ${NO_NAME}`
  if (issue.code === 'unrecognized_keys') return 'an entry may have "roles", "services" and "job_types" only'
  return `an entry${inside.length === 0 ? '' : `'s ${inside.join('.')}`}: ${issue.message}`
}
