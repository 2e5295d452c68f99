import { describe, expect, test } from 'vitest'
import { type Held, jobRef } from '../../../functions/lease/held.ts'
import { EFFECT_MARGIN, performEffect, type Standing } from '../../../functions/target/effect.ts'
import { JobFailure } from '../../../functions/target/failure.ts'
import { LEASE, MINUTE, T0 } from '../job/fixtures.ts'
import { type Bundle, setup, type Worker } from '../lease/setup.ts'

const at = (minute: number) => T0 + minute * MINUTE
const effectRef = (id: string) => ({ collection: 'scheduler_effects', id }) as const

/** A held attempt that may act, and what its effects did outside. */
interface Acting {
  readonly held: Held
  readonly standing: Standing
  readonly abort: AbortController
  /** The keys of effects that were told to begin again. */
  readonly repeated: readonly string[]
  readonly act: (key: string, result?: unknown) => Promise<unknown>
}

function acting({ settling }: Worker, held: Held, outside: string[]): Acting {
  const abort = new AbortController()
  const repeated: string[] = []
  const told = (_subject: string, key: string) => void repeated.push(key)
  const standing: Standing = { held, signal: abort.signal, until: () => held.entry.until }
  return {
    held,
    standing,
    abort,
    repeated,
    act: (key, result = { ok: true }) =>
      performEffect({ ...settling, repeated: told }, standing, key, async (idempotencyKey) => {
        outside.push(idempotencyKey)
        if (result instanceof Error) throw result
        return typeof result === 'function' ? result() : result
      }),
  }
}

/** A job that `a` holds since minute 1. */
async function begun(): Promise<Bundle & Acting & { outside: string[]; byB: () => Promise<Acting> }> {
  const bundle = setup()
  await bundle.clock.advanceTo(at(1))
  const outside: string[] = []
  const first = acting(bundle.a, await bundle.a.hold('digest'), outside)
  bundle.a.documents.asked.length = 0
  return {
    ...bundle,
    ...first,
    outside,
    /** `b` takes the run over once the lease has run out. */
    async byB() {
      await bundle.clock.advanceTo(at(1) + LEASE)
      return acting(bundle.b, await bundle.b.hold('digest'), outside)
    },
  }
}

const MAIL = 'digest@2030-01-31T12:01:00.000Z:mail'

