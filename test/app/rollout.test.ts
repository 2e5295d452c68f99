import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../functions/config.ts'
import { answerProblem } from '../../functions/http/problem.ts'
import { rolloutRoutes } from '../../functions/http/rollout.ts'
import type { Vars } from '../../functions/http/surface.ts'
import { parseEvidence, withProbes } from '../../functions/rollout/evidence.ts'
import { judge } from '../../functions/rollout/gate.ts'
import { memoryDocuments } from '../../functions/store/memory.ts'
import { virtualClock } from '../support/virtual-clock.ts'
import { NOW } from './setup.ts'

const MINUTE = 60_000

/** What an answer may hold, as far as these tests look into it. */
interface Answer {
  readonly to: unknown
  readonly evidence: { readonly window: { readonly since: number } }
  readonly lines: readonly { readonly id: string; readonly verdict: string }[]
  readonly for_people: readonly { readonly item: string }[]
  readonly problems: unknown
}

/** The route over a store in which ticks at stage 1 have come every minute for an hour. */
function setup(env: Record<string, string> = { ROLLOUT_STAGE: '1', ROLLOUT_EXPECTED_JOBS: 'digest' }) {
  const clock = virtualClock(NOW)
  const ticks = Array.from({ length: 60 }, (_, n) => ({
    ref: { collection: 'scheduler_ticks', id: `t${n}` } as const,
    fields: {
      lane: 'default',
      stage: 1,
      path: 'tick',
      revision: 'local',
      status: 'ok',
      started_at: NOW - (60 - n) * MINUTE,
      duration_ms: 50,
    },
  }))
  const routes = rolloutRoutes({
    config: loadConfig(env),
    clock,
    documents: memoryDocuments(clock, ticks),
    handlers: ['digest'],
  })
  const app = new Hono<Vars>()
  app.get('/api/rollout', routes['GET /api/rollout'])
  app.onError((error, c) => answerProblem(c, error))
  return async (query = '') => {
    const response = await app.request(`/api/rollout${query}`)
    return { status: response.status, body: (await response.json()) as Answer }
  }
}

const others = (lines: readonly { readonly id: string }[]) => lines.filter(({ id }) => id !== 'health')

describe('GET /api/rollout', () => {
  it('says where the move stands, since when, what comes next and what is missing', async () => {
    const { status, body } = await setup()()
    expect(status).toBe(200)
    expect(body).toMatchObject({
      stage: 1,
      name: 'dual',
      environment: 'local',
      since: '2030-01-31T11:00:00.000Z',
      revision: 'local',
      next: 2,
      to: 2,
    })
    const verdicts = new Map(body.lines.map(({ id, verdict }) => [id, verdict]))
    expect(verdicts.get('ticks_arrive')).toBe('pass')
    expect(verdicts.get('stage_age')).toBe('pass')
    expect(verdicts.get('health')).toBe('inconclusive')
    expect(body.for_people.map(({ item }) => item)).toContain('st1 rollback')
  })

  it('answers evidence that is judged again once the probes are in', async () => {
    const { body } = await setup()()
    const probed = withProbes(parseEvidence(body.evidence), { health: { http_status: 200, status: 'ok' } })
    const lines = judge(probed, 2)
    expect(lines.find(({ id }) => id === 'health')?.verdict).toBe('pass')
    expect(others(lines)).toEqual(others(body.lines))
  })

  it('judges the stage and the window that are asked for', async () => {
    const { body } = await setup()('?to=4&from=2030-01-31T11:30:00Z')
    expect(body.to).toBe(4)
    expect(body.evidence.window.since).toBe(NOW - 30 * MINUTE)
    expect(body.lines[0]).toMatchObject({ id: 'stages_in_order', verdict: 'fail' })
  })

  it('has no next stage after the last, and judges its first 30 days', async () => {
    const { body } = await setup({})()
    expect(body).toMatchObject({ stage: 5, name: 'cleanup', since: null, next: null, to: '30d' })
  })

  it.each([
    ['?to=0', 'to'],
    ['?to=6', 'to'],
    ['?to=constructor', 'to'],
    ['?from=yesterday', 'from'],
    ['?window=1h', 'window'],
  ])('refuses %s by the name of the field', async (query, field) => {
    const { status, body } = await setup()(query)
    expect(status).toBe(400)
    expect(body.problems).toMatchObject([{ field }])
  })
})
