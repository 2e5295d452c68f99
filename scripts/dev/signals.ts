import type { Clock } from '../../functions/clock.ts'

/** npm passes Ctrl-C on to what the terminal has sent it already: within this, in ms, two are one. */
const ONE_PRESS = 500

/** Resolves at the first SIGINT, SIGTERM or SIGHUP; a later one calls `force`. */
export function stopSignal(process: NodeJS.Process, clock: Clock, force: () => void): Promise<string> {
  let first: number | null = null
  const { promise, resolve } = Promise.withResolvers<string>()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (first !== null && clock.now() - first > ONE_PRESS) return force()
      first ??= clock.now()
      resolve(signal)
    })
  }
  return promise
}
