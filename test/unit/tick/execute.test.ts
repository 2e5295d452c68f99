import { getEventListeners } from 'node:events'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Clock } from '../../../functions/clock.ts'
import { createCache } from '../../../functions/target/cache.ts'
import { performEffect } from '../../../functions/target/effect.ts'
import { type Context, defineJob } from '../../../functions/target/handler.ts'
import { createLimits } from '../../../functions/target/limits.ts'
import { perform } from '../../../functions/target/perform.ts'
import { type Ending, execute } from '../../../functions/tick/execute.ts'
import { noCalls } from '../../support/no-calls.ts'
import { definition, LEASE, MINUTE, only, SECOND, T0 } from '../job/fixtures.ts'
import { setup } from '../lease/setup.ts'

const BEGAN = T0 + MINUTE
const GRACE = 10 * SECOND

/** A handler, made with the clock that it works by. */
type Making = (clock: Clock) => (context: Context<unknown>) => Promise<unknown>

/** Begins the attempt of minute 1, under a lease of 5 minutes. */
async function begun(work: Making, timeout_seconds = 3600) {
  const bundle = setup([definition({ policies: { overlap: 'replace' } })])
  const { clock, a } = bundle
  await clock.advanceTo(BEGAN)
  const held = await a.hold('digest')
  a.documents.asked.length = 0
  const stop = new AbortController()
  const job = defineJob({ name: 'digest', payload: z.unknown(), run: work(clock) })
  const executing = {
    ...a.settling,
    handlers: new Map([['digest', job]]),
    cache: createCache(60, clock),
    limits: createLimits(clock),
    call: noCalls,
    emit: () => {},
    perform,
    effect: performEffect,
    repeated: () => {},
    lease_ms: LEASE,
    grace_ms: GRACE,
    stop: stop.signal,
  }
  let ending: Ending | undefined
  let ended = Number.NaN
  const start = () => {
    void execute(executing, { held, payload: '{}', timeout_seconds }).then((one) => {
      ending = withoutActs(one)
      ended = clock.now() - BEGAN
    })
  }
  return {
    ...bundle,
    held,
    stop,
    start,
    ending: () => ending,
    /** How long the attempt took, in ms. */
    took: () => ended,
    until: async () => only(await bundle.job('digest')).until,
  }
}

/** What an attempt did on its way is told in the tests of `perform`. */
function withoutActs(ending: Ending): Ending {
  if (!('acts' in ending)) return ending
  const { acts: _, ...rest } = ending
  return rest
}

async function started(...given: Parameters<typeof begun>) {
  const bundle = await begun(...given)
  bundle.start()
  return bundle
}

/** Works so long and then returns; ends at once, with an error, when told to. */
function working(ms: number): Making {
  return (clock) =>
    async ({ signal }) => {
      await clock.sleep(ms, signal)
      signal.throwIfAborted()
      return 'done'
    }
}

const HUNG: Making = () => () => new Promise(() => {})

describe('an attempt', () => {
  test('ends as its handler ends', async () => {
    const { clock, ending, took } = await started(working(MINUTE))
    await clock.advance(2 * MINUTE)
    expect([ending(), took()]).toEqual([{ kind: 'succeeded', result: '"done"', items: null }, MINUTE])
  })

  test('leaves nobody asleep, and makes no more calls, once it has ended', async () => {
    const { clock, a } = await started(working(MINUTE))
    await clock.advance(MINUTE)
    expect(clock.sleepers()).toBe(0)
    await clock.advance(LEASE)
    expect(a.documents.asked).toEqual([])
  })

  test('leaves nothing behind at the signal by which the process stops', async () => {
    const { clock, stop } = await started(working(MINUTE))
    expect(getEventListeners(stop.signal, 'abort')).toHaveLength(1)
    await clock.advance(MINUTE)
    expect(getEventListeners(stop.signal, 'abort')).toEqual([])
  })

  test('that fails of itself is told as it failed', async () => {
    const { clock, ending } = await started(() => async () => {
      throw new Error('no')
    })
    await clock.advance(0)
    expect(ending()).toEqual({ kind: 'retry', error: 'no', items: null, after_seconds: null })
  })
})

describe('at its timeout', () => {
  test('an attempt is told to end, and may be tried again', async () => {
    const { clock, ending, took } = await started(working(MINUTE), 30)
    await clock.advance(2 * MINUTE)
    expect(took()).toBe(30 * SECOND)
    expect(ending()).toEqual({
      kind: 'retry',
      error: 'The attempt took longer than its timeout of 30 s',
      items: null,
      after_seconds: null,
    })
  })

  test('what its handler achieves within the grace counts', async () => {
    const made = await started(
      (clock) => async () => {
        await clock.sleep(35 * SECOND)
        return 'just in time'
      },
      30,
    )
    await made.clock.advance(MINUTE)
    expect([made.ending(), made.took()]).toEqual([
      { kind: 'succeeded', result: '"just in time"', items: null },
      35 * SECOND,
    ])
  })

  test('its signal says why', async () => {
    let reason: unknown
    const { clock } = await started(
      () =>
        async ({ signal }) => {
          signal.addEventListener('abort', () => {
            reason = signal.reason
          })
          return new Promise(() => {})
        },
      30,
    )
    await clock.advance(30 * SECOND)
    expect(reason).toEqual(new Error('The attempt has reached its timeout'))
  })

  test('one that does not end in its grace is unresponsive, and its lease is not renewed any more', async () => {
    const { clock, ending, took, until, a } = await started(HUNG, 120)
    await clock.advance(10 * MINUTE)
    expect(took()).toBe(120 * SECOND + GRACE)
    expect(ending()).toEqual({
      kind: 'unresponsive',
      error: 'unresponsive: The attempt took longer than its timeout of 120 s and did not end when told to',
      items: null,
    })
    expect(a.documents.asked).toHaveLength(1)
    expect(await until()).toBe(BEGAN + LEASE / 3 + LEASE)
  })

  test('its effects are refused', async () => {
    let refused: unknown
    const made = await started(
      (clock) => async (context) => {
        await clock.sleep(31 * SECOND)
        await context
          .effect('mail', {}, async () => 'sent')
          .catch((error: unknown) => {
            refused = error
          })
      },
      30,
    )
    await made.clock.advance(MINUTE)
    expect(refused).toMatchObject({ code: 'lost' })
  })
})

