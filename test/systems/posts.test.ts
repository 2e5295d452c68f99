import { describe, expect, it } from 'vitest'
import { connect } from '../../functions/jobs/examples/api.ts'
import { publishDuePosts } from '../../functions/jobs/examples/posts/publish-due-posts.ts'
import { type Documents, SHAPES } from '../../functions/store/documents.ts'
import { createCache } from '../../functions/target/cache.ts'
import { tick } from '../../functions/tick/tick.ts'
import { START, setup as setupEngine } from '../support/engine.ts'
import type { VirtualClock } from '../support/virtual-clock.ts'
import { systemNamed } from './facts.ts'

const MINUTE = 60_000
const NETWORK_MS = 200
const WORKSPACES = ['w1', 'w2', 'w3', 'w4']

interface Post {
  readonly id: string
  readonly workspace: string
  readonly content: string
  readonly media_url: string | null
}

/** A network of posts: every call takes its time, and a post ends as it is told to. */
function network(sleep: (ms: number) => Promise<void>) {
  const due: Post[] = []
  const endings = new Map<string, number | 'down'>()
  const sent: { path: string; id: string; key: string | null }[] = []

  async function fetch({ pathname, searchParams }: URL, init: RequestInit): Promise<Response> {
    await sleep(NETWORK_MS)
    if (pathname === '/posts/due') return Response.json(due.slice(0, Number(searchParams.get('limit'))))
    if (pathname.endsWith('/settings')) return Response.json({ account: pathname, posts_a_minute: 10_000 })
    const { id, workspace } = (await new Response(init.body ?? '{}').json()) as Partial<Post>
    const ending = pathname === '/posts' ? endings.get(id ?? '') : undefined
    if (ending === 'down') throw new TypeError('fetch failed')
    if (ending !== undefined) return new Response('refused', { status: ending })
    const about = id ?? workspace ?? ''
    sent.push({ path: pathname, id: about, key: new Headers(init.headers).get('idempotency-key') })
    const place = due.findIndex((post) => post.id === id)
    if (place >= 0) due.splice(place, 1)
    return Response.json({ id: about })
  }
  return { due, endings, sent, fetch }
}

/** The job on the real engine and a virtual clock, with as many posts due as asked for. */
async function setup(posts: number, pace?: { batch: number; concurrency: number }) {
  let clock: VirtualClock | null = null
  const net = network(async (ms) => clock?.sleep(ms))
  for (let n = 0; n < posts; n++) {
    const workspace = WORKSPACES[n % WORKSPACES.length]!
    net.due.push({ id: `p${n}`, workspace, content: 'Hello', media_url: null })
  }
  const job = publishDuePosts(connect({ baseUrl: 'http://posts.example', fetch: net.fetch }), pace)
  const fresh = await setupEngine([{ ...job, lane: null }])
  clock = fresh.clock
  const { documents, calls } = counting(fresh.documents)
  const engine = { ...fresh.engine, documents, cache: createCache(300, fresh.clock) }
  let runs = 0
  return {
    ...net,
    calls,
    cache: engine.cache,
    /** The next run; answers its record. */
    run: async () => {
      const at = START + 5 * MINUTE * ++runs
      await fresh.clock.advanceTo(at)
      await fresh.passing(tick(engine, { lane: 'default', dwell_seconds: null }))
      const run = await fresh.run('publish-due-posts', at)
      const took = (run.finished_at ?? Number.NaN) - run.started_at
      return { ...run, took, told: run.result === null ? null : (JSON.parse(run.result) as unknown) }
    },
  }
}

/** Counts the calls of the store, those for effects apart. */
function counting(store: Documents) {
  const calls = { effects: 0, others: 0 }
  const count = (collections: readonly string[]) => {
    calls[collections.includes('scheduler_effects') ? 'effects' : 'others'] += 1
  }
  const documents: Documents = {
    get: (refs) => {
      count(refs.map(({ collection }) => collection))
      return store.get(refs)
    },
    query: (query) => {
      count(['shape' in query ? SHAPES[query.shape].collection : query.collection])
      return store.query(query)
    },
    commit: (changes) => {
      count(changes.map(({ ref }) => ref.collection))
      return store.commit(changes)
    },
    close: () => store.close(),
  }
  return { documents, calls }
}

