import { describe, expect, test } from 'vitest'
import { createCache, IN_SHADOW } from '../../../functions/target/cache.ts'
import { virtualClock } from '../../support/virtual-clock.ts'
import { T0 } from '../job/fixtures.ts'

function setup(ttlSeconds = 300) {
  const clock = virtualClock(T0)
  let loads = 0
  const cache = createCache(ttlSeconds, clock)
  return { clock, cache, loads: () => loads, load: async () => ++loads }
}

const failing = async () => {
  throw new Error('down')
}

describe('a cached value', () => {
  test('is loaded once for its time to live, and anew after it', async () => {
    const { clock, cache, load } = setup(300)
    expect(await cache.get('k', load)).toBe(1)
    await clock.advance(299_999)
    expect(await cache.get('k', load)).toBe(1)
    await clock.advance(2)
    expect(await cache.get('k', load)).toBe(2)
  })

  test('is not kept at all when its time to live is 0', async () => {
    const { clock, cache, load } = setup(0)
    expect(await cache.get('k', load)).toBe(1)
    await clock.advance(1)
    expect(await cache.get('k', load)).toBe(2)
  })

  test('has a time of its own for each key', async () => {
    const { clock, cache, load } = setup(10)
    await cache.get('a', load)
    await clock.advance(6000)
    await cache.get('b', load)
    await clock.advance(6000)
    expect([await cache.get('a', load), await cache.get('b', load)]).toEqual([3, 2])
  })

  test.each([[null], [undefined], [0], ['']])('may be %j', async (value) => {
    const { cache, load } = setup()
    expect(await cache.get('k', async () => value)).toBe(value)
    expect(await cache.get<unknown>('k', load)).toBe(value)
  })

  test('is loaded once, however many ask at once', async () => {
    const { cache, loads } = setup()
    const gate = Promise.withResolvers<number>()
    let begun = 0
    const slow = () => {
      begun++
      return gate.promise
    }
    const asked = [1, 2, 3].map(() => cache.get('k', slow))
    gate.resolve(7)
    expect(await Promise.all(asked)).toEqual([7, 7, 7])
    expect([begun, loads()]).toEqual([1, 0])
  })
})

describe('a failed load', () => {
  test('is not kept: the next one loads again', async () => {
    const { cache, load } = setup()
    await expect(cache.get('k', failing)).rejects.toThrow('down')
    expect(await cache.get('k', load)).toBe(1)
    expect(cache.counts().size).toBe(1)
  })

  test('fails all who shared it', async () => {
    const { cache } = setup()
    const asked = await Promise.allSettled([cache.get('k', failing), cache.get('k', failing)])
    expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  })
})

test('hits and misses are counted, and an expired value is a miss', async () => {
  const { clock, cache, load } = setup(10)
  await cache.get('a', load)
  await cache.get('a', load)
  await cache.get('b', load)
  expect(cache.counts()).toEqual({ size: 2, hits: 1, misses: 2, evictions: 0 })
  await clock.advance(10_001)
  await cache.get('a', load)
  expect(cache.counts()).toMatchObject({ hits: 1, misses: 3 })
})

test('each hit and each miss is told once', async () => {
  const { cache, load } = setup(10)
  await cache.get('a', load)
  await cache.get('a', load)
  expect(cache.untold()).toEqual({ hits: 1, misses: 1 })
  expect(cache.untold()).toEqual({ hits: 0, misses: 0 })
  await cache.get('a', load)
  expect(cache.untold()).toEqual({ hits: 1, misses: 0 })
  expect(cache.counts()).toMatchObject({ hits: 2, misses: 1 })
})

describe('what is forgotten by its prefix', () => {
  test('is loaded anew, and all else is kept', async () => {
    const { cache, load } = setup()
    for (const key of ['w1:a', 'w1:b', 'w2:a', `${IN_SHADOW}w1:a`]) await cache.get(key, load)
    expect(cache.invalidate('w1:')).toBe(3)
    expect(await cache.get('w2:a', load)).toBe(3)
    expect(await cache.get('w1:a', load)).toBe(5)
    expect(cache.invalidate('')).toBe(2)
  })

  test('is not kept either when it was being loaded, and still answers who waits', async () => {
    const { cache, load } = setup()
    const { promise, resolve } = Promise.withResolvers<number>()
    const waiting = cache.get('w1:a', () => promise)
    expect(cache.invalidate('w1:')).toBe(1)
    resolve(7)
    expect(await waiting).toBe(7)
    expect(await cache.get('w1:a', load)).toBe(1)
  })
})

test('a clean-up lets go of what has outlived its time', async () => {
  const { clock, cache, load } = setup(10)
  await cache.get('a', load)
  await clock.advance(6000)
  await cache.get('b', load)
  expect(cache.cleanUp()).toBe(0)
  await clock.advance(6000)
  expect(cache.cleanUp()).toBe(1)
  expect(cache.counts()).toMatchObject({ size: 1, evictions: 1 })
})
