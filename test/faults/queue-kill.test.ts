import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Stored } from '../../functions/store/documents.ts'
import { leaseOf } from '../../functions/target/queue/lease.ts'
import { chance } from '../simulation/random.ts'
import { type Delivered, type Desk, openDesk } from '../support/desk.ts'
import { WITHOUT_FIRESTORE } from '../support/firestore.ts'
import type { FunctionProcess } from '../support/function-process.ts'
import { areEmpty, fill, itemsIn, QUEUES } from '../support/queue-items.ts'
import { type FirestoreScene, firestoreScene, jsonScene, type Scene } from '../support/scene.ts'

const SOURCE = fileURLToPath(new URL('../support/queue-function.ts', import.meta.url))
const FLAGS = { SCHEDULER_LANES: 'low', SCHEDULER_LEASE_SECONDS: '10', SCHEDULER_CONCURRENCY: '8' }
const WORKERS = 3
const KILLS = 5
const PATIENCE_MS = 60_000

/** In the file; its queue works five at once. */
const PAGES = 25
const CONCURRENCY = 5

/** Five hundred items: the domains are in two queues. */
const SIZES = { domains: 100, places: 70, local_businesses: 80, sitemap_files: 80, pages: 70 }
const ITEMS = Object.values(SIZES).reduce((sum, size) => sum + size, SIZES.domains)

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Ticks a process, and after its death the next one, until `isOver`. */
async function keepWorking(
  start: () => Promise<FunctionProcess>,
  become: (one: FunctionProcess) => void,
  isOver: () => boolean,
) {
  while (!isOver()) {
    const server = await start()
    become(server)
    while (!isOver() && server.child.exitCode === null && server.child.signalCode === null) {
      const answered = await server.tick({ lane: 'low' }).catch(() => null)
      if (answered === null) break
      await pause(200)
    }
  }
}

const onFirestore = {
  kills: 0,
  /** Deliveries that came although the store had them recorded as done, or not as begun. */
  again: [] as Delivered[],
  complete: new Map<string, readonly Stored[]>(),
}
let desk: Desk
let shared: FirestoreScene
const onJson = { complete: 0, isEmpty: false }
let jsonDesk: Desk
let file: Scene

// Both at once: most of the time goes by in waiting for leases to run out.
beforeAll(async () => {
  await Promise.all([killOnJson(), ...(WITHOUT_FIRESTORE ? [] : [killOnFirestore()])])
}, PATIENCE_MS + 30_000)
afterAll(async () => {
  await Promise.all([file, jsonDesk, ...(WITHOUT_FIRESTORE ? [] : [shared, desk])].map((one) => one.close()))
})

async function killOnFirestore(): Promise<void> {
  desk = await openDesk()
  shared = await firestoreScene()
  const { documents } = shared
  for (const [collection, count] of Object.entries(SIZES)) await fill(documents, collection, count)
  const luck = chance(7)
  const points = new Set(Array.from({ length: KILLS }, (_, n) => 20 * n + luck.whole(5, 24)))
  const servers: (FunctionProcess | null)[] = Array.from({ length: WORKERS }, () => null)
  const living = () => servers.filter((one) => one !== null && one.child.signalCode === null)
  desk.onDelivery = async (one) => {
    const place = desk.delivered.length
    const { value } = await documents.get([{ collection: 'scheduler_effects', id: one.key }])
    if (value[0]?.fields.state !== 'started') onFirestore.again.push(one)
    await pause(luck.whole(5, 30))
    if (!points.has(place)) return
    onFirestore.kills += 1
    await luck.pick(living())?.kill()
  }
  let isOver = false
  const working = servers.map((_, n) =>
    keepWorking(
      () => shared.start({ ...FLAGS, DESK_URL: desk.url }, SOURCE),
      (server) => {
        servers[n] = server
      },
      () => isOver,
    ),
  )
  const end = Date.now() + PATIENCE_MS
  while (Date.now() < end && !(await areEmpty(documents))) await pause(300)
  isOver = true
  await Promise.all(working)
  for (const queue of QUEUES) onFirestore.complete.set(queue.job, await itemsIn(documents, queue, 'Complete'))
}

async function killOnJson(): Promise<void> {
  jsonDesk = await openDesk()
  file = await jsonScene()
  await file.store((documents) => fill(documents, 'pages', PAGES))
  const start = () => file.start({ ...FLAGS, DESK_URL: jsonDesk.url }, SOURCE)
  const first = await start()
  jsonDesk.onDelivery = async () => {
    if (jsonDesk.delivered.length === 8) await first.kill()
  }
  while (first.child.signalCode === null) await first.tick({ lane: 'low' }).catch(() => null)
  const second = await start()
  const end = Date.now() + PATIENCE_MS
  const keys = () => new Set(jsonDesk.delivered.map(({ key }) => key)).size
  while (Date.now() < end && keys() < PAGES) {
    await second.tick({ lane: 'low' })
    await pause(200)
  }
  // The file has one user at a time; a process that is told to stop ends its items first.
  second.child.kill('SIGTERM')
  await second.ended
  const queues = QUEUES.filter(({ collection }) => collection === 'pages')
  await file.store(async (documents) => {
    onJson.isEmpty = await areEmpty(documents, queues)
    onJson.complete = (
      await Promise.all(queues.map((one) => itemsIn(documents, one, 'Complete')))
    ).flat().length
  })
}

const allComplete = () => [...onFirestore.complete.values()].flat()

describe.skipIf(WITHOUT_FIRESTORE)('six queues on Firestore, whose workers are killed at random', () => {
  it('come to an end: nothing is queued or in work any more', async () => {
    expect(onFirestore.kills).toBe(KILLS)
    expect(await areEmpty(shared.documents)).toBe(true)
  })

  it('complete at least nine items of ten, and say of the others why not', async () => {
    expect(allComplete().length / ITEMS).toBeGreaterThanOrEqual(0.9)
    for (const queue of QUEUES)
      for (const { fields } of await itemsIn(shared.documents, queue, 'Error'))
        expect(fields[queue.error_field]).toMatch(/./)
  })

  it('deliver every item under one key, never at once, and never again when that was recorded as done', () => {
    const byItem = Map.groupBy(desk.delivered, ({ step, item }) => `${step} ${item}`)
    for (const [item, delivered] of byItem)
      expect(new Set(delivered.map(({ key }) => key)).size, item).toBe(1)
    expect(byItem.size).toBeGreaterThanOrEqual(allComplete().length)
    expect(onFirestore.again).toEqual([])
    expect(desk.mostAtOnce()).toBe(1)
  })

  it('had items that a dead worker left, and took them over', () => {
    const attempts = QUEUES.flatMap((queue) =>
      (onFirestore.complete.get(queue.job) ?? []).map(({ fields }) => leaseOf(queue, fields)?.attempt ?? 0),
    )
    expect(Math.max(...attempts)).toBeGreaterThan(1)
  })
})

describe('a queue on the JSON file, in one process that is killed', () => {
  it('is worked to its end by the next', () => {
    expect(onJson).toEqual({ isEmpty: true, complete: PAGES })
  })

  it('delivers again only what was under way, under its key', () => {
    const { delivered } = jsonDesk
    expect(new Set(delivered.map(({ key }) => key)).size).toBe(PAGES)
    expect(delivered.length).toBeGreaterThan(PAGES)
    expect(delivered.length).toBeLessThanOrEqual(PAGES + CONCURRENCY)
  })
})