describe('the lease of an attempt', () => {
  test('is renewed at each third of its length, for as long as the handler lives', async () => {
    const { clock, until, ending, a } = await started(working(20 * MINUTE))
    for (let third = 1; third <= 9; third++) {
      await clock.advanceTo(BEGAN + (third * LEASE) / 3)
      expect(await until()).toBe(clock.now() + LEASE)
    }
    expect(a.documents.asked).toHaveLength(9)
    await clock.advance(20 * MINUTE)
    expect(ending()?.kind).toBe('succeeded')
  })

  test('is renewed through the grace: the handler still acts', async () => {
    const { clock, until } = await started(HUNG, 95)
    await clock.advanceTo(BEGAN + 101 * SECOND)
    expect(await until()).toBe(BEGAN + LEASE / 3 + LEASE)
  })

  test('that a renewal has prolonged lets effects begin', async () => {
    const made = await started((clock) => async (context) => {
      await clock.sleep(LEASE + MINUTE)
      return context.effect('mail', {}, async () => 'sent')
    })
    await made.clock.advance(LEASE + 2 * MINUTE)
    expect(made.ending()).toMatchObject({ kind: 'succeeded', result: '"sent"' })
  })

  test('that another has taken is lost: the handler is told to end, whatever it says then', async () => {
    let reason: unknown
    const made = await started((clock) => async ({ signal }) => {
      await clock.sleep(20 * MINUTE, signal)
      reason = signal.reason
      return 'done all the same'
    })
    await made.clock.advanceTo(BEGAN + MINUTE)
    await made.b.hold('digest')
    await made.clock.advance(LEASE / 3)
    expect([made.ending(), made.took()]).toEqual([{ kind: 'lost', performed: true }, LEASE / 3])
    expect(reason).toEqual(new Error('The lease of this attempt is lost'))
  })

  test('is asked for every 5 s while the store is out of reach, and is lost when it has run out', async () => {
    const { clock, a, ending, took } = await started(working(20 * MINUTE))
    a.documents.commits.push(...Array.from({ length: 500 }, () => 'unreachable' as const))
    await clock.advance(20 * MINUTE)
    expect([ending(), took()]).toEqual([{ kind: 'lost', performed: false }, LEASE])
    expect(a.documents.asked).toHaveLength(1 + (LEASE - LEASE / 3) / 5000)
  })

  test('is kept when the store comes back in time', async () => {
    const { clock, a, until } = await started(working(20 * MINUTE))
    a.documents.commits.push('unreachable', 'unreachable')
    await clock.advanceTo(BEGAN + LEASE / 3 + 10 * SECOND)
    expect(await until()).toBe(clock.now() + LEASE)
    await clock.advance(LEASE / 3)
    expect(await until()).toBe(clock.now() + LEASE)
  })

  test('lost during the grace after a timeout is lost', async () => {
    const { clock, b, ending } = await started(HUNG, 95)
    await clock.advanceTo(BEGAN + MINUTE)
    await b.hold('digest')
    await clock.advance(MINUTE)
    expect(ending()).toEqual({ kind: 'lost', performed: false })
  })
})

describe('when the process stops', () => {
  test('an attempt that ends without a result is given back', async () => {
    const { clock, stop, ending, took } = await started(working(MINUTE))
    await clock.advance(10 * SECOND)
    stop.abort()
    await clock.advance(MINUTE)
    expect([ending(), took()]).toMatchObject([
      { kind: 'cancelled', error: 'The process stops', items: null },
      10 * SECOND,
    ])
  })

  test('one that ends well within the grace has succeeded', async () => {
    const made = await started((clock) => async () => {
      await clock.sleep(15 * SECOND)
      return 'whole'
    })
    await made.clock.advance(10 * SECOND)
    made.stop.abort()
    await made.clock.advance(MINUTE)
    expect(made.ending()).toMatchObject({ kind: 'succeeded', result: '"whole"' })
  })

  test('one whose handler still acts after the grace is left to its lease', async () => {
    const { clock, stop, ending, took } = await started(HUNG)
    await clock.advance(10 * SECOND)
    stop.abort()
    await clock.advance(MINUTE)
    expect([ending(), took()]).toEqual([{ kind: 'left' }, 10 * SECOND + GRACE])
  })

  test('one that was timed out before ends by its timeout', async () => {
    const { clock, stop, ending } = await started(HUNG, 30)
    await clock.advance(35 * SECOND)
    stop.abort()
    await clock.advance(MINUTE)
    expect(ending()?.kind).toBe('unresponsive')
  })

  test('before it begins, it is told to end at once', async () => {
    let aborted: boolean | undefined
    const made = await begun(() => async ({ signal }) => {
      aborted = signal.aborted
      signal.throwIfAborted()
    })
    made.stop.abort()
    made.start()
    await made.clock.advance(0)
    expect([aborted, made.ending()?.kind]).toEqual([true, 'cancelled'])
  })
})
