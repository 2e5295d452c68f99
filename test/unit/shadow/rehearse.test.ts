import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { HANDLER, type Target } from '../../../functions/job/target.ts'
import { rehearse } from '../../../functions/shadow/rehearse.ts'
import { createCache } from '../../../functions/target/cache.ts'
import { performEffect } from '../../../functions/target/effect.ts'
import { type Context, defineJob } from '../../../functions/target/handler.ts'
import { createLimits } from '../../../functions/target/limits.ts'
import { noCalls } from '../../support/no-calls.ts'
import { definition, MINUTE, T0 } from '../job/fixtures.ts'
import { setup } from '../lease/setup.ts'

type Work = (context: Context<{ to: string }>) => Promise<unknown>

const asking: Work = ({ effect }) => effect('post', {}, async () => 'posted')
const hanging: Work = () => new Promise(() => {})
const heeding: Work = ({ signal }) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('told to end'))))

const PLANNED = { kind: 'succeeded', result: null, items: null }

/** An attempt of minute 1 in shadow, under way. */
async function rehearsing(
  run: Work,
  {
    shadow = 'run',
    payload = '{"to":"all"}',
    name = 'digest',
    isOver = false,
    target = HANDLER,
  }: {
    shadow?: 'run' | 'plan'
    payload?: string
    name?: string
    isOver?: boolean
    target?: Target
  } = {},
) {
  const { clock, a } = setup([definition({ target, policies: { shadow } })])
  await clock.advanceTo(T0 + MINUTE)
  const held = await a.hold('digest')
  const [over, attempt] = [new AbortController(), new AbortController()]
  const performing = {
    ...a.settling,
    handlers: new Map([[name, defineJob({ name, payload: z.object({ to: z.string() }), run })]]),
    effect: performEffect,
    repeated: () => {},
    cache: createCache(60, clock),
    limits: createLimits(clock),
    call: noCalls,
    stop: new AbortController().signal,
    emit: () => {},
  }
  const standing = { held, signal: attempt.signal, until: () => held.entry.until }
  a.documents.asked.length = 0
  if (isOver) over.abort()
  const outcome = rehearse(over.signal, performing, standing, payload)
  return { outcome, over, attempt, asked: a.documents.asked }
}

const outcomeOf = async (...given: Parameters<typeof rehearsing>) => (await rehearsing(...given)).outcome

describe('in mode plan', () => {
  test('no handler is called', async () => {
    let calls = 0
    expect(await outcomeOf(async () => calls++, { shadow: 'plan' })).toEqual(PLANNED)
    expect(calls).toBe(0)
  })

  test('a handler that is not there fails the run, as it would live', async () => {
    const outcome = await outcomeOf(async () => {}, { shadow: 'plan', name: 'other' })
    expect(outcome).toMatchObject({ kind: 'retry', error: expect.stringContaining('No handler registered') })
  })

  test('a payload that the handler does not take fails the run for good', async () => {
    const outcome = await outcomeOf(async () => {}, { shadow: 'plan', payload: '{"to":7}' })
    expect(outcome).toMatchObject({ kind: 'failed', error: expect.stringContaining('to') })
  })
})

describe('in mode run', () => {
  test('an effect is answered and noted, but neither performed nor recorded', async () => {
    let performed = 0
    const { outcome, asked } = await rehearsing(async ({ effect }) =>
      effect('post', { to: 'all' }, async () => ++performed, { shadow: 41 }),
    )
    expect(await outcome).toMatchObject({ result: '41', acts: { intents: { count: 1 }, performed: 0 } })
    expect([performed, asked]).toEqual([0, []])
  })

  test('an answer may be undefined', async () => {
    const outcome = await outcomeOf(async ({ effect }) =>
      effect<unknown>('post', {}, async () => 'posted', { shadow: undefined }),
    )
    expect(outcome).toMatchObject({ kind: 'succeeded', acts: { intents: { count: 1 } } })
  })

  test('an effect without an answer ends as plan, also where the handler makes light of it', async () => {
    expect(await outcomeOf(asking)).toEqual(PLANNED)
    expect(await outcomeOf((context) => asking(context).catch(() => 'never mind'))).toEqual(PLANNED)
  })

  test('what the handler throws is its outcome, at once or later', async () => {
    const error = new Error('no')
    expect(await outcomeOf(() => Promise.reject(error))).toMatchObject({ kind: 'retry', error: 'no' })
    const atOnce = outcomeOf(() => {
      throw error
    })
    expect(await atOnce).toMatchObject({ kind: 'retry', error: 'no' })
  })
})

test('a job over HTTP sends nothing in either mode: what it would send is its intent', async () => {
  const target: Target = { kind: 'http', service: 'email-service', endpoint: '/x' }
  for (const shadow of ['plan', 'run'] as const) {
    const outcome = await outcomeOf(hanging, { target, shadow, name: 'other' })
    const acts = { intents: { count: 1, first: [{ key: 'request' }] }, effect_failed: false, performed: 0 }
    expect(outcome).toMatchObject({ ...PLANNED, acts })
  }
})

describe('when the shadow’s time is over', () => {
  test('a handler that still runs is plan, whether or not it heeds its signal', async () => {
    for (const work of [hanging, heeding]) {
      const { outcome, over, attempt } = await rehearsing(work)
      over.abort()
      attempt.abort()
      expect(await outcome).toEqual(PLANNED)
    }
  })

  test('no handler is called any more', async () => {
    let calls = 0
    expect(await outcomeOf(async () => calls++, { isOver: true })).toEqual(PLANNED)
    expect(calls).toBe(0)
  })

  test('not before: at its own timeout a handler is waited for as ever', async () => {
    const { outcome, attempt } = await rehearsing(
      ({ signal }) =>
        new Promise((resolve) => signal.addEventListener('abort', () => resolve('in time after all'))),
    )
    attempt.abort()
    expect(await outcome).toMatchObject({ result: '"in time after all"' })
  })
})
