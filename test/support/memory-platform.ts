import type { Env } from '../../functions/config.ts'
import type { Evidence } from '../../functions/rollout/evidence.ts'
import { stageOf, storageOf, withChanges } from '../../scripts/rollout/flags.ts'
import type { Hands } from '../../scripts/rollout/perform.ts'
import type { Platform, Revision, StorageKind } from '../../scripts/rollout/platform.ts'
import type { Service } from '../../scripts/rollout/service.ts'
import type { MoveRecord } from '../../scripts/rollout/steps.ts'
import type { Scheduler } from '../../scripts/setup/scheduler.ts'
import type { Existing, Spec } from '../../scripts/setup/spec.ts'
import { goodEvidence, NOW } from '../unit/rollout/evidence.ts'
import { type VirtualClock, virtualClock } from './virtual-clock.ts'

/** Flags with which everything of a rollout is complete. */
export const FLAGS = {
  ENVIRONMENT: 'qa',
  GOOGLE_CLOUD_PROJECT: 'test-project',
  SCHEDULER_LOCATION: 'us-central1',
  SCHEDULER_TARGET_URL: 'https://x.example.com',
  SCHEDULER_OIDC_AUDIENCE: 'https://x.example.com',
  SCHEDULER_SERVICE_ACCOUNT: 'ticks@test-project.iam.gserviceaccount.com',
  SCHEDULER_LANES: 'default',
  ROLLOUT_STAGE: '1',
}

/** Everything that a move can change, and what it can be disturbed by. */
export interface World {
  env: Env
  revisions: Revision[]
  /** Where jobs are kept, by storage: a text that a copy carries over. */
  readonly state: Record<StorageKind, string | null>
  jobs: Existing[]
  leases: NonNullable<Evidence['leases']>['tick']
  readonly records: MoveRecord[]
  /** Every verb that changed something, in order. */
  readonly log: string[]
  /** Called before and after each change; throws to cut the command off. */
  disturb: (what: string, moment: 'before' | 'after') => void
  evidence: Partial<Evidence>
  readonly clock: VirtualClock
  readonly said: string[]
}

/** A world in which a service with these flags has run for long, and Cloud Scheduler posts to it. */
export function worldOf(env: Env = FLAGS): World {
  return {
    env,
    revisions: [{ name: 'r-1', serves: true }],
    state: { json: null, firestore: null, [storageOf(env)]: 'the jobs' },
    jobs: [],
    leases: { alive: 0, past_end: 0 },
    records: [],
    log: [],
    disturb: () => undefined,
    evidence: {},
    clock: virtualClock(NOW),
    said: [],
  }
}

/** What steps are carried out with, in this world. */
export function handsOf(world: World): Hands {
  const say = (line: string) => void world.said.push(line)
  return { platform: memoryPlatform(world), service: memoryService(world), clock: world.clock, say }
}

/** Does something that changes the world, unless it is cut off before. */
function change(world: World, what: string, make: () => void): Promise<void> {
  return new Promise((resolve) => {
    world.disturb(what, 'before')
    make()
    world.log.push(what)
    world.disturb(what, 'after')
    resolve()
  })
}

export function memoryPlatform(world: World, url = 'https://x.example.com'): Platform {
  return {
    name: 'a world in memory',
    url,
    token: () => Promise.resolve(`e30.${Buffer.from('{"email":"ana@example.com"}').toString('base64url')}.x`),
    flags: () => Promise.resolve(world.env),
    revisions: () => Promise.resolve(world.revisions),
    async deploy(changes) {
      await change(world, `deploy ${stageOf(withChanges(world.env, changes))}`, () => {
        world.env = withChanges(world.env, changes)
        const name = `r-${Number(world.revisions[0]?.name.slice(2) ?? 1) + 1}`
        world.revisions = [{ name, serves: true }]
      })
      return world.revisions[0]?.name ?? ''
    },
    stop: () =>
      change(world, 'stop', () => {
        world.revisions = world.revisions.map(({ name }) => ({ name, serves: false }))
      }),
    copyState: (from, to) =>
      change(world, `copy ${from} ${to}`, () => {
        world.state[to] = world.state[from]
      }),
    scheduler: () => memoryScheduler(world),
    setupEnv: (flags) => flags,
    commandsFor: (changes) => [`deploy ${Object.keys(changes).join(' ')}`],
  }
}

export function memoryService(world: World): Service {
  return {
    evidence: () => Promise.resolve(evidenceOf(world)),
    health: () => Promise.resolve({ http_status: 200, status: 'ok' }),
    tickWithoutToken: () => Promise.resolve(401),
    shadowReport: () =>
      Promise.resolve({ status: 'off', stage: stageOf(world.env), message: 'No shadow runs.' }),
    record: (record) => change(world, 'record', () => void world.records.push(record)),
    async free() {
      const freed = Array.from({ length: world.leases.past_end }, () => ({}))
      if (freed.length > 0)
        await change(world, 'free', () => {
          world.leases = { ...world.leases, past_end: 0 }
        })
      return { freed, living: [] }
    },
  }
}

/** What the service of this world says of itself. */
export function evidenceOf(world: World): Evidence {
  const revision = world.revisions.find(({ serves }) => serves)?.name ?? ''
  const now = world.clock.now()
  const environment = world.env.ENVIRONMENT === 'production' ? 'production' : 'qa'
  return goodEvidence({
    read_at: now,
    stage: stageOf(world.env),
    environment,
    storage: storageOf(world.env),
    revision,
    revisions: [{ revision, last_tick_at: now, last_claimed_at: now }],
    leases: { legacy: { alive: 0, past_end: 0 }, tick: world.leases, oldest_past_end_seconds: 0 },
    ...world.evidence,
  })
}

function memoryScheduler(world: World): Scheduler {
  const found = (id: string) => world.jobs.find(({ spec }) => spec.id === id)
  const put = (spec: Spec, state: Existing['state']) => {
    const job = { spec, state, schedule_at: null, last_attempt_at: world.clock.now(), last_code: 0 }
    world.jobs = [...world.jobs.filter(({ spec: other }) => other.id !== spec.id), job]
  }
  const set = (verb: string, id: string, state: Existing['state']) =>
    change(world, `${verb} ${id}`, () => {
      const job = found(id)
      if (job !== undefined) put(job.spec, state)
    })
  return {
    list: () => Promise.resolve(world.jobs),
    get: (id) => {
      const job = found(id)
      return job === undefined ? Promise.reject(new Error(`${id} is not there`)) : Promise.resolve(job)
    },
    create: (spec) => change(world, `create ${spec.id}`, () => put(spec, 'ENABLED')),
    update: (spec) => change(world, `update ${spec.id}`, () => put(spec, found(spec.id)?.state ?? 'ENABLED')),
    pause: (id) => set('pause', id, 'PAUSED'),
    resume: (id) => set('resume', id, 'ENABLED'),
    run: () => Promise.resolve(),
    remove: (id) =>
      change(world, `remove ${id}`, () => {
        world.jobs = world.jobs.filter(({ spec }) => spec.id !== id)
      }),
    close: () => Promise.resolve(),
  }
}
