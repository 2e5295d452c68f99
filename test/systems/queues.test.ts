import { afterEach, describe, expect, it } from 'vitest'
import { queueJobs } from '../../functions/jobs/examples/queues/jobs.ts'
import { areEmpty, fill, itemsIn, QUEUES } from '../support/queue-items.ts'
import facts from './systems.json' with { type: 'json' }
import { world } from './world.ts'

const START = '2030-01-31T12:00:30.000Z'
const MINUTE = 60_000

/** A queue as it ran before it moved here. */
interface Fact {
  readonly name: string
  readonly every_seconds: number
  readonly batch: number
  readonly max_instances: number
  readonly misfire_grace_seconds?: number
  readonly collection?: string
  readonly status_field?: string
  readonly error_field?: string
  readonly seconds_per_item?: unknown
}

const systems: readonly { readonly name: string; readonly jobs: readonly unknown[] }[] = facts.systems
const known = systems.find(({ name }) => name === 'queues')?.jobs as readonly Fact[]
const declared = queueJobs({ baseUrl: 'http://demo.example' })

let open: Awaited<ReturnType<typeof world>> | null = null
afterEach(async () => {
  await open?.close()
  open = null
})

async function setup() {
  open = await world({ start: START, only: declared.map(({ name }) => name) })
  return open
}

describe('the six queues', () => {
  it('are those that there were, with their intervals, batches, instances and misfire windows', () => {
    const found = declared.map(({ name, schedule, policies, work }) => {
      if (work.kind !== 'queue') throw new Error(`${name} is no queue`)
      const { batch, collection, status_field, error_field } = work.queue
      return {
        name,
        every_seconds: typeof schedule === 'string' && Number(/^@every (\d+)s$/.exec(schedule)?.[1]),
        batch,
        max_instances: policies.max_instances ?? 1,
        misfire_grace_seconds: policies.catchup_window_seconds ?? undefined,
        collection,
        status_field,
        error_field,
        seconds_per_item: undefined,
      }
    })
    expect(found).toHaveLength(6)
    expect(found).toMatchObject(known.map((one) => ({ ...one, seconds_per_item: undefined })))
    const named = found.map(({ name: job, collection, status_field, error_field }) => {
      return { job, collection, status_field, error_field }
    })
    expect(named).toEqual(QUEUES)
  })

  it('work at their own pace, each item once, until nothing is left', async () => {
    const { clock, documents, done, memory, startTriggers, of } = await setup()
    const sizes = { domains: 100, places: 25, local_businesses: 60, sitemap_files: 60, pages: 40 }
    for (const [collection, count] of Object.entries(sizes)) await done(fill(documents, collection, count))
    startTriggers()
    const scans = () =>
      memory.all('results').filter(({ body }) => (body as { step: string }).step === 'deep-scan')
    await clock.advance(5 * MINUTE)
    expect(scans()).toHaveLength(10)
    await clock.advance(5 * MINUTE)
    expect(scans()).toHaveLength(20)
    await clock.advance(5 * MINUTE)
    expect(await done(areEmpty(documents))).toBe(true)
    for (const queue of QUEUES) {
      const items = await done(itemsIn(documents, queue, 'Complete'))
      expect(items.length, queue.job).toBe(sizes[queue.collection as keyof typeof sizes])
    }
    expect(memory.summary(1)).toMatchObject({ counts: { results: 385 }, repeated: 0 })
    expect(of('run_settled').every(({ outcome }) => outcome === 'succeeded')).toBe(true)
  })

  it('go on where the place that they deliver to was broken for a while', async () => {
    const { clock, documents, done, memory, startTriggers, breakDemo } = await setup()
    await done(fill(documents, 'pages', 30))
    breakDemo(503)
    startTriggers()
    await clock.advance(1.6 * MINUTE)
    expect(memory.summary(1).counts).toEqual({})
    breakDemo(0)
    await clock.advance(6 * MINUTE)
    expect(await done(itemsIn(documents, QUEUES[5]!, 'Complete'))).toHaveLength(30)
    expect(memory.summary(1)).toMatchObject({ counts: { results: 30 }, repeated: 0 })
  })
})
