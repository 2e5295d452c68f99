import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TickReport } from '../../functions/tick/report.ts'
import { WITHOUT_FIRESTORE } from '../support/firestore.ts'
import type { FunctionProcess } from '../support/function-process.ts'
import { jobsOf, oneOffs, put } from '../support/one-offs.ts'
import { type FirestoreScene, firestoreScene } from '../support/scene.ts'
import type { Call, StoreLine } from '../support/store-line.ts'
import { checksMade, documentsRead, purposeOf } from '../support/wire.ts'

const JOBS = 100

/** What the calls of a tick cost, but for its own record at the end. */
interface Cost {
  readonly purposes: readonly string[]
  readonly commits: number
  readonly read: number
  readonly written: number
  readonly checked: number
}

function costOf(calls: readonly Call[]): Cost {
  const working = calls.filter((call) => purposeOf(call) !== 'tick')
  const sum = (of: (call: Call) => number) => working.reduce((all, call) => all + of(call), 0)
  const checked = sum(({ request }) => checksMade(request))
  return {
    purposes: working.map(purposeOf),
    commits: working.filter(({ method }) => method === 'Commit').length,
    read: sum(documentsRead),
    written: sum(({ request }) => request.writes?.length ?? 0) - checked,
    checked,
  }
}

describe.skipIf(WITHOUT_FIRESTORE)('on the wire to Firestore', () => {
  let scene: FirestoreScene
  let line: StoreLine
  let server: FunctionProcess

  beforeAll(async () => {
    scene = await firestoreScene()
    line = await scene.line()
    server = await scene.start({
      FIRESTORE_EMULATOR_HOST: line.host,
      SCHEDULER_CONCURRENCY: String(JOBS),
      SCHEDULER_BATCH_SIZE: String(JOBS),
    })
  })
  afterAll(() => scene.close())

  /** Runs due jobs in one tick. */
  async function drain(...which: Parameters<typeof oneOffs>) {
    const jobs = oneOffs(...which)
    await put(scene.documents, jobs)
    const before = line.calls.length
    const { body } = await server.tick()
    expect(body.metrics).toMatchObject({ jobs_succeeded: jobs.length })
    for (const job of await jobsOf(scene.documents, jobs)) expect(job.status).toBe('completed')
    const calls = line.calls.slice(before)
    return { calls, cost: costOf(calls), report: body.metrics as TickReport }
  }

  it('a hundred due jobs take at most four calls from claim to settle, and each run two reads and four writes', async () => {
    const { calls, cost, report } = await drain(JOBS, 'silent')
    const upToSettle = cost.purposes.slice(0, cost.purposes.lastIndexOf('settle') + 1)
    expect(upToSettle.length, upToSettle.join()).toBeLessThanOrEqual(4)
    expect(upToSettle).toEqual(expect.arrayContaining(['due', 'claim', 'settle']))
    expect(cost.read / JOBS).toBeLessThanOrEqual(2)
    expect(cost.written / JOBS).toBeLessThanOrEqual(4)
    expect(cost.checked).toBe(0)
    expect(calls.map(({ status }) => status)).toEqual(calls.map(() => 0))
    // Our own counter says the same: it does not know of the tick's record yet when it is read.
    expect(report).toMatchObject({
      store_calls: cost.purposes.length,
      store_reads: cost.read,
      store_writes: cost.written,
    })
  })

  it('each effect adds at most two commits, two reads and two writes', async () => {
    const { calls } = await drain(10, 'effects', { payload: '{"count":3}' })
    // How the ends of the runs fall together into settles has nothing to do with effects.
    const { commits, read, written, checked } = costOf(
      calls.filter((call) => ['effect', 'read'].includes(purposeOf(call))),
    )
    const effects = 3 * 10
    expect(commits / effects).toBe(2)
    // A condition that holds a commit to the job's version is what a transaction would read.
    expect((read + checked) / effects).toBeLessThanOrEqual(2)
    expect(written / effects).toBeLessThanOrEqual(2)
  })
})
