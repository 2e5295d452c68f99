import { beforeAll, describe, expect, it } from 'vitest'
import type { Fields } from '../../functions/store/documents.ts'
import type { TickReport } from '../../functions/tick/report.ts'
import { WITHOUT_FIRESTORE } from '../support/firestore.ts'
import type { Told } from '../support/ledger.ts'
import { jobsOf, oneOff, put } from '../support/one-offs.ts'
import { firestoreScene, jsonScene, type Scene } from '../support/scene.ts'

const ONE_ATTEMPT = { policies: { max_attempts: 1, timeout_seconds: 1 } }

/** Jobs that go wrong, each in its way, and two good ones between them. */
const JOBS = {
  good: oneOff('quick', ONE_ATTEMPT),
  throws: oneOff('throwing', ONE_ATTEMPT),
  throwsAtFirst: oneOff('throwing', { policies: { max_attempts: 2 } }),
  unstorable: oneOff('unstorable', ONE_ATTEMPT),
  hangs: oneOff('heeding', ONE_ATTEMPT),
  neverSettles: oneOff('never-ending', ONE_ATTEMPT),
  unregistered: oneOff('of-another-age', ONE_ATTEMPT),
  refused: oneOff('picky', { ...ONE_ATTEMPT, payload: '{"address":"nowhere"}' }),
  alsoGood: oneOff('quick', ONE_ATTEMPT),
}

type Names = keyof typeof JOBS

/** What one tick made of them. */
interface Outcome {
  readonly report: TickReport | undefined
  readonly stored: Record<Names, Fields>
  readonly told: readonly Told[]
}

async function tickOnce(open: () => Promise<Scene>): Promise<Outcome> {
  const scene = await open()
  try {
    const jobs = Object.values(JOBS)
    await scene.store((documents) => put(documents, jobs))
    const server = await scene.start({ SCHEDULER_CONCURRENCY: '20' })
    const report = (await server.tick()).body.metrics
    server.child.kill('SIGTERM')
    await server.ended
    const found = await scene.store((documents) => jobsOf(documents, jobs))
    const stored = Object.fromEntries(Object.keys(JOBS).map((name, n) => [name, found[n]]))
    return { report, stored: stored as Outcome['stored'], told: scene.ledger.entries }
  } finally {
    await scene.close()
  }
}

const scenes = [
  ['on Firestore', firestoreScene, WITHOUT_FIRESTORE],
  ['on the JSON file', jsonScene, false],
] as const

// Both at once: most of the time goes by in waiting for the one that never settles.
const outcomes = new Map<string, Outcome>()
beforeAll(async () => {
  const wanted = scenes.filter(([, , isLeftOut]) => !isLeftOut)
  await Promise.all(wanted.map(async ([name, open]) => outcomes.set(name, await tickOnce(open))))
})

describe.each(scenes)('%s', (name, _, isLeftOut) => {
  describe.skipIf(isLeftOut)('in one tick with good jobs,', () => {
    let report: Outcome['report']
    let stored: Outcome['stored']
    let told: Outcome['told']

    beforeAll(() => {
      const outcome = outcomes.get(name)
      if (outcome !== undefined) ({ report, stored, told } = outcome)
    })

    it('the good ones succeed and every other is counted as failed', () => {
      expect(report).toMatchObject({ jobs_executed: 9, jobs_succeeded: 2, jobs_failed: 7, leases_lost: 0 })
      expect(stored.good.status).toBe('completed')
      expect(stored.alsoGood.status).toBe('completed')
    })

    it.each<[Names, string]>([
      ['throws', 'This is not my day'],
      ['unstorable', 'unstorable_result: The result takes 20002 bytes of JSON'],
      ['hangs', 'The attempt took longer than its timeout of 1 s'],
      ['unregistered', 'No handler registered for job type: of-another-age'],
      ['refused', 'invalid_payload: address'],
    ])('one that %s fails with its reason and leaves no lease', (which, reason) => {
      expect(stored[which]).toMatchObject({
        status: 'failed',
        lease_until: null,
        claimable_at: null,
        last_run: { outcome: 'failed', error: expect.stringContaining(reason) },
      })
    })

    it('one that throws with attempts left is tried again later', () => {
      expect(stored.throwsAtFirst).toMatchObject({
        status: 'pending',
        entries: [{ state: 'retry', attempt: 1 }],
      })
      expect(stored.throwsAtFirst.claimable_at).toBeGreaterThan(Date.now())
    })

    it('one that never settles keeps its slot, with the reason, until its lease runs out', () => {
      const { entries, lease_until } = stored.neverSettles
      expect(entries).toMatchObject([{ state: 'running', trouble: expect.stringContaining('unresponsive') }])
      expect(lease_until).toBeGreaterThan(Date.now())
    })

    it('a handler is not called with a payload that its schema refuses', () => {
      expect(told.filter(({ job }) => job === JOBS.refused.name)).toEqual([])
    })
  })
})
