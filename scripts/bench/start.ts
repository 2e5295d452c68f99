import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startFunction } from '../../test/support/function-process.ts'
import { buildUpload, UPLOAD } from '../build/upload.ts'
import { atMost, type Bench, median } from './bar.ts'

const ROUNDS = 9
/** What a deployment uploads. */
const OURS = join(UPLOAD, 'index.js')
const UNBUNDLED = pathOf('../../functions/index.ts')
const BARE = pathOf('./bare-function.ts')

/** From the start of the process, as it is deployed, to its first answered tick, against a function that only imports Firestore and answers. */
export function start(host: string): Bench {
  return {
    name: 'start',
    shows:
      'start of the process to the first tick answered, against the bare framework with Firestore imported',
    run: async (say) => {
      await buildUpload()
      const samples = {
        ours: [] as number[],
        unbundled: [] as number[],
        bare: [] as number[],
        calling: [] as number[],
      }
      await startOnce(host, OURS)
      for (let round = 0; round < ROUNDS; round += 1) {
        samples.ours.push(await startOnce(host, OURS))
        samples.unbundled.push(await startOnce(host, UNBUNDLED))
        samples.bare.push(await startOnce(host, BARE))
        samples.calling.push(await startOnce(host, BARE, { BARE_CALLS: 'yes' }))
      }
      const ours = median(samples.ours)
      const bare = median(samples.bare)
      const calling = median(samples.calling)
      const detail = `${Math.round(ours)} ms against ${Math.round(bare)} ms, medians of ${ROUNDS}`
      say(`start: ${detail}; ${Math.round(calling)} ms for a bare function that makes the same two calls`)
      say(`start: ${Math.round(median(samples.unbundled))} ms for the source, not bundled`)
      return [
        atMost('start to first tick, against the bare framework', ours / bare, 1.25, detail),
        atMost(
          '... against the bare framework making the same two store calls',
          ours / calling,
          1.25,
          `${Math.round(ours)} ms against ${Math.round(calling)} ms`,
        ),
      ]
    },
  }
}

async function startOnce(host: string, source: string, more: Record<string, string> = {}): Promise<number> {
  const began = performance.now()
  const env = {
    SCHEDULER_STORAGE: 'firestore',
    GOOGLE_CLOUD_PROJECT: `bench-${randomUUID().slice(0, 20)}`,
    FIRESTORE_EMULATOR_HOST: host,
    NODE_COMPILE_CACHE: '',
    ...more,
  }
  const server = await startFunction(env, source)
  const { status } = await server.tick()
  const took = performance.now() - began
  await server.kill()
  if (status !== 200) throw new Error(`The first tick was answered ${status}: ${server.output()}`)
  return took
}

function pathOf(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url))
}
