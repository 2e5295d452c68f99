import type { Firestore } from '@google-cloud/firestore'
import { atLeast, type Bench, median, timed } from './bar.ts'
import { database, engineOn, fill, noop, tickOn } from './lane.ts'

const JOBS = 300
/** So many of them are measured: the loop's cost per job does not change on the way. */
const SAMPLE = 40
const LIMIT = 100
const ROUNDS = 3

/** The loop that teams have today: it loads all jobs, and saves all of them twice for each that it runs. */
export function oldLoop(host: string): Bench {
  return {
    name: 'old-loop',
    shows: `${JOBS} due jobs, against the old loop's algorithm on the same store`,
    run: async (say) => {
      await ours(host)
      const samples = { ours: [] as number[], old: [] as number[] }
      for (let round = 0; round < ROUNDS; round += 1) {
        samples.ours.push(await ours(host))
        samples.old.push(await old(host))
      }
      const speed = (JOBS / median(samples.ours)) * 1000
      const before = (SAMPLE / median(samples.old)) * 1000
      const detail = `${Math.round(speed)} against ${Math.round(before)} jobs/s`
      say(`old loop: ${detail}`)
      return [atLeast(`${JOBS} jobs, times the old loop`, speed / before, 20, detail)]
    },
  }
}

async function ours(host: string): Promise<number> {
  const { documents } = database(host)
  await fill(documents, JOBS)
  const engine = engineOn(documents, LIMIT, [noop()])
  const took = await timed(() => tickOn(engine))
  await documents.close()
  return took
}

async function old(host: string): Promise<number> {
  const { firestore, documents } = database(host)
  await fill(documents, JOBS)
  const took = await timed(async () => {
    const { docs } = await firestore.collection('scheduler_jobs').get()
    const jobs = docs.map((doc) => ({ ref: doc.ref, data: { ...doc.data() } }))
    for (const job of jobs.slice(0, SAMPLE)) {
      job.data.status = 'running'
      await saveAll(firestore, jobs)
      job.data.status = 'completed'
      await saveAll(firestore, jobs)
    }
  })
  await documents.close()
  return took
}

type Loaded = { readonly ref: FirebaseFirestore.DocumentReference; readonly data: Record<string, unknown> }

async function saveAll(firestore: Firestore, jobs: readonly Loaded[]): Promise<void> {
  const batch = firestore.batch()
  for (const { ref, data } of jobs) batch.set(ref, data)
  await batch.commit()
}
