import { describe, expect, it, onTestFinished } from 'vitest'
import { newJob } from '../../functions/job/definition.ts'
import { toFields } from '../../functions/job/stored.ts'
import { jobRef } from '../../functions/lease/held.ts'
import type { Documents } from '../../functions/store/documents.ts'
import { WITHOUT_FIRESTORE } from '../support/firestore.ts'
import { oneOff, put } from '../support/one-offs.ts'
import { firestoreScene, jsonScene, type Scene } from '../support/scene.ts'

const OVERDUE_MS = 600_000

/** A job of every minute that nobody has looked at for ten. */
async function putForgotten(documents: Documents): Promise<string> {
  const long_ago = Date.now() - OVERDUE_MS
  const definition = {
    ...oneOff('quick', { name: 'every-minute' }),
    kind: 'recurring',
    schedule: { kind: 'every', seconds: 60, anchor_at: 0 },
  } as const
  const fields = toFields(newJob(definition, long_ago))
  await documents.commit([{ kind: 'create', ref: jobRef('every-minute'), fields }])
  return definition.name
}

async function whatIsOverdueRunsOnce(scene: Scene): Promise<void> {
  const once = oneOff('quick', { schedule: { kind: 'at', at: Date.now() - OVERDUE_MS } })
  await scene.store(async (documents) => {
    await put(documents, [once])
    await putForgotten(documents)
  })
  const server = await scene.start()
  const first = await server.tick()
  const runs = () => scene.ledger.entries.map(({ job }) => job).toSorted()
  expect(runs()).toEqual(['every-minute', once.name])
  expect(first.body.metrics).toMatchObject({ jobs_executed: 2, jobs_succeeded: 2 })
  // Nine of the ten occurrences and the run that stands for them: each has its outcome. (A minute may have passed meanwhile.)
  expect(first.body.metrics?.jobs_skipped).toBeGreaterThanOrEqual(9)
  expect(first.body.metrics?.lateness_p99_ms).toBeGreaterThanOrEqual(OVERDUE_MS)

  const next = await server.tick({ limit: 1 })
  expect(next.status).toBe(200)
  expect(runs().filter((job) => job === once.name)).toEqual([once.name])
}

describe.skipIf(WITHOUT_FIRESTORE)('on Firestore', () => {
  it('a job that is ten minutes overdue runs on the next tick, once', async () => {
    const scene = await firestoreScene()
    onTestFinished(() => scene.close())
    await whatIsOverdueRunsOnce(scene)
  })
})

describe('on the JSON file', () => {
  it('a job that is ten minutes overdue runs on the next tick, once', async () => {
    const scene = await jsonScene()
    onTestFinished(() => scene.close())
    await whatIsOverdueRunsOnce(scene)
  })
})
