import { describe, expect, it } from 'vitest'
import type { Fields } from '../../functions/store/documents.ts'
import { WITHOUT_FIRESTORE } from '../support/firestore.ts'
import { jobsOf, oneOff, put } from '../support/one-offs.ts'
import { firestoreScene, jsonScene, type Scene } from '../support/scene.ts'
import { untilAsync } from '../support/until-async.ts'

/** A job that falls due long after these tests: only a trigger runs it. */
const LATER = { schedule: { kind: 'at', at: Date.now() + 86_400_000 } } as const

/** A job of this type in the store, and a process that has begun to run it for somebody who asked. */
async function triggered(scene: Scene, type: string) {
  const job = oneOff(type, LATER)
  await scene.store((documents) => put(documents, [job]))
  const server = await scene.start()
  const asking = server.post(`/api/jobs/${job.name}/trigger`, {})
  asking.catch(() => {})
  await scene.ledger.until(() => scene.ledger.entries.length === 1, 'it has begun')
  const standing = (): Promise<Fields | undefined> =>
    scene.store(async (documents) => (await jobsOf(documents, [job]))[0])
  return { job, server, asking, standing }
}

const scenes = [
  ['on Firestore', firestoreScene, WITHOUT_FIRESTORE],
  ['on the JSON file', jsonScene, false],
] as const

describe.concurrent.each(scenes)('%s, SIGTERM while a trigger runs', (_, open, isLeftOut) => {
  it.skipIf(isLeftOut)(
    'lets it end: it is settled and answered before the process is gone',
    async ({ onTestFinished }) => {
      const scene = await open()
      onTestFinished(() => scene.close())
      const { job, server, asking, standing } = await triggered(scene, 'finishing')
      server.child.kill('SIGTERM')
      expect(await asking).toMatchObject({ status: 200, body: { result: { success: true } } })
      expect(await server.ended).toEqual({ code: 0, signal: null })
      const run = expect.stringContaining(`${job.name}:`)
      expect(await standing()).toMatchObject({ entries: [], last_run: { run, outcome: 'succeeded' } })
    },
    60_000,
  )

  it.skipIf(isLeftOut)(
    'gives the run back when it is cut short: the next tick goes on with it',
    async ({ onTestFinished }) => {
      const scene = await open()
      onTestFinished(() => scene.close())
      const { server, asking, standing } = await triggered(scene, 'heeding')
      server.child.kill('SIGTERM')
      expect(await asking).toMatchObject({ status: 200, body: { result: { success: false } } })
      await server.ended
      expect(await standing()).toMatchObject({
        lease_until: null,
        schedule_at: LATER.schedule.at,
        next_run_at: LATER.schedule.at,
        entries: [{ state: 'retry', attempt: 0, give_backs: 1 }],
      })
      const next = await scene.start()
      const tick = next.tick()
      await scene.ledger.until(() => scene.ledger.entries.length >= 3, 'it has begun again')
      const [first, , again] = scene.ledger.entries
      expect([again?.run, again?.attempt, again?.fence]).toEqual([first?.run, 1, 2])
      next.child.kill('SIGTERM')
      await tick
    },
    60_000,
  )
})

describe.skipIf(WITHOUT_FIRESTORE)('a caller of a trigger who hangs up', () => {
  it('changes nothing: the run goes on, keeps its slot, and is settled', async ({ onTestFinished }) => {
    const scene = await firestoreScene()
    onTestFinished(() => scene.close())
    const { promise: held, resolve: end } = Promise.withResolvers<void>()
    scene.ledger.onTold = ({ what }) => (what === 'begun' ? held : undefined)
    const job = oneOff('steps', LATER)
    await put(scene.documents, [job])
    const server = await scene.start()
    const gone = new AbortController()
    const asking = server.post(`/api/jobs/${job.name}/trigger`, {}, gone.signal)
    await scene.ledger.until(() => scene.ledger.entries.length === 1, 'it has begun')
    gone.abort()
    await expect(asking).rejects.toThrow()
    const second = await server.post(`/api/jobs/${job.name}/trigger`, {})
    expect(second).toMatchObject({ status: 409, body: { code: 'already_running' } })
    end()
    const standing = async () => (await jobsOf(scene.documents, [job]))[0]
    await untilAsync(async () => (await standing())?.last_run !== null, 'it is settled')
    expect(await standing()).toMatchObject({ entries: [], last_run: { outcome: 'succeeded' } })
  }, 60_000)
})
