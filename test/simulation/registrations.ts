import { auditChange } from '../../functions/admin/audit.ts'
import type { Definition } from '../../functions/job/definition.ts'
import { DEFAULT_POLICIES } from '../../functions/job/policies.ts'
import { type Beside, enrol, register } from '../../functions/lease/register.ts'
import { createRegistry } from '../../functions/target/registry.ts'
import type { Actor } from './actor.ts'
import { answered } from './answered.ts'
import { simulatedJobs } from './jobs.ts'
import type { Chance } from './random.ts'
import { DEADLINE_SECONDS } from './targets.ts'
import { LANES, type World } from './world.ts'

/** Who says again and again what its jobs are, and how often jobs that were deleted came back by that. */
export const REGISTRATIONS = ['deploy restarted', 'service registered', 'job made anew'] as const

/** The jobs that a service registers. */
export const SERVED = ['called', 'digest']

const DEPLOY: Actor = { name: 'deploy', as: 'registrar', skewed: false }
const SERVICE: Actor = { name: 'service', as: 'registrar', skewed: false }

/** Brings the coded jobs of the present revision into the store, without faults. */
export function deploy(world: World): Promise<void> {
  return register(world.as(DEPLOY), definitions(world.revision))
}

/** The service's jobs, in the store for sure. */
export function serve(world: World): Promise<void> {
  return enrol(
    world.as(SERVICE),
    SERVED.map((name) => ({ definition: servedJob(name, '', 12), enabled: true })),
  )
}

/** A process starts anew and registers its jobs, by a store that fails. */
export async function restart(world: World, drawn: Chance): Promise<void> {
  const instance = world.ready(drawn)
  if (instance === null) return
  world.count('deploy restarted')
  await answered(world, register(instance.documentsAs(DEPLOY), definitions(world.revision)))
}

/** The service starts anew, and says what its jobs are: now and then otherwise than before. */
export async function registration(world: World, drawn: Chance): Promise<void> {
  const instance = world.ready(drawn)
  if (instance === null) return
  const description = drawn.pick(['', 'another'])
  const seconds = drawn.often(0.8) ? 12 : 8
  const registrations = SERVED.map((name) => ({
    definition: servedJob(name, description, seconds),
    enabled: !world.faulty || drawn.often(0.9),
  }))
  world.count('service registered')
  const beside: Beside = (before, { name }, at) => {
    const isNew = before === null && at > world.timeline.now - 1000 && world.watch.wasDeleted(name)
    if (isNew) world.count('job made anew')
    const entry = { action: 'job_registered', at, actor: 'service', subject: name, reason: '' }
    return [auditChange(`registration ${world.made++}`, { ...entry, before: null, after: null })]
  }
  const enrolling = { beside, requireOwn: () => undefined }
  await answered(world, enrol(instance.documentsAs(SERVICE), registrations, enrolling))
}

function definitions(revision: number): readonly Definition[] {
  const jobs = simulatedJobs({} as never, revision)
  return createRegistry(jobs, { time_zone: 'UTC', lanes: Object.keys(LANES) }).definitions
}

function servedJob(name: string, description: string, seconds: number): Definition {
  const called = name === 'called'
  return {
    name,
    kind: 'recurring',
    display_name: name,
    description,
    job_type: 'email',
    target: { kind: 'http', service: 'email-service', endpoint: `/${name}` },
    lane: called ? 'slow' : 'fast',
    schedule: { kind: 'every', seconds: called ? seconds : 17, anchor_at: 0 },
    ends_at: null,
    payload: '{}',
    policies: {
      ...DEFAULT_POLICIES,
      max_instances: called ? 2 : 1,
      max_attempts: called ? 3 : 2,
      overlap: called ? 'queue' : 'skip',
      callback_timeout_seconds: DEADLINE_SECONDS,
      retry: { base_seconds: 2, factor: 2, cap_seconds: 10, jitter: 0.5 },
    },
  }
}
