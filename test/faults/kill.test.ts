import pLimit from 'p-limit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WITHOUT_FIRESTORE } from '../support/firestore.ts'
import type { FunctionProcess } from '../support/function-process.ts'
import {
  type Case,
  EFFECTS,
  entriesOf,
  FLAGS,
  JOBS,
  JSON_POINTS,
  judge,
  PATIENCE_MS,
  POINTS,
  recordedIn,
  statusesOf,
  tickUntilDone,
} from '../support/kill-case.ts'
import { oneOffs, put } from '../support/one-offs.ts'
import { type FirestoreScene, firestoreScene, jsonScene, type Scene } from '../support/scene.ts'
import { Victim } from '../support/victim.ts'

/** A case on Firestore has a lane of its own, and shares the one that comes after with the others. */
type LaneCase = Case & { readonly lane: string }

const onFirestore = POINTS.map((point, n): LaneCase => {
  const lane = `lane-${n}`
  const jobs = oneOffs(JOBS, 'steps', { lane })
  return { lane, victim: new Victim(point), jobs, recorded: null, took: 0, statuses: [] }
})
const onJson = JSON_POINTS.map(
  (point): Case => ({
    victim: new Victim(point),
    jobs: oneOffs(JOBS, 'steps'),
    recorded: null,
    took: 0,
    statuses: [],
  }),
)

let shared: FirestoreScene
const files = new Map<Case, Scene>()

// All of them at once: most of the time goes by in waiting for leases to run out.
beforeAll(async () => {
  await Promise.all([...onJson.map(killOnJson), ...(WITHOUT_FIRESTORE ? [] : [killAllOnFirestore()])])
}, 150_000)
afterAll(async () => {
  await Promise.all([...files.values(), ...(WITHOUT_FIRESTORE ? [] : [shared])].map((scene) => scene.close()))
})

async function killAllOnFirestore(): Promise<void> {
  shared = await firestoreScene()
  await put(
    shared.documents,
    onFirestore.flatMap(({ jobs }) => jobs),
  )
  shared.ledger.onTold = async (told) => {
    await Promise.all(onFirestore.map(({ victim }) => victim.hear(told)))
  }
  const lanes = onFirestore.map(({ lane }) => lane).join()
  const survivor = await shared.start({ ...FLAGS, SCHEDULER_LANES: lanes })
  const starting = pLimit(3)
  await Promise.all(onFirestore.map((one) => starting(() => kill(one)).then(() => rescue(one, survivor))))
}

async function kill({ lane, victim }: LaneCase): Promise<void> {
  const line = await shared.line(victim.hooks())
  const env = { ...FLAGS, FIRESTORE_EMULATOR_HOST: line.host, SCHEDULER_LANES: lane }
  const server = await shared.start(env)
  victim.becomes(server)
  await server.tick({ lane }).catch(() => null)
}

async function rescue(one: LaneCase, survivor: FunctionProcess): Promise<void> {
  const died = Date.now()
  one.recorded = await recordedIn(shared.documents, entriesOf(shared, one))
  const done = await tickUntilDone(
    () => survivor.tick({ lane: one.lane }),
    async () => {
      one.statuses = await statusesOf(shared.documents, one.jobs)
      return one.statuses.every((status) => status === 'completed')
    },
    died + PATIENCE_MS * 1.5,
  )
  one.took = done - died
}

async function killOnJson(one: Case): Promise<void> {
  const scene = await jsonScene()
  files.set(one, scene)
  await scene.store((documents) => put(documents, one.jobs))
  scene.ledger.onTold = (told) => one.victim.hear(told)
  const first = await scene.start(FLAGS)
  one.victim.becomes(first)
  await first.tick().catch(() => null)
  const died = Date.now()
  const second = await scene.start(FLAGS)
  const done = await tickUntilDone(
    () => second.tick(),
    async () => one.jobs.every(({ name }) => hasSettled(second, name)),
    died + PATIENCE_MS * 1.5,
  )
  one.took = done - died
  second.child.kill('SIGTERM')
  await second.ended
  one.statuses = await scene.store((documents) => statusesOf(documents, one.jobs))
}

/** The file has one user at a time: until that one ends, its log tells whether a job is done. */
function hasSettled(server: FunctionProcess, job: string): boolean {
  return server.output().includes(`Job ${job} completed successfully`)
}

const named = <C extends Case>(cases: readonly C[]) =>
  cases.map((one) => [`${one.victim.point.moment} ${one.victim.point.nth}`, one] as const)

describe.skipIf(WITHOUT_FIRESTORE)('on Firestore, a process killed with SIGKILL', () => {
  it.each(named(onFirestore))(
    'at "%s" leaves all its jobs to be done in time, and no recorded effect to be repeated',
    (_, one) => judge(shared, one),
  )

  it('was killed between claim and settle, and between an effect and its record', () => {
    const last = onFirestore.map(({ victim }) => victim.moments.at(-1))
    for (const moment of ['answered claim', 'begun', 'performed', 'ended', 'asked settle', 'answered settle'])
      expect(last).toContain(moment)
    // The proof would be empty if nothing had ever been done twice, or spared.
    const performed = shared.ledger.entries.filter(({ what }) => what === 'performed')
    expect(performed.length).toBeGreaterThan(POINTS.length * JOBS * EFFECTS)
    expect(onFirestore.flatMap(({ recorded }) => recorded ?? []).length).toBeGreaterThan(5)
  })
})

describe('on the JSON file, a process killed with SIGKILL', () => {
  it.each(named(onJson))(
    'at "%s" leaves all its jobs to be done in time, and no recorded effect to be repeated',
    (_, one) => judge(files.get(one) as Scene, one),
  )
})
