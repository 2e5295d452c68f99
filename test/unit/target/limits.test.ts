import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Clock } from '../../../functions/clock.ts'
import { createLimits } from '../../../functions/target/limits.ts'
import { T0 } from '../job/fixtures.ts'

/** The library reckons by the machine's time, so that is what stands still here. */
beforeEach(() => {
  vi.useFakeTimers({ now: T0, toFake: ['Date', 'setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
})

const clock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      setTimeout(resolve, ms)
      signal?.addEventListener('abort', () => resolve(), { once: true })
    }),
}

function setup() {
  const limits = createLimits(clock)
  const abort = new AbortController()
  const begun: number[] = []
  const call = async (key = 'network', rate = { points: 2, seconds: 10 }) => {
    await limits.take(key, rate, abort.signal)
    begun.push((Date.now() - T0) / 1000)
  }
  return { call, begun, abort }
}

describe('calls under one key', () => {
  test('keep their rate: what is too much waits for the next stretch of time', async () => {
    const { call, begun } = setup()
    const calls = Promise.all(Array.from({ length: 5 }, () => call()))
    await vi.advanceTimersByTimeAsync(30_000)
    await calls
    expect(begun).toEqual([0, 0, 10, 10, 20])
  })

  test('leave those under another key, or with another rate, alone', async () => {
    const { call, begun } = setup()
    await Promise.all([call('a'), call('a'), call('b'), call('a', { points: 1, seconds: 60 })])
    expect(begun).toEqual([0, 0, 0, 0])
  })

  test('that would wait too long fail, and say when to come again', async () => {
    const { call } = setup()
    const rate = { points: 1, seconds: 45 }
    await call('slow', rate)
    await vi.advanceTimersByTimeAsync(5_000)
    await expect(call('slow', rate)).rejects.toMatchObject({ retryable: true, retryAfterSeconds: 40 })
  })

  test('wait half a minute in all, not half a minute each time', async () => {
    const { call } = setup()
    const rate = { points: 1, seconds: 12 }
    const calls = Promise.allSettled(Array.from({ length: 5 }, () => call('slow', rate)))
    await vi.advanceTimersByTimeAsync(60_000)
    const states = (await calls).map(({ status }) => status)
    expect(states).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected'])
  })

  test('end waiting when their run is told to end', async () => {
    const { call, abort } = setup()
    await Promise.all([call(), call()])
    const waiting = expect(call()).rejects.toThrow('The process stops')
    abort.abort(new Error('The process stops'))
    await waiting
  })

  test.each([
    { points: 0, seconds: 1 },
    { points: 1.5, seconds: 1 },
    { points: 1, seconds: 0 },
    { points: 1, seconds: 86_401 },
  ])('have a rate that can be kept: %j is refused', async (rate) => {
    await expect(setup().call('k', rate)).rejects.toMatchObject({ code: 'bad_request' })
  })
})
