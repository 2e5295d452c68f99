import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { stopSignal } from '../../../scripts/dev/signals.ts'
import { virtualClock } from '../../support/virtual-clock.ts'

function setup() {
  const clock = virtualClock(0)
  const process = new EventEmitter()
  const forced: number[] = []
  const stopped = stopSignal(process as NodeJS.Process, clock, () => forced.push(clock.now()))
  return { clock, process, forced, stopped }
}

describe('Ctrl-C', () => {
  it('stops once, though both the terminal and npm send it', async () => {
    const { clock, process, forced, stopped } = setup()
    process.emit('SIGINT')
    await clock.advance(200)
    process.emit('SIGINT')
    expect(await stopped).toBe('SIGINT')
    expect(forced).toEqual([])
  })

  it('a second time forces the end', async () => {
    const { clock, process, forced } = setup()
    process.emit('SIGINT')
    await clock.advance(800)
    process.emit('SIGINT')
    expect(forced).toEqual([800])
  })
})
