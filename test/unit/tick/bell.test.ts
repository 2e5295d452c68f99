import { expect, test } from 'vitest'
import { Bell } from '../../../functions/tick/bell.ts'
import { virtualClock } from '../../support/virtual-clock.ts'

function setup() {
  const clock = virtualClock(0)
  const bell = new Bell()
  const woken: number[] = []
  const wait = () => void bell.wait(clock, 1000).then(() => woken.push(clock.now()))
  return { clock, bell, woken, wait }
}

test('a wait ends at the next ring, and leaves nobody asleep', async () => {
  const { clock, bell, woken, wait } = setup()
  wait()
  await clock.advance(300)
  bell.ring()
  await clock.advance(1)
  expect([woken, clock.sleepers()]).toEqual([[300], 0])
})

test('a wait without a ring ends at its time', async () => {
  const { clock, woken, wait } = setup()
  wait()
  await clock.advance(2000)
  expect(woken).toEqual([1000])
})

test('a ring that nobody waited for is kept for the next who does, once', async () => {
  const { clock, bell, woken, wait } = setup()
  bell.ring()
  bell.ring()
  wait()
  await clock.advance(10)
  expect(woken).toEqual([0])
  wait()
  await clock.advance(2000)
  expect(woken).toEqual([0, 1010])
})
