import type { Clock } from '../../../functions/clock.ts'
import { exampleJobs } from '../../../functions/jobs/examples/index.ts'
import type { JobDefinition } from '../../../functions/target/handler.ts'
import { createMemory } from '../../../scripts/dev/demo-service/received.ts'
import { demoFetch } from '../../systems/demo-fetch.ts'
import type { Instance } from './instance.ts'

/** What the jobs of an hour call, as it is at the moment. */
export interface Network {
  /** How long a call of a path takes, in ms. */
  msOf: (path: string) => number
  /** Are calls answered? Else with 503. */
  answers: boolean
  /** The instance that makes the next call of this path stands still in the midst of it; answers how to let it go on. */
  readonly freezeAt: (path: string) => { thaw(): void }
  /** The jobs of an instance, which call over this network. */
  readonly jobsOf: (instance: () => Instance) => readonly JobDefinition[]
}

/** How long a call takes on a good day, in ms. */
export const USUAL_MS = 60

/** Short work of three systems: what a healthy team has. */
const JOBS = [
  'route-broadcast',
  'score-tick',
  'weather-collection',
  'heartbeat',
  'publish-due-posts',
  'page-curation',
]

/** A network behind which the demonstration service stands. */
export function createNetwork(clock: Clock): Network {
  const demo = demoFetch(clock, createMemory(clock))
  const traps = new Map<string, (instance: Instance) => void>()

  async function fetch(instance: Instance, url: URL, init: RequestInit): Promise<Response> {
    const { pathname } = url
    await instance.clock.sleep(network.msOf(pathname), init.signal ?? undefined)
    const answer = network.answers ? await demo.fetch(url, init) : new Response('broken', { status: 503 })
    traps.get(pathname)?.(instance)
    await instance.clock.sleep(1)
    return answer
  }
  const network: Network = {
    msOf: () => USUAL_MS,
    answers: true,
    jobsOf: (instance) => {
      const place = {
        baseUrl: 'http://demo.example',
        fetch: (url: URL, init: RequestInit) => fetch(instance(), url, init),
      }
      return exampleJobs(place).filter(({ name }) => JOBS.includes(name))
    },
    freezeAt: (path) => {
      let caught: Instance | null = null
      traps.set(path, (instance) => {
        traps.delete(path)
        caught = instance
        instance.freeze()
      })
      return { thaw: () => caught?.thaw() }
    },
  }
  return network
}
