import { z } from 'zod'
import { auditChange } from '../admin/audit.ts'
import { type Caller, mayRegister } from '../auth/policy.ts'
import type { Config } from '../config.ts'
import { TickoverError } from '../errors.ts'
import type { Definition } from '../job/definition.ts'
import type { Job } from '../job/job.ts'
import { NAME } from '../job/name.ts'
import { DEFAULT_POLICIES, POLICIES } from '../job/policies.ts'
import { readable } from '../lease/change.ts'
import { enrol } from '../lease/register.ts'
import type { Stored } from '../store/documents.ts'
import { checkEndpoint } from '../target/http/endpoint.ts'
import { LONGEST_PAYLOAD } from '../target/registry.ts'
import { check, readBody } from './body.ts'
import { cronSchedule } from './cron.ts'
import { jsonObject } from './fields.ts'
import { outline } from './outline.ts'
import type { Deps, Handler } from './surface.ts'

/** The types that a service may give its jobs. */
const TYPES = ['email', 'crawler', 'cleanup', 'analytics', 'other'] as const

/** A service's job, as its registration says it. */
export const registrationBody = z.strictObject({
  name: z
    .string()
    .regex(NAME, 'must be 1 to 100 letters, digits, "-", "_" or ".", and begin with a letter or digit'),
  displayName: z.string().max(200).optional(),
  description: z.string().max(2000).default(''),
  cronExpression: z.string().min(1).max(200),
  timeZone: z.string().min(1).max(100).optional(),
  enabled: z.boolean().default(true),
  jobType: z.enum(TYPES, `must be one of ${TYPES.join(', ')}`),
  service: z.string().min(1).max(100),
  endpoint: z.string().min(1).max(500),
  config: jsonObject(LONGEST_PAYLOAD).default('{}'),
  policies: POLICIES.omit({ shadow: true }).partial().strict().optional(),
})

type Registering = z.output<typeof registrationBody>

/** POST /api/jobs/register: a service makes known what it wants to be called for; the same again changes nothing. */
export function registrationRoutes({
  config,
  documents,
  newId,
  handlers,
}: Pick<Deps, 'config' | 'documents' | 'newId' | 'handlers'>): { 'POST /api/jobs/register': Handler } {
  return {
    'POST /api/jobs/register': async (c) => {
      const body = check(registrationBody, await readBody(c))
      const caller = c.get('caller')
      if (caller === null || !mayRegister(caller, body.service, body.jobType)) throw notYours(body)
      // What the code defines may not be in the store yet.
      if (handlers.includes(body.name)) throw taken(body.name)
      const definition = definitionFor(body, config)
      const id = newId()
      await enrol(documents, [{ definition, enabled: body.enabled }], {
        beside: (before, after, at) => [entryOf(id, caller, before, after, at)],
        requireOwn: (standing) => requireOwn(standing, body.service),
      })
      return c.json({ success: true, message: `Job ${body.name} is registered.` })
    },
  }
}

function definitionFor(body: Registering, config: Config): Definition {
  const { name, displayName, description, jobType, service, endpoint, policies } = body
  const target = { kind: 'http', service, endpoint } as const
  checkEndpoint(target, config)
  const lane = config.services.find((one) => one.name === service)?.lane ?? config.lanes[0]?.name ?? ''
  return {
    name,
    kind: 'recurring',
    display_name: displayName ?? name,
    description,
    job_type: jobType,
    target,
    lane,
    schedule: cronSchedule(body.cronExpression, body.timeZone ?? config.time_zone),
    ends_at: null,
    payload: body.config,
    policies: { ...DEFAULT_POLICIES, ...defined(policies ?? {}) },
  }
}

/** The choices that were made. */
function defined<T extends object>(choices: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const made = Object.entries(choices).filter(([, value]) => value !== undefined)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what is undefined was left out
  return Object.fromEntries(made) as { [K in keyof T]: Exclude<T[K], undefined> }
}

/**
 * A name that another has taken is not given away. What an outside scheduler only reported may be registered: so a job moves
 * here. Throws `not_your_job` and `storage_damaged`.
 */
function requireOwn(standing: Stored, service: string): void {
  const { name, kind, target } = readable(standing)
  const isSame = target.kind === 'http' && target.service === service
  if (kind !== 'reported' && !isSame) throw taken(name)
}

function taken(name: string): TickoverError {
  return new TickoverError('not_your_job', `The name ${name} belongs to another. Choose another name.`)
}

function entryOf(id: string, { name: actor }: Caller, before: Job | null, after: Job, at: number) {
  return auditChange(id, {
    action: 'job_registered',
    at,
    actor,
    subject: after.name,
    reason: '',
    before: before === null ? null : outline(before),
    after: outline(after),
  })
}

function notYours({ service, jobType }: Registering): TickoverError {
  return new TickoverError(
    'not_your_job',
    `Your account may not register jobs of type ${jobType} for ${service}. SCHEDULER_PRINCIPALS and SCHEDULER_SERVICES say who may.`,
  )
}
