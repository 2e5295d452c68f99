import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Outcome } from '../../../functions/job/outcome.ts'
import type { Event } from '../../../functions/observe/events.ts'
import { createCache } from '../../../functions/target/cache.ts'
import { performEffect } from '../../../functions/target/effect.ts'
import { JobFailure } from '../../../functions/target/failure.ts'
import { type Context, defineJob } from '../../../functions/target/handler.ts'
import { createLimits } from '../../../functions/target/limits.ts'
import { perform } from '../../../functions/target/perform.ts'
import { noCalls } from '../../support/no-calls.ts'
import { MINUTE, T0 } from '../job/fixtures.ts'
import { setup } from '../lease/setup.ts'

type Work = (context: Context<{ to: string }>) => Promise<unknown>

/** Performs this work as the first attempt of the run of minute 1. */
async function performed(run: Work, payload = '{"to":"all"}', name = 'digest') {
  const { clock, a } = setup()
  await clock.advanceTo(T0 + MINUTE)
  const held = await a.hold('digest')
  const job = defineJob({ name, payload: z.object({ to: z.string() }), run })
  const events: Event[] = []
  const abort = new AbortController()
  const performing = {
    ...a.settling,
    handlers: new Map([[name, job]]),
    effect: performEffect,
    repeated: () => {},
    cache: createCache(60, clock),
    limits: createLimits(clock),
    call: noCalls,
    stop: new AbortController().signal,
    emit: (event: Event) => void events.push(event),
  }
  const standing = { held, signal: abort.signal, until: () => held.entry.until }
  const outcome = await perform(performing, standing, payload)
  return { outcome, events, held, clock, standing, asked: a.documents.asked }
}

/** The outcome but for the acts on the way to it. */
const outcomeOf = async (...given: Parameters<typeof performed>): Promise<Outcome> => {
  const { acts: _, ...outcome } = (await performed(...given)).outcome
  return outcome
}

describe('a handler', () => {
  test('is told of its run and its payload', async () => {
    let seen: Context<{ to: string }> | undefined
    const { held, standing } = await performed(async (context) => {
      seen = context
    })
    expect(seen).toMatchObject({
      job: 'digest',
      run: held.entry.run,
      payload: { to: 'all' },
      scheduled_for: new Date(T0 + MINUTE),
      attempt: 1,
      fence: 1,
    })
    expect(seen?.signal).toBe(standing.signal)
  })

  test('that returns has succeeded, with what it returned', async () => {
    expect(await outcomeOf(async () => ({ sent: 3 }))).toEqual({
      kind: 'succeeded',
      result: '{"sent":3}',
      items: null,
    })
    expect(await outcomeOf(async () => {})).toEqual({ kind: 'succeeded', result: null, items: null })
  })

  test('that throws has not, also when it throws at once', async () => {
    const thrown = await outcomeOf(async () => {
      throw new Error('no')
    })
    expect(thrown).toEqual({ kind: 'retry', error: 'no', items: null, after_seconds: null })
    const atOnce = await outcomeOf(() => {
      throw new JobFailure('never', { retryable: false })
    })
    expect(atOnce).toEqual({ kind: 'failed', error: 'never', items: null })
  })

  test('whose result cannot be kept has failed for good', async () => {
    expect(await outcomeOf(async () => 1n)).toMatchObject({
      kind: 'failed',
      error: expect.stringMatching('BigInt'),
    })
  })

  test('that throws what cannot even be described has failed all the same', async () => {
    class Hostile extends Error {
      override get message(): string {
        throw new Error('not even a message')
      }
    }
    const outcome = outcomeOf(async () => {
      throw new Hostile()
    })
    await expect(outcome).resolves.toMatchObject({ kind: 'retry' })
  })

  test('writes to the run’s own log', async () => {
    const { events, held } = await performed(async ({ log }) => {
      log.info('one', { n: 1 })
      log.warn('two')
      log.error('three')
    })
    const about = { kind: 'run_log', job: 'digest', run: held.entry.run }
    expect(events).toEqual([
      { ...about, level: 'info', message: 'one', data: { n: 1 } },
      { ...about, level: 'warn', message: 'two', data: {} },
      { ...about, level: 'error', message: 'three', data: {} },
    ])
  })

  test('shares one performance of an effect that it asks for twice at once', async () => {
    let times = 0
    const act = async () => ++times
    const { outcome } = await performed(async (context) => {
      return Promise.all([context.effect('mail', {}, act), context.effect('mail', {}, act)])
    })
    expect([outcome, times]).toMatchObject([{ result: '[1,1]' }, 1])
  })

  test('may try an effect again that failed, and both who shared it hear of the failure', async () => {
    let times = 0
    const act = async () => {
      times++
      if (times === 1) throw new Error('no')
      return times
    }
    const { outcome } = await performed(async (context) => {
      const shared = await Promise.allSettled([
        context.effect('mail', {}, act),
        context.effect('mail', {}, act),
      ])
      return [shared.map(({ status }) => status), await context.effect('mail', {}, act)]
    })
    expect([outcome, times]).toMatchObject([{ result: '[["rejected","rejected"],2]' }, 2])
  })

  test('shares the cache with others of its process', async () => {
    let loads = 0
    const load = async () => ++loads
    expect(
      await outcomeOf(async (context) => [await context.cache('k', load), await context.cache('k', load)]),
    ).toMatchObject({
      result: '[1,1]',
    })
  })
})

describe('items that a handler counts', () => {
  test('are kept with success and failure alike', async () => {
    const items = { processed: 3, succeeded: 2, failed: 1 }
    expect(await outcomeOf(async (context) => void Object.assign(context.items, items))).toMatchObject({
      items,
    })
    const failing = await outcomeOf(async (context) => {
      Object.assign(context.items, items)
      throw new Error('late')
    })
    expect(failing).toMatchObject({ kind: 'retry', items })
  })

  test.each([
    [
      { processed: 2.7, succeeded: -1, failed: Number.NaN },
      { processed: 2, succeeded: 0, failed: 0 },
    ],
    [
      { processed: 'many', succeeded: Infinity, failed: 1 },
      { processed: 0, succeeded: 0, failed: 1 },
    ],
  ])('are whole numbers whatever it wrote: %j', async (written, items) => {
    expect(await outcomeOf(async (context) => void Object.assign(context.items, written))).toMatchObject({
      items,
    })
  })
})

const never: Work = () => {
  throw new Error('it was called')
}

describe('no handler is called', () => {
  test('for a job type that has none', async () => {
    expect(await outcomeOf(never, '{"to":"all"}', 'another')).toMatchObject({
      error: 'No handler registered for job type: digest',
    })
  })

  test('with a payload that its schema refuses: that is final, and names the field', async () => {
    expect(await outcomeOf(never, '{"to":7}')).toMatchObject({
      kind: 'failed',
      error: expect.stringMatching(/^invalid_payload: to: /),
    })
    expect(await outcomeOf(never, '7')).toMatchObject({
      kind: 'failed',
      error: expect.stringMatching(/^invalid_payload: the payload: /),
    })
  })

  test('with a payload that is no JSON', async () => {
    expect(await outcomeOf(never, '{')).toMatchObject({ error: expect.stringMatching('JSON') })
  })
})
