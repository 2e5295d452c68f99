import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../functions/config.ts'
import { performanceRoutes } from '../../functions/http/performance.ts'
import { answerProblem } from '../../functions/http/problem.ts'
import type { Vars } from '../../functions/http/surface.ts'
import { liveClaimant } from '../../functions/rollout/live.ts'
import { MOVED } from '../../functions/rollout/stage.ts'
import { JobFailure } from '../../functions/target/failure.ts'
import { tick as runTick } from '../../functions/tick/tick.ts'
import { minutely, setup as setupEngine } from '../support/engine.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** What an answer may hold, as far as these tests look into it. */
interface Answer {
  readonly message: string
  readonly removed: number
  readonly data: {
    readonly window: { readonly from: string }
    readonly performance: {
      readonly activeTransactions: number
      readonly globalMetrics: object
      readonly recentErrors: unknown
    }
    readonly paths: Readonly<Record<'legacy' | 'tick', Readonly<Record<string, unknown>>>>
    readonly active: readonly unknown[]
    readonly recent: readonly unknown[]
  }
}

/** The routes over what a real engine did on both paths. */
async function setup(env: Record<string, string> = {}, ...jobs: Parameters<typeof setupEngine>[0]) {
  const fresh = await setupEngine(jobs)
  const { engine, clock, store } = fresh
  const config = loadConfig(env)
  let ids = 0
  const routes = performanceRoutes({
    documents: store,
    config,
    clock,
    cache: engine.cache,
    newId: () => `audit-${ids++}`,
  })
  const app = new Hono<Vars>()
  app.use((c, next) => {
    const known = { services: [], job_types: [], roles: ['operator' as const], by: 'id_token' as const }
    c.set('caller', { ...known, email: 'ops@example.com', name: 'ops@example.com' })
    return next()
  })
  app.get('/api/performance', routes['GET /api/performance'])
  app.post('/api/performance', routes['POST /api/performance'])
  app.onError((error, c) => answerProblem(c, error))
  const asked = async (path: string, init?: RequestInit) => {
    const response = await app.request(path, init)
    return { status: response.status, body: (await response.json()) as Answer }
  }
  const minute = async (path: 'legacy' | 'tick') => {
    await clock.advanceTo(Math.floor(clock.now() / MINUTE + 1) * MINUTE)
    const claimant = liveClaimant(path, { ...MOVED, stage: path === 'legacy' ? 1 : 5 })
    await fresh.passing(runTick({ ...engine, claimant }, { lane: 'default', dwell_seconds: null }))
  }
  return {
    ...fresh,
    minute,
    get: async (query = '') => asked(`/api/performance${query}`),
    post: async (body: unknown) =>
      asked('/api/performance', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
  }
}

describe('GET /api/performance', () => {
  it('sums up stored ticks and runs, with the names that clients know', async () => {
    const { minute, get } = await setup(
      {},
      minutely('works', async () => {}),
    )
    await minute('tick')
    await minute('tick')
    const { status, body } = await get('?type=summary')
    expect(status).toBe(200)
    expect(body).toMatchObject({
      success: true,
      type: 'summary',
      data: {
        window: { ticks: 2, runs: 2, complete: true },
        performance: {
          activeTransactions: 0,
          totalTransactions: 2,
          globalMetrics: {
            jobs_processed: { samples: 2, avg: 1, min: 1, max: 1 },
            api_call_time: { samples: 2, min: 0 },
          },
          recentErrors: [],
        },
        cache: {
          scope: 'instance',
          revision: 'local',
          size: 0,
          hits: 0,
          misses: 0,
          hitRate: null,
          evictions: 0,
        },
      },
    })
    expect(Object.keys(body.data.performance.globalMetrics)).toEqual([
      'total_duration',
      'jobs_processed',
      'database_query_time',
      'api_call_time',
    ])
  })

  it('puts both paths side by side', async () => {
    let fails = false
    const work = minutely(
      'works',
      async () => {
        if (fails) throw new JobFailure('refused', { retryable: false })
      },
      { policies: { max_attempts: 1 } },
    )
    const { minute, get, clock } = await setup({}, work)
    for (const path of ['legacy', 'tick', 'tick', 'legacy'] as const) {
      fails = path === 'legacy'
      await minute(path)
    }
    await clock.advance(MINUTE)
    const { data } = (await get()).body
    expect(data.paths.legacy).toMatchObject({ ticks: 2, runs: 2, success_rate: 0, error_rate: 1 })
    expect(data.paths.tick).toMatchObject({ ticks: 2, runs: 2, success_rate: 1, error_rate: 0 })
    expect(data.paths.tick.store_calls_per_run).toBeGreaterThan(1)
    expect(data.paths.tick.lateness_ms).toMatchObject({ samples: 2, p95: 0 })
    expect(data.performance.recentErrors).toMatchObject([
      { job: 'works', error: 'refused' },
      { job: 'works', error: 'refused' },
    ])
  })

  it('answers the same from every instance but for its cache, which says so', async () => {
    const { minute, get, engine, beside } = await setup(
      {},
      minutely('works', async () => {}),
    )
    await minute('tick')
    await engine.cache.get('w1:settings', async () => 1)
    await engine.cache.get('w1:settings', async () => 1)
    expect((await get('?type=cache')).body.data).toMatchObject({ scope: 'instance', hits: 1, hitRate: 0.5 })
    expect(beside().engine.cache.counts()).toMatchObject({ hits: 0 })
  })

  it('lists the newest runs, and those in flight apart', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const { clock, minute, tick, get } = await setup(
      {},
      minutely('works', async () => ({ sent: 1 })),
      minutely('hangs', () => promise),
    )
    await clock.advance(MINUTE)
    const ticking = tick()
    await clock.advance(1000)
    const { data } = (await get('?type=transactions&limit=1')).body
    expect(data.active).toMatchObject([
      { job: 'hangs', status: 'running', finished_at: null, duration_ms: null },
    ])
    expect(data.recent).toMatchObject([{ job: 'works', status: 'succeeded', attempts: 1, path: 'tick' }])
    expect((await get()).body.data.performance.activeTransactions).toBe(1)
    resolve()
    await clock.advance(1000)
    await ticking
    await minute('tick')
    expect((await get('?type=transactions&limit=1')).body.data.recent.length).toBe(1)
  })

  it('reads so much and no more, and says from when on it is whole', async () => {
    const { store, clock, get } = await setup()
    const ticks = Array.from({ length: 1_200 }, (_, n) => ({
      kind: 'create' as const,
      ref: { collection: 'scheduler_ticks', id: `t${n}` } as const,
      fields: {
        lane: 'default',
        status: 'ok',
        started_at: clock.now() - n * 1000,
        duration_ms: 5,
        jobs_due: 1,
      },
    }))
    for (let n = 0; n < ticks.length; n += 400) await store.commit(ticks.slice(n, n + 400))
    const { window } = (await get('?type=metrics')).body.data
    expect(window).toMatchObject({ complete: false, ticks: 999 })
    expect(Date.parse(window.from)).toBe(clock.now() - 999 * 1000 + 1)
  })

  it('has nothing to show when it is switched off, and says how to switch it on', async () => {
    const { get, post } = await setup({ ENABLE_PERFORMANCE_MONITORING: 'false' })
    for (const { status, body } of [await get(), await post({ action: 'cleanup_cache' })]) {
      expect(status).toBe(404)
      expect(body.message).toContain('ENABLE_PERFORMANCE_MONITORING=true')
    }
  })

  it.each(['?type=all', '?limit=0', '?limit=101', '?limit=ten', '?since=1'])('refuses %s', async (query) => {
    expect((await (await setup()).get(query)).status).toBe(400)
  })
})

