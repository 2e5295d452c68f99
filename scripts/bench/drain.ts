import { type Firestore, Timestamp, type WriteResult } from '@google-cloud/firestore'
import { encode } from '../../functions/store/codec.ts'
import type { Change, Documents } from '../../functions/store/documents.ts'
import { atLeast, type Bench, median, timed } from './bar.ts'
import { database, engineOn, fill, noop, tickOn } from './lane.ts'

const JOBS = 2_000
const ROUNDS = 3

/** Draining a lane through the product, against the same calls made with nothing but Google's client. */
export function drain(host: string): Bench {
  return {
    name: 'drain',
    shows: `drain of ${JOBS} due no-op jobs, against the same calls made bare`,
    run: async (say) => {
      const measured = []
      for (const limit of [50, 100, 200]) {
        const samples = { ours: [] as number[], bare: [] as number[] }
        const shape = await warmUp(host, limit)
        for (let round = 0; round < ROUNDS; round += 1) {
          samples.ours.push(await drainOurs(host, limit))
          samples.bare.push(await drainBare(host, limit, shape))
        }
        const ours = (JOBS / median(samples.ours)) * 1000
        const bare = (JOBS / median(samples.bare)) * 1000
        const detail = `${Math.round(ours)} of ${Math.round(bare)} jobs/s`
        say(`drain, limit ${limit}: ${detail}`)
        measured.push(
          atLeast(`drain of ${JOBS}, limit = concurrency = batch = ${limit}`, ours / bare, 0.75, detail),
        )
      }
      return measured
    },
  }
}

async function drainOurs(host: string, limit: number): Promise<number> {
  const { documents } = database(host)
  await fill(documents, JOBS)
  const engine = engineOn(documents, limit, [noop()])
  const took = await timed(async () => {
    const { jobs_succeeded } = await tickOn(engine)
    if (jobs_succeeded !== JOBS) throw new Error(`Only ${jobs_succeeded} of ${JOBS} jobs were done.`)
  })
  await documents.close()
  return took
}

/** What a claim and a settle write for one job: the job document, then the run's record. */
interface Shape {
  readonly claim: readonly [Data, Data]
  readonly settle: readonly [Data, Data]
}
type Data = Record<string, unknown>

/** Drains once, to warm the emulator, and keeps what one job's claim and settle wrote. */
async function warmUp(host: string, limit: number): Promise<Shape> {
  const { documents } = database(host)
  const commits: (readonly Change[])[] = []
  const recording: Documents = {
    ...documents,
    commit: (changes) => {
      commits.push(changes)
      return documents.commit(changes)
    },
  }
  await fill(documents, JOBS)
  await tickOn(engineOn(recording, limit, [noop()]))
  await documents.close()
  const claim = pairOf(commits.find((changes) => changes.some(({ kind }) => kind === 'create')))
  const settle = pairOf(commits.find((changes) => changes.every(({ kind }) => kind === 'update')))
  return { claim, settle }
}

function pairOf(changes: readonly Change[] = []): readonly [Data, Data] {
  const [job, run] = changes.map((change) => ('fields' in change ? encode(change.fields) : {}))
  return [job ?? {}, run ?? {}]
}

/** The same query and the same two commits per batch, one after another, with data made beforehand. */
async function drainBare(host: string, limit: number, shape: Shape): Promise<number> {
  const { firestore, documents } = database(host)
  await fill(documents, JOBS)
  const took = await timed(async () => {
    while ((await takeBare(firestore, limit, shape)) > 0);
  })
  await documents.close()
  return took
}

async function takeBare(firestore: Firestore, limit: number, { claim, settle }: Shape): Promise<number> {
  const { docs } = await firestore
    .collection('scheduler_jobs')
    .where('lane', '==', 'default')
    .where('claimable_at', '<=', Timestamp.now())
    .orderBy('claimable_at')
    .limit(limit)
    .get()
  if (docs.length === 0) return 0
  const runs = docs.map(({ id }) => firestore.collection('scheduler_runs').doc(`${id}@bare`))
  const claiming = firestore.batch()
  docs.forEach((doc, n) => {
    const { name: _, ...fields } = claim[0]
    claiming.update(doc.ref, fields, { lastUpdateTime: doc.updateTime })
    claiming.create(runs[n] ?? doc.ref, claim[1])
  })
  const claimed = await claiming.commit()
  const settling = firestore.batch()
  docs.forEach((doc, n) => {
    const { name: _, ...fields } = settle[0]
    settling.update(doc.ref, fields, { lastUpdateTime: timeOf(claimed[2 * n]) })
    settling.update(runs[n] ?? doc.ref, settle[1], { lastUpdateTime: timeOf(claimed[2 * n + 1]) })
  })
  await settling.commit()
  return docs.length
}

function timeOf(result: WriteResult | undefined): Timestamp {
  return result?.writeTime ?? Timestamp.now()
}
