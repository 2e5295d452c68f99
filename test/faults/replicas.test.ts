import { setTimeout as pause } from 'node:timers/promises'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runId } from '../../functions/job/job.ts'
import type { Stored } from '../../functions/store/documents.ts'
import { chance } from '../simulation/random.ts'
import { type Delivery, readDelivery } from '../support/delivery.ts'
import { WITHOUT_FIRESTORE } from '../support/firestore.ts'
import type { FunctionProcess } from '../support/function-process.ts'
import { all } from '../support/moving.ts'
import { type FirestoreScene, firestoreScene } from '../support/scene.ts'
import { json, startTarget, type TestTarget } from '../support/target.ts'
import { REGISTRATIONS } from '../support/team.ts'

const REPLICAS = 3
/** Each of the services' four jobs under so many names, every minute, after so many minutes without a tick. */
const COPIES = 6
const MISSED = 8
const TRIGGERS = 40
const MINUTE = 60_000
const PATIENCE_MS = 60_000

const SECRET = `whsec_${Buffer.from('a secret of the services, of 32b').toString('base64')}`
const TOKENS: Readonly<Record<string, string>> = {
  'email-service': 'the-token-of-the-email-service-000000',
  'user-service': 'the-token-of-the-user-service-0000000',
}

const JOBS = Array.from({ length: COPIES }, (_, n) =>
  REGISTRATIONS.map((one) => ({
    ...one,
    name: `${one.name}-${n}`,
    cronExpression: '* * * * *',
    policies: { max_instances: 3, overlap: 'queue', misfire: 'all', catchup_limit: 1000 },
  })),
).flat()

/** The services, outside of all replicas: what they were asked to perform, and why they refused. */
async function openServices() {
  const luck = chance(7)
  const book: Delivery[] = []
  const refused: string[] = []
  const target: TestTarget = await startTarget((response, { path, headers, body }) => {
    try {
      new Webhook(SECRET).verify(body, headers as Record<string, string>)
      book.push(readDelivery({ url: new URL(path, 'http://services.example'), headers, body }))
      const reply = { success: true, itemsProcessed: 1, itemsSucceeded: 1, itemsFailed: 0 }
      void pause(luck.whole(0, 60)).then(() => json(response, 200, reply))
    } catch (error) {
      refused.push(String(error))
      json(response, 400, { error: String(error) })
    }
  })
  return { book, refused, ...target }
}

