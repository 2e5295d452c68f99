import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../functions/config.ts'
import { answerProblem } from '../../functions/http/problem.ts'
import type { Vars } from '../../functions/http/surface.ts'
import { timelineRoutes } from '../../functions/http/timeline.ts'
import { counted } from '../../functions/store/counted.ts'
import { minutely, START, setup as setupEngine } from '../support/engine.ts'

const MINUTE = 60_000
const at = (n: number) => new Date(START + n * MINUTE).toISOString()

interface Answer {
  readonly lane: string
  readonly lanes: readonly string[]
  readonly from: string
  readonly to: string
  readonly jobs: readonly {
    readonly name: string
    readonly runs: readonly {
      readonly scheduled_for: string
      readonly status: string
      readonly is_late: boolean
      readonly finished_at: string | null
    }[]
    readonly skips: readonly { readonly reason: string; readonly count: number }[]
    readonly missing: readonly string[]
  }[]
  readonly complete_from: string
  readonly truncated: boolean
  readonly problems: unknown
}

/** The route over what a real engine did. */
async function setup(...jobs: Parameters<typeof setupEngine>[0]) {
  const fresh = await setupEngine(jobs)
  const documents = counted(fresh.store, fresh.clock)
  const routes = timelineRoutes({
    documents,
    clock: fresh.clock,
    config: loadConfig({ SCHEDULER_LANES: 'default,slow' }),
  })
  const app = new Hono<Vars>()
  app.get('/api/timeline', routes['GET /api/timeline'])
  app.onError((error, c) => answerProblem(c, error))
  return {
    ...fresh,
    counts: () => documents.counts(),
    /** A tick at each minute named. */
    ticks: async (...minutes: number[]) => {
      for (const n of minutes) {
        await fresh.clock.advanceTo(START + n * MINUTE)
        await fresh.passing(fresh.tick())
      }
    },
    ask: async (query = '') => {
      const response = await app.request(`/api/timeline${query}`)
      return { status: response.status, body: (await response.json()) as Answer }
    },
  }
}

const quick = minutely('quick', async () => {})

