import { describe, expect, it } from 'vitest'
import type { Fields } from '../../functions/store/documents.ts'
import { WITHOUT_FIRESTORE } from '../support/firestore.ts'
import type { FunctionProcess } from '../support/function-process.ts'
import { jobsOf, oneOff, put } from '../support/one-offs.ts'
import { firestoreScene, jsonScene, type Scene } from '../support/scene.ts'

interface Stopped {
  readonly answer: Awaited<ReturnType<FunctionProcess['tick']>>
  readonly exit: Awaited<FunctionProcess['ended']>
  /** From the signal to the end of the process, ms. */
  readonly took: number
  readonly jobs: readonly Fields[]
}

/** Runs one job of each type, and sends SIGTERM once all of them have begun. */
async function stopInTheMiddleOf(scene: Scene, ...types: string[]): Promise<Stopped> {
  const jobs = types.map((type) => oneOff(type))
  await scene.store((documents) => put(documents, jobs))
  const server = await scene.start()
  const answer = server.tick()
  await scene.ledger.until(() => scene.ledger.entries.length === types.length, 'all have begun')
  const signalled = Date.now()
  server.child.kill('SIGTERM')
  const exit = await server.ended
  const took = Date.now() - signalled
  const standing = await scene.store((documents) => jobsOf(documents, jobs))
  return { answer: await answer, exit, took, jobs: standing }
}

const scenes = [
  ['on Firestore', firestoreScene, WITHOUT_FIRESTORE],
  ['on the JSON file', jsonScene, false],
] as const

describe.concurrent.each(scenes)('%s, SIGTERM in the middle of runs', (_, open, isLeftOut) => {
  it.skipIf(isLeftOut)(
    'lets them end, settles or gives back, and leaves no lease',
    async ({ onTestFinished }) => {
      const scene = await open()
      onTestFinished(() => scene.close())
      const { answer, exit, took, jobs } = await stopInTheMiddleOf(scene, 'heeding', 'finishing', 'heeding')
      expect(exit).toEqual({ code: 0, signal: null })
      // Nothing is left to wait for: not even for connections that clients keep open.
      expect(took).toBeLessThan(3_000)
      expect(answer).toMatchObject({ status: 200, body: { status: 'stopping' } })
      expect(jobs.map(({ lease_until }) => lease_until)).toEqual([null, null, null])
      expect(jobs.map(({ status }) => status)).toEqual(['pending', 'completed', 'pending'])
      // Given back means: due again at once, and the attempt does not count.
      for (const given of [jobs[0], jobs[2]]) {
        expect(given?.claimable_at).toBeLessThanOrEqual(Date.now())
        expect(given).toMatchObject({ attempts: 0, entries: [{ state: 'retry', give_backs: 1 }] })
      }
      // Another process takes up what was given back, and only that.
      const told = scene.ledger.entries.length
      const next = await scene.start()
      const tick = next.tick()
      await scene.ledger.until(() => scene.ledger.entries.length === told + 2, 'both have begun again')
      const again = scene.ledger.entries.slice(told)
      expect(again.map(({ attempt }) => attempt)).toEqual([1, 1])
      expect(again.map(({ fence }) => fence)).toEqual([2, 2])
      next.child.kill('SIGTERM')
      await tick
    },
    60_000,
  )

  it.skipIf(isLeftOut)(
    'ends in time though a handler ignores it, whose lease is left to run out',
    async ({ onTestFinished }) => {
      const scene = await open()
      onTestFinished(() => scene.close())
      const { exit, took, jobs } = await stopInTheMiddleOf(scene, 'never-ending', 'finishing')
      expect(exit).toEqual({ code: 0, signal: null })
      expect(took).toBeLessThan(10_000)
      expect(jobs.map(({ status }) => status)).toEqual(['running', 'completed'])
      expect(jobs[0]?.lease_until).toBeGreaterThan(Date.now())
      const next = await scene.start()
      expect((await next.tick()).body.metrics).toMatchObject({ jobs_due: 0, jobs_executed: 0 })
    },
    60_000,
  )
})