describe.skipIf(WITHOUT_FIRESTORE)('three replicas as processes, on one Firestore', () => {
  let scene: FirestoreScene
  let services: Awaited<ReturnType<typeof openServices>>
  let replicas: FunctionProcess[]
  let first: number
  let executed: readonly number[]
  let lost: number
  /** The manual runs that were answered as done. */
  const triggered: string[] = []

  beforeAll(async () => {
    ;[scene, services] = await Promise.all([firestoreScene(), openServices()])
    replicas = await Promise.all(Array.from({ length: REPLICAS }, () => scene.start(flagsFor(services.url))))
    await Promise.all(replicas.flatMap((replica) => JOBS.map((job) => register(replica, job))))
    first = Math.floor(Date.now() / MINUTE - MISSED) * MINUTE
    await Promise.all(JOBS.map(({ name }) => setBack(name)))
    const ticking = tickUntilIdle()
    await Promise.all([ticking, triggerMeanwhile()])
    const { executed_by, claims_lost } = await ticking
    executed = executed_by
    lost = claims_lost
  })
  afterAll(async () => {
    await scene.close()
    await services.close()
  })

  /** As after some minutes without a tick. */
  async function setBack(name: string): Promise<void> {
    const { ref, version } = await jobNamed(name)
    const fields = { next_run_at: first, claimable_at: first }
    const { outcome } = await scene.documents.commit([{ kind: 'update', ref, version, fields }])
    expect(outcome).toBe('done')
  }

  function replicaAt(n: number): FunctionProcess {
    const replica = replicas[n % REPLICAS]
    if (replica === undefined) throw new Error('No replica was started.')
    return replica
  }

  async function jobNamed(name: string): Promise<Stored> {
    const [stored] = (await scene.documents.get([{ collection: 'scheduler_jobs', id: name }])).value
    if (!stored) throw new Error(`${name} is not there.`)
    return stored
  }

  /** Each tick goes to all replicas at once, again and again until none finds anything to run. */
  async function tickUntilIdle() {
    const executed_by = replicas.map(() => 0)
    let claims_lost = 0
    for (const end = Date.now() + PATIENCE_MS; Date.now() < end; ) {
      const answers = await Promise.all(
        replicas.map((replica) => replica.tick({ limit: 12, concurrency: 12 })),
      )
      answers.forEach(({ status, body: { metrics } }, n) => {
        expect(status).toBe(200)
        executed_by[n] = (executed_by[n] ?? 0) + (metrics?.jobs_executed ?? 0)
        claims_lost += metrics?.claims_lost ?? 0
      })
      if (answers.every(({ body }) => body.metrics?.jobs_due === 0)) return { executed_by, claims_lost }
    }
    throw new Error('The backlog did not come to its end.')
  }

  async function triggerMeanwhile(): Promise<void> {
    const luck = chance(8)
    const ask = async (n: number) => {
      await pause(n * 100)
      const { name } = JOBS[luck.whole(0, JOBS.length - 1)] ?? { name: '' }
      const { status, body } = await replicaAt(n).post(`/api/jobs/${name}/trigger`, { userId: 'ana' })
      // Where every slot is taken, or others change the job all the time, it is refused, and nothing runs.
      if (status !== 200) expect(['already_running', 'store_unreachable']).toContain(body.code)
      else triggered.push((body as { run?: string }).run ?? '')
    }
    await Promise.all(Array.from({ length: TRIGGERS }, (_, n) => ask(n)))
  }

  /** What was to run by the schedule: every minute up to where the job stands now. */
  async function fallenDue(name: string): Promise<string[]> {
    const next = Number((await jobNamed(name)).fields.next_run_at)
    expect(next).toBeGreaterThan(first + MISSED * MINUTE)
    const minutes = (next - first) / MINUTE
    return Array.from({ length: minutes }, (_, n) => runId(name, first + n * MINUTE))
  }

  it('that learn of the same jobs at once have each of them once, and tell of it once', async () => {
    const { value } = await scene.documents.query({ shape: 'jobs', equals: 'recurring', limit: 1000 })
    expect(value.map(({ ref }) => ref.id)).toEqual(JOBS.map(({ name }) => name).toSorted())
    for (const { name: equals } of JOBS.slice(0, 4)) {
      const audit = await scene.documents.query({ shape: 'audit_of', equals, limit: 100 })
      const told = audit.value.filter(({ fields }) => fields.action === 'job_registered')
      expect(told).toHaveLength(1)
    }
  })

  it('perform no execution twice, by the services’ own book, and send nothing that they refuse', () => {
    const runs = services.book.map(({ run }) => run)
    expect(runs.length).toBeGreaterThan(200)
    expect(new Set(runs).size).toBe(runs.length)
    expect(services.refused).toEqual([])
    for (const { attempt } of services.book) expect(attempt).toBe(1)
  })

  it('lose none: every minute of every job was performed, and every manual run that was answered', async () => {
    const due = (await Promise.all(JOBS.map(({ name }) => fallenDue(name)))).flat()
    expect(runsOf(services.book, 'scheduler')).toEqual(due.toSorted())
    expect(runsOf(services.book, 'manual')).toEqual(triggered.toSorted())
    expect(triggered.length).toBeGreaterThan(0)
  })

  it('show a history that is the services’ book, whichever of them is asked', async () => {
    for (const [n, { name }] of JOBS.entries()) {
      const { status, body } = await replicaAt(n).get(`/api/jobs/${name}/history?limit=100`)
      expect(status).toBe(200)
      const { executions, pagination } = body as unknown as History
      const booked = services.book.filter(({ job }) => job === name)
      expect(executions.map(({ id }) => id).toSorted()).toEqual(booked.map(({ run }) => run).toSorted())
      expect(pagination.total).toBe(booked.length)
      for (const one of executions) expect(one).toMatchObject({ status: 'completed', items_processed: 1 })
    }
    const records = await all(scene.documents, { shape: 'runs', equals: 'default', limit: 1000 })
    expect(records).toHaveLength(services.book.length)
  })

  it('count each run once in the job’s own figures, and leave no slot taken', async () => {
    for (const { name } of JOBS) {
      const { body } = await replicaAt(0).get(`/api/jobs/${name}`)
      const runs = services.book.filter(({ job }) => job === name).length
      expect(body).toMatchObject({ totalRuns: runs, successfulRuns: runs, isRunning: false, entries: [] })
    }
  })

  it('all had their share, and raced for it', () => {
    for (const share of executed) expect(share).toBeGreaterThan(0)
    expect(lost).toBeGreaterThan(0)
  })
})

interface History {
  readonly executions: readonly { id: string; status: string }[]
  readonly pagination: { readonly total: number }
}

function runsOf(book: readonly Delivery[], by: Delivery['triggered_by']): string[] {
  return book.flatMap(({ run, triggered_by }) => (triggered_by === by ? [run] : [])).toSorted()
}

function flagsFor(url: string): Record<string, string> {
  const terms = { job_types: ['email', 'cleanup'], signing: 'webhook', private: true }
  return {
    SCHEDULER_SERVICES: JSON.stringify({ 'email-service': terms, 'user-service': terms }),
    EMAIL_SERVICE_URL: url,
    EMAIL_SERVICE_TOKEN: TOKENS['email-service'] ?? '',
    EMAIL_SERVICE_WEBHOOK_SECRET: SECRET,
    USER_SERVICE_URL: url,
    USER_SERVICE_TOKEN: TOKENS['user-service'] ?? '',
    USER_SERVICE_WEBHOOK_SECRET: SECRET,
  }
}

async function register(replica: FunctionProcess, job: (typeof JOBS)[number]): Promise<void> {
  const headers = { 'content-type': 'application/json', 'x-service-token': TOKENS[job.service] ?? '' }
  const request = { method: 'POST', headers, body: JSON.stringify(job) }
  const answer = await fetch(`${replica.url}/api/jobs/register`, request)
  expect(answer.status, await answer.text()).toBe(200)
}
