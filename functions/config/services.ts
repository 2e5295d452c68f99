import { z } from 'zod'
import type { Problem } from '../errors.ts'
import { jsonOrNull } from '../json.ts'
import { webUrl } from './flag.ts'

/** A service of the team: it registers jobs here, and is called when they are due. */
export interface Service {
  /** As in `email-service`. */
  readonly name: string
  /** The base of its endpoints: http or https, without query and fragment. */
  readonly url: string
  /** What it sends as `X-Service-Token`; null: it sends an ID token instead. */
  readonly token: string | null
  /** How calls to it are signed: with an OIDC ID token, or as Standard Webhooks. */
  readonly signing: 'oidc' | 'webhook'
  /** The key of Standard Webhooks, as `whsec_…`. */
  readonly secret: string | null
  /** The types of the jobs that it may register. */
  readonly job_types: readonly string[]
  /** The lane of its jobs; null: the first one. */
  readonly lane: string | null
  /** May its address be a private one? */
  readonly private: boolean
}

/** What the table says of a service; its URL and secrets stand in flags of their own. */
export type ServiceTerms = Omit<Service, 'url' | 'token' | 'secret'>

const MAX_SERVICES = 100
const NO_NAME = 'is no name such as email-service: lower-case letters, digits and -'
/** `scheduler-x` would read its URL from `SCHEDULER_X_URL`, among our own flags. */
const name = z.string().regex(/^(?!scheduler-|rollout-)[a-z][a-z0-9-]{0,62}$/, NO_NAME)

/** Reads the JSON of `SCHEDULER_SERVICES`: `{"email-service": {"job_types": ["email"]}, …}`. */
export const serviceTable: z.ZodType<readonly ServiceTerms[], string> = z
  .string()
  .transform((text, context) => {
    const parsed = table.safeParse(jsonOrNull(text))
    if (parsed.success) return Object.entries(parsed.data).map(([name, terms]) => ({ name, ...terms }))
    for (const issue of parsed.error.issues) context.addIssue(explain(issue))
    return z.NEVER
  })
  .refine((list) => list.length <= MAX_SERVICES, `must name at most ${MAX_SERVICES} services`)

const terms = z.strictObject({
  job_types: z.array(z.string().min(1).max(200)).max(200).default([]),
  signing: z.enum(['oidc', 'webhook'], 'must be oidc or webhook').default('oidc'),
  lane: z.string().max(63).nullable().default(null),
  private: z.boolean().default(false),
})
const table = z.record(name, terms, { error: 'must be a JSON object of services by name' })

/** Says where and what, without repeating what stands there. */
function explain(issue: z.core.$ZodIssue): string {
  if (issue.path.length === 0) return issue.message
  const [, ...inside] = issue.path
  if (issue.code === 'invalid_key') return `an entry ${NO_NAME}`
  if (issue.code === 'unrecognized_keys')
    return 'an entry may have "job_types", "signing", "lane" and "private" only'
  return `an entry${inside.length === 0 ? '' : `'s ${inside.join('.')}`}: ${issue.message}`
}

const base = webUrl.refine((text) => {
  const url = URL.parse(text)
  return url?.search === '' && url.hash === '' && !/[?#]/.test(text)
}, 'must have neither query nor fragment')
const token = z
  .string()
  .regex(/^[!-~]{32,512}$/, 'must be 32 to 512 characters, none of them a space: openssl rand -base64 32')
const secret = z
  .string()
  .regex(/^whsec_[A-Za-z0-9+/]{32,86}={0,2}$/, 'must be whsec_ and 24 to 64 bytes in base64')

/** A text of the environment; null when it is unset or empty. */
type Read = (flag: string) => string | null

/** The services with their URLs and secrets (`email-service` -> `EMAIL_SERVICE_URL`), and what is wrong with those. */
export function readServices(
  table: readonly ServiceTerms[],
  read: Read,
): { readonly services: readonly Service[]; readonly problems: readonly Problem[] } {
  const problems: Problem[] = []
  const services = table.map((terms): Service => {
    const take = (kind: 'URL' | 'TOKEN' | 'WEBHOOK_SECRET', check: z.ZodType<string, string>) => {
      const field = flagOf(terms.name, kind)
      const parsed = check.nullable().safeParse(read(field))
      if (parsed.success) return parsed.data
      problems.push(...parsed.error.issues.map(({ message }) => ({ field, message })))
      return null
    }
    const url = take('URL', base)
    const found = { token: take('TOKEN', token), secret: take('WEBHOOK_SECRET', secret) }
    return { ...terms, url: url ?? '', ...found }
  })
  return { services, problems: [...problems, ...lacking(table, read), ...alike(services)] }
}

/** The flag beside the table that holds one thing of a service. */
function flagOf(service: string, kind: 'URL' | 'TOKEN' | 'WEBHOOK_SECRET'): string {
  return `${service.toUpperCase().replaceAll('-', '_')}_${kind}`
}

function lacking(table: readonly ServiceTerms[], read: Read): Problem[] {
  const wanted = table.flatMap(({ name, signing }) => [
    { field: flagOf(name, 'URL'), message: 'is required: SCHEDULER_SERVICES names the service' },
    ...(signing === 'oidc'
      ? []
      : [
          { field: flagOf(name, 'WEBHOOK_SECRET'), message: 'is required: the service’s signing is webhook' },
        ]),
  ])
  return wanted.filter(({ field }) => read(field) === null)
}

/** With one token for two services, neither could be told from the other. */
function alike(services: readonly Service[]): Problem[] {
  const tokens = services.map((service) => service.token)
  return services
    .filter(({ token }, index) => token !== null && tokens.indexOf(token) < index)
    .map(({ name }) => ({
      field: flagOf(name, 'TOKEN'),
      message: 'is another service’s too; give each its own',
    }))
}