describe('an effect', () => {
  test('is begun, performed and recorded with its result, in two commits', async () => {
    const { a, act, outside, read, held } = await begun()
    expect(await act('mail', { id: 7 })).toEqual({ id: 7 })
    expect(outside).toEqual([MAIL])
    expect(a.documents.asked).toHaveLength(2)
    expect((await read(effectRef(MAIL)))?.fields).toMatchObject({
      run: held.entry.run,
      key: 'mail',
      fence: 1,
      state: 'done',
      result: '{"id":7}',
      started_at: at(1),
      done_at: at(1),
    })
  })

  test('that is done answers with its result and is not performed again, not by this attempt', async () => {
    const { act, outside } = await begun()
    await act('mail', { id: 7 })
    expect(await act('mail', { id: 8 })).toEqual({ id: 7 })
    expect(outside).toHaveLength(1)
  })

  test('that is done is not performed by the attempt after a crash either', async () => {
    const { act, outside, byB } = await begun()
    await act('mail', { id: 7 })
    expect(await (await byB()).act('mail', { id: 8 })).toEqual({ id: 7 })
    expect(outside).toEqual([MAIL])
  })

  test('that is done stays done when the next attempt’s reply is lost', async () => {
    const { act, b, outside, byB } = await begun()
    await act('mail', { id: 7 })
    const next = await byB()
    b.documents.commits.push('never_arrived')
    expect(await next.act('mail')).toEqual({ id: 7 })
    expect(outside).toHaveLength(1)
  })

  test.each(['aborted', 'The operation timed out', 'read ECONNRESET'])(
    'of which nobody knows whether it happened (%s) is performed again with the same key, under the new fence, and told',
    async (why) => {
      const { act, outside, byB, read } = await begun()
      await expect(act('mail', new Error(why))).rejects.toThrow(why)
      expect((await read(effectRef(MAIL)))?.fields).toMatchObject({ state: 'started', fence: 1 })
      const next = await byB()
      expect(await next.act('mail', 2)).toBe(2)
      expect(next.repeated).toEqual(['mail'])
      expect(outside).toEqual([MAIL, MAIL])
      expect((await read(effectRef(MAIL)))?.fields).toMatchObject({ state: 'done', fence: 2, result: '2' })
    },
  )

  test('that is done stays done, though another call of it fails later', async () => {
    const { act, read } = await begun()
    const slow = Promise.withResolvers<never>()
    const hanging = act('mail', () => slow.promise)
    await act('mail', 1)
    slow.reject(new JobFailure('too late'))
    await expect(hanging).rejects.toThrow('too late')
    expect((await read(effectRef(MAIL)))?.fields).toMatchObject({ state: 'done', result: '1' })
  })

  test('that failed may be performed again by the same attempt', async () => {
    const { act, outside } = await begun()
    await expect(act('mail', new Error('no'))).rejects.toThrow('no')
    expect(await act('mail', 2)).toBe(2)
    expect(outside).toEqual([MAIL, MAIL])
  })

  test('that failed is recorded so: the attempt after it repeats nothing', async () => {
    const { act, byB, read } = await begun()
    await expect(act('mail', new JobFailure('503'))).rejects.toThrow('503')
    expect((await read(effectRef(MAIL)))?.fields).toMatchObject({ state: 'failed', fence: 1 })
    const next = await byB()
    expect(await next.act('mail', 2)).toBe(2)
    expect(next.repeated).toEqual([])
    expect((await read(effectRef(MAIL)))?.fields).toMatchObject({ state: 'done', fence: 2, begun: 1 })
  })

  test('without a result answers null', async () => {
    const { act } = await begun()
    expect(await act('mail', () => undefined)).toBeNull()
    expect(await act('mail')).toBeNull()
  })

  test('has its own record for each key and each run', async () => {
    const { act, outside } = await begun()
    await act('mail')
    await act('post')
    expect(outside).toEqual([MAIL, MAIL.replace(':mail', ':post')])
  })

  test.each(['a/b', '..', '__x__', 'mail:1', 'ä', '%'])('may have the key %j', async (key) => {
    const { act, outside } = await begun()
    await act(key, 1)
    expect(await act(key, 2)).toBe(1)
    expect(outside).toHaveLength(1)
  })

  test('may have any key of up to 200 characters', async () => {
    const { act } = await begun()
    await expect(act('x'.repeat(200), 1)).resolves.toBe(1)
    await expect(act('€'.repeat(200), 1)).resolves.toBe(1)
  })

  test.each([
    ['an empty key', ''],
    ['a longer one', 'x'.repeat(201)],
  ])('may not have %s', async (_what, key) => {
    const { act, outside } = await begun()
    await expect(act(key)).rejects.toMatchObject({ code: 'bad_request' })
    expect(outside).toEqual([])
  })

  test.each<[string, () => unknown]>([
    ['too large', () => 'x'.repeat(20_000)],
    ['no data', () => ({ n: 1n })],
  ])(
    'whose result is %s has happened: it is recorded as done, and the handler is told',
    async (_why, result) => {
      const { act, outside, read } = await begun()
      await expect(act('mail', result)).rejects.toMatchObject({ code: 'unstorable_result' })
      expect((await read(effectRef(MAIL)))?.fields).toMatchObject({ state: 'done', result: null })
      expect(await act('mail')).toBeNull()
      expect(outside).toHaveLength(1)
    },
  )
})

describe('no effect begins', () => {
  test('under an old fence, also where this process has not heard of it', async () => {
    const { act, outside, byB, read } = await begun()
    await byB()
    await expect(act('mail')).rejects.toMatchObject({ code: 'lost' })
    expect([outside, await read(effectRef(MAIL))]).toEqual([[], null])
  })

  test('once the lease is about to run out', async () => {
    const { act, clock, held, outside } = await begun()
    await clock.advanceTo(held.entry.until - EFFECT_MARGIN - 1)
    await act('mail')
    await clock.advanceTo(held.entry.until - EFFECT_MARGIN)
    await expect(act('post')).rejects.toMatchObject({ code: 'lost' })
    expect(outside).toEqual([MAIL])
  })

  test('once the attempt is told to end', async () => {
    const { act, abort, outside } = await begun()
    abort.abort()
    await expect(act('mail')).rejects.toMatchObject({ code: 'lost' })
    expect(outside).toEqual([])
  })

  test('when the lease ends between its record and its performance', async () => {
    const { a, act, clock, outside } = await begun()
    a.documents.commits.push(() => clock.advance(LEASE - EFFECT_MARGIN))
    await expect(act('mail')).rejects.toMatchObject({ code: 'lost' })
    expect(outside).toEqual([])
  })

  test('of a job that is gone or cannot be read any more', async () => {
    const { act, put, outside } = await begun()
    await put(jobRef('digest'), { policies: null })
    await expect(act('mail')).rejects.toMatchObject({ code: 'lost' })
    expect(outside).toEqual([])
  })

  test('while the store is out of reach', async () => {
    const { a, act, outside } = await begun()
    a.documents.commits.push('unreachable')
    await expect(act('mail')).rejects.toMatchObject({ code: 'store_unreachable' })
    a.documents.commits.push('never_arrived')
    a.documents.reads.push('unreachable')
    await expect(act('mail')).rejects.toMatchObject({ code: 'store_unreachable' })
    expect(outside).toEqual([])
  })

  test('where ten commits were refused', async () => {
    const { a, act, put, outside } = await begun()
    let edits = 0
    const edit = () => put(jobRef('digest'), { description: `edit ${edits++}` })
    a.documents.commits.push(...Array.from({ length: 10 }, () => edit))
    await expect(act('mail')).rejects.toMatchObject({ code: 'store_unreachable' })
    expect([outside, a.documents.asked.length]).toEqual([[], 10])
  })
})

