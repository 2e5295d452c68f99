import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { jobRef } from '../../functions/lease/held.ts'
import { firestoreHost, WITHOUT_FIRESTORE } from '../support/firestore.ts'
import type { FunctionProcess } from '../support/function-process.ts'
import { jobsOf, oneOff, oneOffs, put } from '../support/one-offs.ts'
import { openProxy } from '../support/proxy.ts'
import { type FirestoreScene, firestoreScene } from '../support/scene.ts'
import { type Call, INTERNAL, type StoreLine, UNAVAILABLE } from '../support/store-line.ts'
import { type Purpose, purposeOf } from '../support/wire.ts'

const JOBS = 3
const BOTH = ['first', 'second']

describe.skipIf(WITHOUT_FIRESTORE).concurrent('when Firestore does not answer', () => {
  it('a tick is answered 503 with a problem, and the next one after it is back does the work', async ({
    onTestFinished,
  }) => {
    const scene = await firestoreScene()
    const proxy = await openProxy(await firestoreHost())
    onTestFinished(async () => {
      await scene.close()
      await proxy.close()
    })
    await put(scene.documents, [oneOff('quick')])
    const server = await scene.start({ FIRESTORE_EMULATOR_HOST: proxy.host })

    proxy.refuse()
    const [tick, health] = await Promise.all([server.tick(), fetch(`${server.url}/health`)])
    expect(tick).toMatchObject({
      status: 503,
      type: 'application/problem+json',
      body: { status: 503, code: 'store_unreachable' },
    })
    expect(health.status).toBe(503)
    expect(scene.ledger.entries).toEqual([])

    proxy.pass()
    const next = await server.tick()
    expect(next).toMatchObject({ status: 200, body: { metrics: { jobs_succeeded: 1 } } })
    expect(scene.ledger.entries).toHaveLength(1)
  }, 60_000)

  it('a claim whose answer never comes is found by reading back', async ({ onTestFinished }) => {
    const scene = await firestoreScene()
    onTestFinished(() => scene.close())
    await put(scene.documents, oneOffs(JOBS, 'quick'))
    const line = await scene.line({
      answered: (call) => (purposeOf(call) === 'claim' ? new Promise(() => {}) : null),
    })
    const server = await scene.start({ FIRESTORE_EMULATOR_HOST: line.host })
    const { body } = await server.tick()
    expect(body.metrics).toMatchObject({ jobs_succeeded: JOBS, claims_lost: 0 })
    expect(scene.ledger.entries).toHaveLength(JOBS)
  }, 60_000)
})

describe.skipIf(WITHOUT_FIRESTORE)('with trouble on the line to Firestore', () => {
  let scene: FirestoreScene
  let line: StoreLine
  let server: FunctionProcess

  beforeAll(async () => {
    scene = await firestoreScene()
    line = await scene.line()
    server = await scene.start({ FIRESTORE_EMULATOR_HOST: line.host })
  })
  afterAll(() => scene.close())

  /** Ends the first so many calls for this purpose with a status: before the store has heard of them, or after it has done them. */
  function troubles(
    when: 'asked' | 'answered',
    purpose: Purpose,
    status: number,
    many: number,
  ): () => number {
    let met = 0
    line.hooks.asked = () => null
    line.hooks.answered = () => null
    line.hooks[when] = (call: Call) => {
      if (purposeOf(call) !== purpose || met >= many) return null
      met += 1
      return status
    }
    return () => met
  }

  const cases = (['claim', 'effect', 'settle'] as const).flatMap((purpose) =>
    (['asked', 'answered'] as const).flatMap((when) =>
      [UNAVAILABLE, INTERNAL].map((status) => [purpose, when, status] as const),
    ),
  )

  it.each(cases)('a %s that breaks off (%s, status %i) is made once', async (purpose, when, status) => {
    const jobs = oneOffs(JOBS, 'steps')
    await put(scene.documents, jobs)
    const met = troubles(when, purpose, status, 2)
    const { status: answer, body } = await server.tick()
    expect(met()).toBeGreaterThanOrEqual(1)
    expect(answer).toBe(200)
    expect(body.metrics).toMatchObject({ jobs_succeeded: JOBS, jobs_failed: 0, leases_lost: 0 })
    for (const stored of await jobsOf(scene.documents, jobs)) expect(stored.status).toBe('completed')
    for (const { name } of jobs) {
      const told = scene.ledger.entries.filter(({ job }) => job === name)
      expect(told.filter(({ what }) => what === 'begun')).toHaveLength(1)
      const performed = told.filter(({ what }) => what === 'performed').map(({ key }) => key)
      expect(performed).toEqual(BOTH)
    }
  })

  it('a slow store slows the work and changes nothing', async () => {
    const jobs = oneOffs(JOBS, 'quick')
    await put(scene.documents, jobs)
    troubles('asked', 'other', 0, 0)
    line.hooks.answered = () => new Promise((resolve) => setTimeout(resolve, 300, null))
    const { body } = await server.tick()
    expect(body.metrics).toMatchObject({ jobs_succeeded: JOBS })
    expect(body.metrics?.duration_ms).toBeGreaterThan(900)
    expect(scene.ledger.entries.filter(({ job }) => jobs.some(({ name }) => name === job))).toHaveLength(JOBS)
  })

  it('job documents edited into nonsense are set aside, seen, and hinder nobody', async () => {
    troubles('asked', 'other', 0, 0)
    const good = oneOffs(JOBS, 'quick')
    const bad = oneOffs(3, 'quick')
    await put(scene.documents, [...bad, ...good])
    const { value } = await scene.documents.get(bad.map(({ name }) => jobRef(name)))
    const nonsense = [{ policies: 'none' }, { entries: [{ run: 7 }] }, { schedule: { kind: 'moon' } }]
    const changes = value.flatMap((stored, n) =>
      stored === null
        ? []
        : [{ kind: 'update', ref: stored.ref, version: stored.version, fields: nonsense[n] ?? {} } as const],
    )
    expect(await scene.documents.commit(changes)).toMatchObject({ outcome: 'done' })

    const { body } = await server.tick()
    expect(body.metrics).toMatchObject({ jobs_damaged: 3, jobs_succeeded: JOBS })
    for (const stored of await jobsOf(scene.documents, bad))
      expect(stored).toMatchObject({ status: 'damaged', claimable_at: null, damage: expect.any(String) })
    expect((await server.tick()).body.metrics).toMatchObject({ jobs_checked: 0, jobs_damaged: 0 })
  })
})
