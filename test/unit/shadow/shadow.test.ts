import { expect, test } from 'vitest'
import { MOVED } from '../../../functions/rollout/stage.ts'
import { createShadow } from '../../../functions/shadow/shadow.ts'
import type { Context, JobDefinition } from '../../../functions/target/handler.ts'
import { minutely, START, setup } from '../../support/engine.ts'
import { all } from '../../support/moving.ts'

const ROLLOUT = { ...MOVED, stage: 3 }
const REQUEST = { lane: 'default', dwell_seconds: null }
const RUNS = { equals: 'default', limit: 100 } as const

/** Jobs that fall due, and a shadow of the ticks. */
async function shadowing(jobs: readonly JobDefinition[]) {
  const fresh = await setup(jobs)
  const create = (rollout = ROLLOUT) => createShadow(fresh.engine, fresh.documents, 'tick', rollout)
  const stop = new AbortController()
  const shadow = create()
  const pass = (one = shadow) => fresh.passing(one.pass(REQUEST, stop.signal))
  await pass()
  await fresh.clock.advance(60_000)
  return {
    ...fresh,
    create,
    pass,
    stop,
    live: async () => [
      await all(fresh.store, { shape: 'due', ...RUNS }),
      await all(fresh.store, { shape: 'runs', ...RUNS }),
      await all(fresh.store, { shape: 'ticks', ...RUNS }),
    ],
    rehearsed: async () =>
      (await all(fresh.store, { shape: 'shadow_runs', ...RUNS })).map(({ fields }) => fields),
  }
}

const RUN = { policies: { shadow: 'run' } } as const

async function post({ effect }: Context<unknown>): Promise<string> {
  return effect('post', {}, async () => 'live', { shadow: 'shadow' })
}

test('a pass does in shadow what is due, and leaves every live document as it is', async () => {
  const { pass, live, rehearsed } = await shadowing([minutely('a', post, RUN), minutely('b', post)])
  const before = await live()
  await pass()
  expect(await live()).toEqual(before)
  const [a, b] = (await rehearsed()).toSorted((x, y) => (String(x.id) < String(y.id) ? -1 : 1))
  expect(a).toMatchObject({ job: 'a', status: 'succeeded', result: '"shadow"', intents: { count: 1 } })
  expect(b).toMatchObject({ job: 'b', status: 'succeeded', result: null, intents: null })
})

test('everything that happens in it is told as the shadow’s', async () => {
  const { pass, events } = await shadowing([minutely('a', post, RUN)])
  await pass()
  expect(events.length).toBeGreaterThan(3)
  for (const event of events) expect(event).toMatchObject({ kind: 'in_shadow', path: 'tick' })
})

test('what it asks of the cache is left to the live ticks to tell', async () => {
  const { pass, engine, events } = await shadowing([
    minutely('a', ({ cache }) => cache('key', async () => 1), RUN),
  ])
  await pass()
  expect(events.at(-1)).toMatchObject({ event: { report: { cache_hits: 0, cache_misses: 0 } } })
  expect(engine.cache.untold()).toEqual({ hits: 0, misses: 1 })
})

test('it never rejects, whatever its store does, and tells of it', async () => {
  const { pass, documents, events } = await shadowing([minutely('a', post, RUN)])
  documents.reads.push('unreachable')
  await expect(pass()).resolves.toBeUndefined()
  expect(events.at(-1)).toMatchObject({ event: { kind: 'store_trouble', action: 'the shadow' } })
  documents.reads.push(() => {
    throw new Error('something else')
  })
  await expect(pass()).resolves.toBeUndefined()
  expect(events.at(-1)).toMatchObject({ event: { kind: 'unexpected', where: 'the shadow' } })
})

test('it leaves jobs alone that it may not shadow', async () => {
  const { pass, create, rehearsed } = await shadowing([minutely('a', post, RUN), minutely('b', post, RUN)])
  await pass(create({ ...ROLLOUT, canary_jobs: ['a'] }))
  expect((await rehearsed()).map(({ job }) => job)).toEqual(['b'])
})

test('it leaves jobs alone that stand as another comparison began them', async () => {
  const { pass, create, rehearsed, documents } = await shadowing([minutely('a', post, RUN)])
  documents.commits.push('never_arrived')
  await pass(create({ ...ROLLOUT, canary_jobs: ['z'] }))
  expect(await rehearsed()).toEqual([])
})

test('a run that it is cut off from is settled as planned', async () => {
  const { pass, rehearsed, stop, clock } = await shadowing([
    minutely('a', ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', reject)), RUN),
  ])
  void clock.sleep(20_000).then(() => stop.abort())
  await pass()
  expect(clock.now()).toBeLessThan(START + 60_000 + 22_000)
  expect(await rehearsed()).toMatchObject([
    { status: 'succeeded', intents: null, attempts: [{ outcome: 'succeeded' }] },
  ])
})

test('it shares no load of the cache with a live handler, which could wait for it', async () => {
  const waits: (() => void)[] = []
  const { pass, passing, tick, stop, run } = await shadowing([
    minutely(
      'a',
      async (context) => {
        const isLive = (await post(context)) === 'live'
        return context.cache('key', () =>
          isLive ? Promise.resolve('loaded') : new Promise((done) => waits.push(() => done(0))),
        )
      },
      RUN,
    ),
  ])
  const hanging = pass()
  await passing(tick())
  expect((await run('a', START + 60_000)).result).toBe('"loaded"')
  expect(waits.length).toBe(1)
  stop.abort()
  await hanging
})