describe('POST /api/performance', () => {
  it('forgets the cached values of one workspace, also those of the shadow, and leaves the others', async () => {
    const { post, engine } = await setup()
    for (const key of ['w1:settings', 'in shadow: w1:settings', 'w12:settings', 'w2:settings'])
      await engine.cache.get(key, async () => 1)
    const { body } = await post({ action: 'invalidate_cache', workspaceId: 'w1' })
    expect(body).toMatchObject({ success: true, action: 'invalidate_cache', removed: 2, scope: 'instance' })
    expect(engine.cache.counts().size).toBe(2)
    expect((await post({ action: 'invalidate_cache' })).body.removed).toBe(2)
  })

  it('lets go of cached values whose time is over', async () => {
    const { post, engine, clock } = await setup()
    await engine.cache.get('a', async () => 1)
    await clock.advance(30_000)
    await engine.cache.get('b', async () => 1)
    await clock.advance(31_000)
    expect((await post({ action: 'cleanup_cache' })).body.removed).toBe(1)
    expect(engine.cache.counts().size).toBe(1)
  })

  it('deletes old ticks, so many at once, and records who did', async () => {
    const { post, store, clock } = await setup()
    const ticks = Array.from({ length: 700 }, (_, n) => ({
      kind: 'create' as const,
      ref: { collection: 'scheduler_ticks', id: `t${n}` } as const,
      fields: { lane: 'default', status: 'ok', started_at: clock.now() - 3 * HOUR + (n * MINUTE) / 10 },
    }))
    for (let n = 0; n < ticks.length; n += 350) await store.commit(ticks.slice(n, n + 350))
    const young = { lane: 'default', status: 'ok', started_at: clock.now() - MINUTE }
    await store.commit([
      { kind: 'create', ref: { collection: 'scheduler_ticks', id: 'young' }, fields: young },
    ])
    const order = { action: 'cleanup_performance', olderThanMs: HOUR, reason: 'the disk is full' }
    expect((await post(order)).body).toMatchObject({ success: true, deleted: 499, more: true })
    expect((await post(order)).body).toMatchObject({ deleted: 201, more: false })
    expect((await post(order)).body).toMatchObject({ deleted: 0, more: false })
    const left = await store.query({ shape: 'ticks', equals: 'default', limit: 10 })
    expect(left.value.map(({ ref }) => ref.id)).toEqual(['young'])
    const audit = await store.query({ shape: 'audit', equals: 'performance_cleaned', limit: 10 })
    expect(audit.value.map(({ fields }) => fields)).toMatchObject([
      { actor: 'ops@example.com', reason: 'the disk is full', before: { ticks: 499 } },
      { before: { ticks: 201 } },
    ])
  })

  it.each([
    [{ action: 'cleanup_performance', olderThanMs: HOUR - 1 }, 'olderThanMs'],
    [{ action: 'cleanup_performance' }, 'olderThanMs'],
    [{ action: 'invalidate_cache', workspaceId: '' }, 'workspaceId'],
    [{ action: 'cleanup_cache', olderThanMs: HOUR }, 'olderThanMs'],
    [{ action: 'drop_everything' }, 'action'],
  ])('refuses %j by the name of the field', async (body, field) => {
    const answer = await (await setup()).post(body)
    expect(answer).toMatchObject({ status: 400, body: { problems: [{ field }] } })
  })
})
