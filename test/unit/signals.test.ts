import { EventEmitter } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Event } from '../../functions/observe/events.ts'
import { type Process, takeSignals } from '../../functions/signals.ts'
import { virtualClock } from '../support/virtual-clock.ts'

function setup(drain: () => Promise<void> = () => new Promise(() => undefined)) {
  const emitter = new EventEmitter()
  const exits: unknown[] = []
  const events: Event[] = []
  const clock = virtualClock(0)
  const process = Object.assign(emitter, {
    exit: (code: unknown) => void exits.push(code),
  }) as unknown as Process
  takeSignals({ process, clock, emit: (event) => void events.push(event), drain })
  return { emitter, exits, events, clock }
}

describe('takeSignals', () => {
  it.each(['SIGTERM', 'SIGINT'])('drains at %s, then exits 0', async (signal) => {
    let isDrained = false
    const { emitter, exits, events } = setup(async () => {
      await turn()
      isDrained = true
    })
    emitter.emit(signal, signal)
    expect(exits).toEqual([])
    while (exits.length === 0) await turn()
    expect(isDrained).toBe(true)
    expect(exits).toEqual([0])
    expect(events).toEqual([{ kind: 'process_stopping', reason: signal }])
  })

  it('exits after 8.5 s, before Cloud Run kills it at 10 s, when the drain does not end', async () => {
    const { emitter, exits, clock } = setup()
    emitter.emit('SIGTERM')
    await clock.advance(8499)
    expect(exits).toEqual([])
    await clock.advance(1)
    expect(exits).toEqual([0])
  })

  it('exits also when the drain fails', async () => {
    const { emitter, exits, events } = setup(() => Promise.reject(new Error('x')))
    emitter.emit('SIGTERM')
    while (exits.length === 0) await turn()
    expect(exits).toEqual([0])
    expect(events.map((event) => event.kind)).toEqual(['process_stopping', 'unexpected'])
  })

  it('drains once, and exits at once at a second signal', () => {
    let drains = 0
    const { emitter, exits } = setup(() => {
      drains += 1
      return new Promise(() => undefined)
    })
    emitter.emit('SIGTERM')
    emitter.emit('SIGINT')
    expect([drains, exits]).toEqual([1, [1]])
  })

  it('logs a stray rejection and goes on', async () => {
    const { emitter, exits, events, clock } = setup()
    emitter.emit('unhandledRejection', new Error('stray'))
    await clock.advance(60_000)
    expect(exits).toEqual([])
    expect(events).toMatchObject([{ kind: 'unexpected' }])
  })

  it('exits 1 after an exception nobody caught, once drained', async () => {
    const { emitter, exits } = setup(() => Promise.resolve())
    emitter.emit('uncaughtException', new Error('x'))
    while (exits.length === 0) await turn()
    expect(exits).toEqual([1])
  })

  it.each(['SIGTERM', 'SIGINT', 'uncaughtException', 'unhandledRejection'])(
    'takes off what others add to %s, and leaves other events alone',
    async (name) => {
      const { emitter } = setup()
      const others: string[] = []
      emitter.on(name, () => others.push('on'))
      emitter.once(name, () => others.push('once'))
      emitter.on('exit', () => others.push('exit'))
      await turn()
      expect(emitter.listenerCount(name)).toBe(1)
      expect(emitter.listenerCount('exit')).toBe(1)
      expect(others).toEqual([])
    },
  )
})
