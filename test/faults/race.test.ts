import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { liveClaimant } from '../../functions/rollout/live.ts'
import { MOVED } from '../../functions/rollout/stage.ts'
import type { Documents } from '../../functions/store/documents.ts'
import { createCache } from '../../functions/target/cache.ts'
import { createLimits } from '../../functions/target/limits.ts'
import { createRegistry } from '../../functions/target/registry.ts'
import type { Engine } from '../../functions/tick/engine.ts'
import type { TickEnd } from '../../functions/tick/record.ts'
import { tick } from '../../functions/tick/tick.ts'
import { barrier } from '../support/barrier.ts'
import { WITHOUT_FIRESTORE } from '../support/firestore.ts'
import type { FunctionProcess } from '../support/function-process.ts'
import type { Told } from '../support/ledger.ts'
import { noCalls } from '../support/no-calls.ts'
import { jobsOf, oneOffs, put } from '../support/one-offs.ts'
import { realClock } from '../support/real-clock.ts'
import { type FirestoreScene, firestoreScene, jsonScene } from '../support/scene.ts'
import { ABORTED, FAILED_PRECONDITION, type StoreLine } from '../support/store-line.ts'
import { tellingJobs } from '../support/telling-jobs.ts'
import { namesIn, purposeOf } from '../support/wire.ts'

const JOBS = 50

/** How often each run was begun, by the ledger. */
function begunBy(entries: readonly Told[], jobs: readonly { name: string }[]): number[] {
  return jobs.map(({ name }) => entries.filter((told) => told.job === name && told.what === 'begun').length)
}

const once = Array.from({ length: JOBS }, () => 1)

describe.skipIf(WITHOUT_FIRESTORE)('operating-system processes on Firestore', () => {
  let scene: FirestoreScene
  let line: StoreLine
  let servers: FunctionProcess[]

  beforeAll(async () => {
    scene = await firestoreScene()
    line = await scene.line()
    const env = {
      FIRESTORE_EMULATOR_HOST: line.host,
      SCHEDULER_LANES: 'two,four',
      SCHEDULER_CONCURRENCY: String(JOBS),
      SCHEDULER_BATCH_SIZE: String(JOBS),
    }
    servers = await Promise.all(Array.from({ length: 4 }, () => scene.start(env)))
  })
  afterAll(() => scene.close())

  it.each([
    ['two', 2],
    ['four', 4],
  ])('%s that tick at once on the same due answer run each job once', async (lane, many) => {
    const jobs = oneOffs(JOBS, 'quick', { lane })
    await put(scene.documents, jobs)
    const before = line.calls.length
    const all = barrier(many)
    line.hooks.answered = async (call) => {
      if (purposeOf(call) === 'due') await all.arrive()
      return null
    }

    const answers = await Promise.all(servers.slice(0, many).map((server) => server.tick({ lane })))

    const calls = line.calls.slice(before)
    const due = calls.filter((call) => purposeOf(call) === 'due').slice(0, many)
    expect(new Set(due.map(({ session }) => session)).size).toBe(many)
    for (const answer of due) expect(namesIn(answer)).toEqual(jobs.map(({ name }) => name).toSorted())

    const refused = calls.filter(({ status }) => status === FAILED_PRECONDITION || status === ABORTED)
    expect(refused.length).toBeGreaterThanOrEqual(many - 1)
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    const lost = answers.reduce((sum, { body }) => sum + (body.metrics?.claims_lost ?? 0), 0)
    expect(lost).toBe((many - 1) * JOBS)

    expect(begunBy(scene.ledger.entries, jobs)).toEqual(once)
    for (const job of await jobsOf(scene.documents, jobs)) expect(job.status).toBe('completed')
  })
})

describe('one process on the JSON file', () => {
  it.each([2, 4])('%i ticks at once on the same due answer run each job once', async (many) => {
    const scene = await jsonScene()
    onTestFinished(() => scene.close())
    await scene.store(async (documents) => {
      const jobs = oneOffs(JOBS, 'quick')
      await put(documents, jobs)
      const all = barrier(many)
      const racing = engineOn(
        answersHeld(documents, () => all.arrive()),
        scene.ledger.url,
      )
      const request = { lane: 'default', dwell_seconds: null }
      const ends = await Promise.all(Array.from({ length: many }, () => tick(racing, request)))

      const lost = ends.reduce((sum, { report }: TickEnd) => sum + report.claims_lost, 0)
      expect(lost).toBe((many - 1) * JOBS)
      expect(begunBy(scene.ledger.entries, jobs)).toEqual(once)
      for (const job of await jobsOf(documents, jobs)) expect(job.status).toBe('completed')
    })
  })
})

/** The same documents; each due answer waits behind the barrier. */
function answersHeld(documents: Documents, arrive: () => Promise<void>): Documents {
  return {
    ...documents,
    query: async (query) => {
      const answer = await documents.query(query)
      await arrive()
      return answer
    },
  }
}

function engineOn(documents: Documents, ledger: string): Engine {
  return {
    documents,
    claimant: liveClaimant('tick', MOVED),
    clock: realClock,
    random: () => 0.5,
    newId: randomUUID,
    registry: createRegistry(tellingJobs(ledger), { time_zone: 'UTC', lanes: ['default'] }),
    cache: createCache(300, realClock),
    limits: createLimits(realClock),
    call: noCalls,
    emit: () => {},
    settings: {
      lease_seconds: 30,
      batch_size: JOBS,
      concurrency: JOBS,
      tick_budget_seconds: 20,
      request_timeout_seconds: 30,
      grace_seconds: 5,
      max_skew_seconds: 10,
      revision: 'test',
    },
    eventLoopDelay: () => 0,
    stop: new AbortController().signal,
  }
}
