import { atLeast, type Bench, median, timed } from './bar.ts'
import { database, engineOn, fill, noop, tickOn } from './lane.ts'

const JOBS = 2_000
const LIMIT = 100
const ROUNDS = 3

interface Sample {
  readonly took: number
  readonly duplicates: number
  readonly outrun: number
}

/** Four ticks that want the same jobs, against one that has them for itself. */
export function race(host: string): Bench {
  return {
    name: 'race',
    shows: '4 ticks racing on one lane, against one',
    run: async (say) => {
      await drainWith(host, 1)
      const one: Sample[] = []
      const four: Sample[] = []
      for (let round = 0; round < ROUNDS; round += 1) {
        one.push(await drainWith(host, 1))
        four.push(await drainWith(host, 4))
      }
      const speed = (samples: readonly Sample[]) => (JOBS / median(samples.map(({ took }) => took))) * 1000
      const detail = `${Math.round(speed(four))} of ${Math.round(speed(one))} jobs/s, batch ${LIMIT}`
      const outrun = four.map((sample) => sample.outrun).join(', ')
      say(`race: ${detail}; claims lost ${outrun}`)
      const duplicates = four.reduce((sum, sample) => sum + sample.duplicates, 0)
      return [
        atLeast('4 ticks racing on one lane, against one', speed(four) / speed(one), 0.7, detail),
        {
          what: 'jobs that racing ticks performed twice',
          required: '0',
          measured: `${duplicates} of ${ROUNDS * JOBS} (claims lost to each other: ${outrun})`,
          passed: duplicates === 0,
        },
      ]
    },
  }
}

/** Each tick has a client, an engine and connections of its own. */
async function drainWith(host: string, ticks: number): Promise<Sample> {
  const first = database(host)
  await fill(first.documents, JOBS)
  const done: string[] = []
  const others = Array.from({ length: ticks - 1 }, () => database(host, first.project))
  const stores = [first, ...others].map(({ documents }) => documents)
  const engines = stores.map((documents) => engineOn(documents, LIMIT, [noop((job) => done.push(job))]))
  let outrun = 0
  const took = await timed(async () => {
    const reports = await Promise.all(engines.map(tickOn))
    outrun = reports.reduce((sum, report) => sum + report.claims_lost, 0)
  })
  await Promise.all(stores.map((documents) => documents.close()))
  const distinct = new Set(done).size
  if (distinct !== JOBS) throw new Error(`Only ${distinct} of ${JOBS} jobs were done.`)
  return { took, duplicates: done.length - distinct, outrun }
}
