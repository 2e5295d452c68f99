import type { Clock } from './clock.ts'
import type { Emit } from './observe/events.ts'

/** What this needs of Node's `process`. */
export type Process = Pick<NodeJS.Process, 'on' | 'removeListener' | 'exit'>

/** Cloud Run kills 10 s after SIGTERM; by then this process is gone by itself. */
const DRAIN_MS = 8500

const STOPS = ['SIGTERM', 'SIGINT'] as const
const TROUBLES = ['uncaughtException', 'unhandledRejection'] as const

/**
 * Makes the end of the process ours. SIGTERM and SIGINT drain, then exit 0 within 8.5 s; a second one exits at once. A
 * stray rejection is logged and ends nothing. After an uncaught exception nothing can be trusted: drain, then exit 1.
 *
 * The Functions Framework would exit at once on each of them, and registers its listeners after our module is loaded:
 * so whatever is added to these events later is taken off again.
 */
export function takeSignals(options: {
  readonly process: Process
  readonly clock: Clock
  readonly emit: Emit
  /** Claims no more, aborts what runs, settles what ends. */
  readonly drain: () => Promise<void>
}): void {
  const { process, clock, emit, drain } = options
  const ours = new Set<unknown>()
  let isStopping = false

  async function stop(reason: string, code: number): Promise<void> {
    if (isStopping) return process.exit(1)
    isStopping = true
    emit({ kind: 'process_stopping', reason })
    const drained = drain().catch((error: unknown) => emit({ kind: 'unexpected', where: 'drain', error }))
    await Promise.race([drained, clock.sleep(DRAIN_MS)])
    process.exit(code)
  }

  function take(event: string, listener: (subject: unknown) => void): void {
    ours.add(listener)
    process.on(event, listener)
  }

  for (const signal of STOPS) take(signal, () => void stop(signal, 0))
  take('unhandledRejection', (error) => emit({ kind: 'unexpected', where: 'a promise nobody awaits', error }))
  take('uncaughtException', (error) => {
    emit({ kind: 'unexpected', where: 'an exception nobody catches', error })
    if (!isStopping) void stop('uncaughtException', 1)
  })
  process.on('newListener', (event, listener) => {
    const isOurEvent = [...STOPS, ...TROUBLES].some((name) => name === event)
    if (isOurEvent && !ours.has(listener)) queueMicrotask(() => process.removeListener(event, listener))
  })
}
