import { type Problem, TickoverError } from '../errors.ts'
import type { Definition } from '../job/definition.ts'
import { NAME } from '../job/name.ts'
import { DEFAULT_POLICIES, ONE_OFF_POLICIES, POLICIES, type Policies } from '../job/policies.ts'
import { HANDLER } from '../job/target.ts'
import { parseSchedule, type Schedule } from '../schedule/schedule.ts'
import type { JobDefinition } from './handler.ts'
import { checkQueue } from './queue.ts'

/** The longest payload, in UTF-8 bytes of JSON. */
export const LONGEST_PAYLOAD = 64 * 1024

/** What the coded jobs come to, once checked. */
export interface Registry {
  /** Handlers by job type. */
  readonly handlers: ReadonlyMap<string, JobDefinition>
  /** The jobs with a schedule, as they are to stand in the store. */
  readonly definitions: readonly Definition[]
  /** The policies of one-off jobs of a type. */
  readonly policies: ReadonlyMap<string, Policies>
}

/** What definitions are filled up with. */
export interface RegistryDefaults {
  readonly time_zone: string
  /** The lanes there are; the first one is the default. */
  readonly lanes: readonly string[]
}

/** Checks all coded jobs; throws `configuration` with every problem at once. */
export function createRegistry(jobs: readonly JobDefinition[], defaults: RegistryDefaults): Registry {
  const problems: Problem[] = []
  const handlers = new Map<string, JobDefinition>()
  const policies = new Map<string, Policies>()
  const definitions: Definition[] = []
  for (const job of jobs) {
    const report = (message: string) => problems.push({ field: `job ${JSON.stringify(job.name)}`, message })
    if (!NAME.test(job.name))
      report('the name must be 1 to 100 letters, digits, "-", "_" or ".", and begin with a letter or digit')
    if (handlers.has(job.name)) report('is declared twice; give each job a name of its own')
    handlers.set(job.name, job)
    const chosen = readPolicies(job, report)
    policies.set(job.name, chosen)
    if (job.work.kind === 'queue') checkQueue(job.work.queue, chosen, report)
    const definition = readDefinition(job, policies.get(job.name) ?? DEFAULT_POLICIES, defaults, report)
    if (definition !== null) definitions.push(definition)
  }
  if (problems.length === 0) return { handlers, definitions, policies }
  const list = problems.map(({ field, message }) => `  ${field}: ${message}`).join('\n')
  throw new TickoverError('configuration', `The coded jobs cannot be used:\n${list}`, { problems })
}

type Report = (message: string) => void

function readPolicies(job: JobDefinition, report: Report): Policies {
  const base = job.schedule === null ? ONE_OFF_POLICIES : DEFAULT_POLICIES
  const chosen = Object.fromEntries(Object.entries(job.policies).filter(([, value]) => value !== undefined))
  const parsed = POLICIES.strict().safeParse({ ...base, ...chosen })
  if (parsed.success) return parsed.data
  for (const issue of parsed.error.issues) report(`policies.${issue.path.join('.')}: ${issue.message}`)
  return base
}

function readDefinition(
  job: JobDefinition,
  policies: Policies,
  { lanes, time_zone }: RegistryDefaults,
  report: Report,
): Definition | null {
  const lane = job.lane ?? lanes[0] ?? ''
  if (!lanes.includes(lane)) report(`lane "${lane}" is not one of SCHEDULER_LANES (${lanes.join(', ')})`)
  if (job.schedule === null) return null
  const schedule = readSchedule(job, time_zone, report)
  const payload = readPayload(job, report)
  if (schedule === null || payload === null) return null
  const { name, description } = job
  const what = {
    name,
    kind: 'recurring',
    display_name: name,
    description,
    job_type: name,
    target: HANDLER,
  } as const
  return { ...what, lane, schedule, ends_at: null, payload, policies }
}

function readSchedule(job: JobDefinition, time_zone: string, report: Report): Schedule | null {
  if (job.schedule === null) return null
  try {
    return parseSchedule(job.schedule, { time_zone, anchor_at: 0 })
  } catch (error) {
    if (!(error instanceof TickoverError)) throw error
    report(error.message)
    return null
  }
}

/** The payload as the store gives it back is what the schema has to take. */
function readPayload(job: JobDefinition, report: Report): string | null {
  const text = toJson(job.with)
  if (text === null) {
    report('with: cannot be written as JSON; use plain data')
    return null
  }
  const parsed = job.payload.safeParse(JSON.parse(text))
  for (const issue of parsed.error?.issues ?? []) report(`with.${issue.path.join('.')}: ${issue.message}`)
  if (Buffer.byteLength(text) > LONGEST_PAYLOAD) report(`with: at most ${LONGEST_PAYLOAD} bytes of JSON`)
  return parsed.success ? text : null
}

function toJson(value: unknown): string | null {
  try {
    return JSON.stringify(value) ?? null
  } catch {
    return null
  }
}
