import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { virtualClock } from '../support/virtual-clock.ts'

test('sleepers wake in the order of their instants, each seeing its own', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(1000), { maxLength: 20 }), async (lengths) => {
      const clock = virtualClock(5000)
      const woken: number[] = []
      for (const ms of lengths) void clock.sleep(ms).then(() => woken.push(clock.now() - 5000))
      await clock.advance(1000)
      expect(woken).toEqual(lengths.toSorted((a, b) => a - b))
      expect([clock.now(), clock.sleepers()]).toEqual([6000, 0])
    }),
    { numRuns: 20 },
  )
})

test('a sleep begun by a sleeper is within the same advance', async () => {
  const clock = virtualClock(0)
  const woken: number[] = []
  const loop = async () => {
    for (let n = 0; n < 3; n += 1) {
      await clock.sleep(10)
      woken.push(clock.now())
    }
  }
  const looping = loop()
  await clock.advance(30)
  await looping
  expect(woken).toEqual([10, 20, 30])
})

test('an aborted sleep ends at once and leaves no sleeper behind', async () => {
  const clock = virtualClock(0)
  const abort = new AbortController()
  const asleep = clock.sleep(1000, abort.signal)
  abort.abort()
  await asleep
  await clock.sleep(1000, abort.signal)
  expect([clock.now(), clock.sleepers()]).toEqual([0, 0])
})

test('time never goes back', async () => {
  const clock = virtualClock(100)
  await clock.advanceTo(50)
  expect(clock.now()).toBe(100)
})