describe('GET /api/timeline', () => {
  it('shows a lane’s last six hours: what ran, how late, and what was skipped', async () => {
    const { ticks, ask } = await setup(quick)
    await ticks(1, 2, 7)
    const { status, body } = await ask()
    expect(status).toBe(200)
    expect(body).toMatchObject({ lane: 'default', lanes: ['default', 'slow'], truncated: false })
    expect(Date.parse(body.to) - Date.parse(body.from)).toBe(6 * 60 * MINUTE)
    const [row] = body.jobs
    expect(row?.runs.map(({ scheduled_for }) => scheduled_for)).toEqual([at(1), at(2), at(7)])
    expect(row?.skips).toMatchObject([{ reason: 'coalesced', first_at: at(3), last_at: at(6), count: 4 }])
    expect(row?.missing).toEqual([])
  })

  it('tells what fell due while no tick came, and that it is late once one has come', async () => {
    const { ticks, ask, clock } = await setup(quick)
    await ticks(1)
    await clock.advanceTo(START + 5.5 * MINUTE)
    expect((await ask()).body.jobs[0]?.missing).toEqual([at(2), at(3)])
    await ticks(7.5)
    const [row] = (await ask()).body.jobs
    expect(row?.missing).toEqual([])
    expect(row?.runs.at(-1)).toMatchObject({ scheduled_for: at(7), status: 'completed', is_late: false })
  })

  it('shows a run that began before the window and still goes on', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const long = minutely('long', () => promise, { policies: { timeout_seconds: 3600 } })
    const { clock, tick, ask } = await setup(long)
    await clock.advanceTo(START + MINUTE)
    const ticking = tick()
    await clock.advance(50 * MINUTE)
    const { body } = await ask(`?from=${at(40)}`)
    expect(body.jobs[0]?.runs).toMatchObject([{ scheduled_for: at(1), status: 'running', finished_at: null }])
    resolve()
    await clock.advance(MINUTE)
    await ticking
  })

  it('misses nothing in a window that lies inside a long pause', async () => {
    const { ticks, ask, stored, store } = await setup(quick)
    await ticks(1)
    const { ref, version } = await stored('quick')
    const fields = { next_run_at: START + 300 * MINUTE, claimable_at: START + 300 * MINUTE }
    const skip = { job: 'quick', lane: 'default', status: 'skipped', reason: 'paused', count: 298 }
    const range = {
      scheduled_for: START + 2 * MINUTE,
      listed_at: START + 2 * MINUTE,
      first_at: START + 2 * MINUTE,
      last_at: START + 299 * MINUTE,
    }
    await store.commit([
      { kind: 'update', ref, version, fields },
      {
        kind: 'create',
        ref: { collection: 'scheduler_runs', id: `quick@${at(2)}` },
        fields: { ...skip, ...range },
      },
    ])
    await ticks(300)
    const { body } = await ask(`?from=${at(200)}&to=${at(290)}`)
    expect(body.jobs).toMatchObject([{ name: 'quick', skips: [{ reason: 'paused' }], missing: [] }])
  })

  it('shows each lane apart', async () => {
    const slow = minutely('slow-one', async () => {}, { lane: 'slow' })
    const { clock, tick, passing, ask } = await setup(quick, slow)
    await clock.advance(MINUTE)
    for (const lane of ['default', 'slow']) await passing(tick({ lane }))
    expect((await ask()).body.jobs.map(({ name }) => name)).toEqual(['quick'])
    expect((await ask('?lane=slow')).body.jobs.map(({ name }) => name)).toEqual(['slow-one'])
  })

  it('reads 2,000 records at most, newest first, and says that there were more', async () => {
    const { clock, store, ask, counts, stored } = await setup(quick)
    const record = (n: number) => ({
      kind: 'create' as const,
      ref: { collection: 'scheduler_runs', id: `quick@${at(n)}` } as const,
      fields: {
        job: 'quick',
        lane: 'default',
        status: 'skipped',
        scheduled_for: START + n * MINUTE,
        ...one(n),
      },
    })
    const one = (n: number) => {
      const instant = START + n * MINUTE
      return { reason: 'overlap', first_at: instant, last_at: instant, count: 1 }
    }
    for (let n = 1; n <= 2_500; n += 500) {
      await store.commit(Array.from({ length: 500 }, (_, k) => record(n + k)))
    }
    const { ref, version } = await stored('quick')
    const next = { next_run_at: START + 2_501 * MINUTE, claimable_at: START + 2_501 * MINUTE }
    await store.commit([{ kind: 'update', ref, version, fields: next }])
    await clock.advanceTo(START + 2_500.5 * MINUTE)
    const { body } = await ask(`?from=${at(0)}`)
    expect(body).toMatchObject({ truncated: true, left_out_jobs: 0, skipped_jobs: 0 })
    // One ms after the oldest that was read: of its instant there may be another.
    expect(Date.parse(body.complete_from)).toBe(Date.parse(at(501)) + 1)
    expect(body.jobs[0]?.skips.length).toBe(2_000)
    expect(body.jobs[0]?.missing).toEqual([])
    expect(counts().read).toBeLessThan(2_100)
  })

  it.each([
    ['?from=2030-01-31T12:00:00Z&to=2030-01-31T11:00:00Z', 'from'],
    ['?from=2030-01-01T12:00:00Z', 'from'],
    ['?to=later', 'to'],
    ['?until=2030-01-31T12:00:00Z', 'until'],
  ])('refuses %s by the name of the field', async (query, field) => {
    const { ask } = await setup()
    expect(await ask(query)).toMatchObject({ status: 400, body: { problems: [{ field }] } })
  })

  it('knows no other lane than those configured', async () => {
    const { ask } = await setup()
    expect(await ask('?lane=fast')).toMatchObject({ status: 400, body: { code: 'unknown_lane' } })
  })
})