describe('an effect that was performed is recorded', () => {
  test('although the attempt was told to end meanwhile: the next one does not perform it again', async () => {
    const { act, abort, byB, outside } = await begun()
    const performed = act('mail', async () => {
      abort.abort()
      return 7
    })
    expect(await performed).toBe(7)
    await expect(act('post')).rejects.toMatchObject({ code: 'lost' })
    expect(await (await byB()).act('mail', 8)).toBe(7)
    expect(outside).toEqual([MAIL])
  })

  test('although its lease has run out meanwhile, if nobody has taken the run over', async () => {
    const { act, clock, read } = await begun()
    expect(await act('mail', () => clock.advance(2 * LEASE).then(() => 7))).toBe(7)
    expect((await read(effectRef(MAIL)))?.fields).toMatchObject({ state: 'done', fence: 1 })
  })
})

describe('no effect is recorded', () => {
  test('under an old fence: what a successor has done stands', async () => {
    const { act, byB, read } = await begun()
    const performed = act('mail', async () => {
      const next = await byB()
      await next.act('mail', 'theirs')
      return 'mine'
    })
    await expect(performed).rejects.toMatchObject({ code: 'lost' })
    expect((await read(effectRef(MAIL)))?.fields).toMatchObject({ fence: 2, result: '"theirs"' })
  })

  test('where the successor has not come to it yet: it performs it again', async () => {
    const { act, byB, outside } = await begun()
    let next: Acting | undefined
    const performed = act('mail', async () => {
      next = await byB()
    })
    await expect(performed).rejects.toMatchObject({ code: 'lost' })
    expect(await next?.act('mail', 2)).toBe(2)
    expect(outside).toHaveLength(2)
  })

  test('over a record that somebody has taken away', async () => {
    const { act, store, read } = await begun()
    const performed = act('mail', async () => {
      const { ref, version } = (await read(effectRef(MAIL)))!
      await store.commit([{ kind: 'delete', ref, version }])
    })
    await expect(performed).rejects.toMatchObject({ code: 'lost' })
  })
})

describe('a reply that was lost', () => {
  test.each(['reply_lost', 'conflict_after_success', 'never_arrived'] as const)(
    'as the effect began (%s) does not perform it twice, nor not at all',
    async (mishap) => {
      const { a, act, outside } = await begun()
      a.documents.commits.push(mishap)
      expect(await act('mail', 1)).toBe(1)
      expect(outside).toHaveLength(1)
    },
  )

  test.each(['reply_lost', 'conflict_after_success', 'never_arrived'] as const)(
    'as it was recorded (%s) is read back',
    async (mishap) => {
      const { a, act, outside, read } = await begun()
      a.documents.commits.push(() => undefined, mishap)
      expect(await act('mail', 1)).toBe(1)
      expect((await read(effectRef(MAIL)))?.fields).toMatchObject({ state: 'done', result: '1' })
      expect(outside).toHaveLength(1)
    },
  )
})

test('another’s change of the job comes between and costs one more commit', async () => {
  const { a, act, put, outside } = await begun()
  a.documents.commits.push(() => put(jobRef('digest'), { description: 'edited' }))
  expect(await act('mail', 1)).toBe(1)
  expect([outside.length, a.documents.asked.length]).toEqual([1, 3])
})