describe('the posts that are due', () => {
  it('are taken as the system had it: every five minutes, twenty at a time', async () => {
    const [facts] = systemNamed('posts').jobs
    expect(facts).toMatchObject({ cron: '*/5 * * * *', batch: 20, concurrency: 5, cache_ttl_seconds: 300 })
    const job = publishDuePosts(connect({ baseUrl: 'http://posts.example' }))
    expect(job).toMatchObject({ name: facts?.name, schedule: facts?.cron })
    const { run, sent, due } = await setup(50)
    expect((await run()).items).toEqual({ processed: 20, succeeded: 20, failed: 0 })
    await run()
    expect([sent.length, due.length]).toEqual([40, 10])
  })

  it('take at least 70 % less time than one after another', async () => {
    const together = await (await setup(20)).run()
    const alone = await (await setup(20, { batch: 20, concurrency: 1 })).run()
    expect(together.items?.succeeded).toBe(20)
    expect(alone.items?.succeeded).toBe(20)
    expect(together.took).toBeLessThan(0.3 * alone.took)
  })

  it('cost fewer than five store calls a batch, apart from their effects', async () => {
    const { run, calls } = await setup(20)
    const begun = { ...calls }
    await run()
    // The tick's own record, and the look that finds that nothing else is due, are no part of the batch.
    expect(calls.others - begun.others).toBeLessThan(5 + 2)
    expect(calls.effects).toBeLessThanOrEqual(4 * 20)
  })

  it('read the settings of their workspaces from the cache, over 70 % of the time', async () => {
    const { run, cache } = await setup(60)
    for (let n = 0; n < 3; n++) await run()
    const { hits, misses } = cache.counts()
    expect(hits + misses).toBe(60)
    expect(hits / 60).toBeGreaterThan(0.7)
  })

  it('fail in less than one of twenty when one of forty does', async () => {
    const { run, endings } = await setup(40)
    endings.set('p7', 'down')
    const [first, second] = [await run(), await run()]
    const failed = (first.items?.failed ?? 0) + (second.items?.failed ?? 0)
    expect(failed / 40).toBeLessThanOrEqual(0.05)
    expect([first.status, second.status]).toEqual(['succeeded', 'succeeded'])
  })
})

describe('a post that does not go out', () => {
  it('for a moment’s trouble of the network is published by the next run', async () => {
    const { run, endings, sent } = await setup(8)
    endings.set('p3', 'down')
    const first = await run()
    expect(first).toMatchObject({ status: 'succeeded', items: { succeeded: 7, failed: 1 } })
    expect(first.told).toMatchObject({
      troubles: { network: 1 },
      errors: [{ item: 'p3', error: 'fetch failed', retryable: true }],
    })
    endings.clear()
    expect((await run()).items).toEqual({ processed: 1, succeeded: 1, failed: 0 })
    expect(new Set(sent.map(({ key }) => key)).size).toBe(8)
  })

  it('since its workspace has sent too many keeps the others of that workspace back, and no one else’s', async () => {
    const { run, endings, sent } = await setup(20)
    endings.set('p0', 429)
    const { told, items } = await run()
    expect(told).toMatchObject({ troubles: { rate_limited: 1 } })
    const put = (told as { errors: { item: string; error: string }[] }).errors
    expect(put.filter(({ error }) => error.startsWith('Put off')).length).toBe((items?.failed ?? 0) - 1)
    expect(put.every(({ item }) => Number(item.slice(1)) % 4 === 0)).toBe(true)
    expect(sent.filter(({ path }) => path === '/posts').length).toBe(20 - (items?.failed ?? 0))
    endings.clear()
    await run()
    expect(sent.filter(({ path }) => path === '/posts').length).toBe(20)
  })

  it('since its workspace’s token has expired tells that workspace, once a run', async () => {
    const { run, endings, sent } = await setup(20)
    for (const n of [1, 5, 9]) endings.set(`p${n}`, 401)
    const { status, told } = await run()
    expect(status).toBe('succeeded')
    expect(told).toMatchObject({
      errors: expect.arrayContaining([expect.objectContaining({ retryable: false })]),
    })
    expect(sent.filter(({ path }) => path === '/reconnects').map(({ id }) => id)).toEqual(['w2'])
  })

  it('since its picture cannot be had is given back to its author, and not tried again', async () => {
    const { run, endings, sent, due } = await setup(8)
    endings.set('p2', 422)
    const { told } = await run()
    expect(told).toMatchObject({ troubles: { bad_media: 1 }, errors: [{ item: 'p2', retryable: false }] })
    expect(sent.filter(({ path }) => path === '/refusals').map(({ id }) => id)).toEqual(['p2'])
    expect(due).toEqual([])
  })

  it('with all the others makes the run one to be tried again', async () => {
    const { run, endings } = await setup(4)
    for (let n = 0; n < 4; n++) endings.set(`p${n}`, 'down')
    expect(await run()).toMatchObject({
      status: 'retry',
      error: 'All 4 items failed; the first, p0: fetch failed',
      items: { processed: 4, succeeded: 0, failed: 4 },
    })
  })
})
