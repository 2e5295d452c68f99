import { http } from '@google-cloud/functions-framework'
import { pino } from 'pino'
import { listenerOf, takeRequests } from '../../functions/http/framework.ts'
import { createLog } from '../../functions/observe/log.ts'
import { currentTrace } from '../../functions/observe/trace.ts'
import { takeSignals } from '../../functions/signals.ts'
import { systemClock } from '../../scripts/system-clock.ts'
import { setup } from './setup.ts'

/** The edge as it is deployed, under the real Functions Framework, with a tick that does what its lane's name says. */
const emit = createLog({
  destination: pino.destination({ fd: 1, sync: true }),
  clock: systemClock,
  project: null,
  trace: currentTrace,
})
const stopping = new AbortController()

const { app } = setup({
  clock: systemClock,
  emit,
  env: { SCHEDULER_LANES: 'quick,until-stopped,never-ends,stray-rejection,stray-exception,memory' },
  runTick: async ({ lane }) => {
    emit({ kind: 'tick_started', tick: 't', lane })
    if (lane === 'stray-rejection') void Promise.reject(new Error('nobody awaits me'))
    if (lane === 'stray-exception')
      setTimeout(() => {
        throw new Error('nobody catches me')
      }, 0)
    if (lane === 'until-stopped' || lane === 'stray-exception')
      await new Promise((resolve) => stopping.signal.addEventListener('abort', resolve))
    if (lane === 'never-ends') await new Promise(() => undefined)
    return { status: stopping.signal.aborted ? 'stopping' : 'ok', report: { rss: process.memoryUsage().rss } }
  },
})
const listener = listenerOf((request) => app.fetch(request))
const bridge = takeRequests(listener)
takeSignals({
  process,
  clock: systemClock,
  emit,
  drain: async () => {
    stopping.abort()
    await bridge.finish()
  },
})
http('scheduler', listener)
