import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Clock } from '../../../functions/clock.ts'
import { forward, refuse } from './forward.ts'

/** What stands before the revisions, as Cloud Run's own front does: one address, whoever serves. */
export interface Front {
  /**
   * Sends what comes from now on, and what waits, to this port of this machine; null: requests wait, at most 100 and at
   * most 30 s, else they are answered 503. Resolves once all that was sent before has arrived where it went.
   */
  serve(port: number | null): Promise<void>
  /** Takes nothing more; what is under way has a second to end. */
  close(): Promise<void>
}

const MOST_WAITING = 100
const PATIENCE_MS = 30_000
const FAREWELL_MS = 1_000

/** Listens on the port, on all addresses as the Functions Framework does. Rejects when it is in use. */
export async function startFront(port: number, clock: Clock): Promise<Front> {
  let target: number | null = null
  let turn = Promise.withResolvers<void>()
  let waiting = 0
  const onTheWay = new Set<Promise<void>>()

  async function wait(): Promise<void> {
    if (waiting >= MOST_WAITING) return
    const over = new AbortController()
    waiting += 1
    await Promise.race([turn.promise, clock.sleep(PATIENCE_MS, over.signal)])
    waiting -= 1
    over.abort()
  }

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (target === null) await wait()
    if (target === null) return refuse(response, 503, 'No revision serves. Try again in some seconds.')
    if (response.destroyed) return
    const arrived = forward(request, response, target)
    onTheWay.add(arrived)
    await arrived
    onTheWay.delete(arrived)
  }

  const server = createServer((request, response) => void take(request, response))
  await listen(server, port)
  return {
    async serve(port) {
      target = port
      if (port !== null) {
        turn.resolve()
        turn = Promise.withResolvers()
      }
      await Promise.all(onTheWay)
    },
    async close() {
      target = null
      turn.resolve()
      const over = new AbortController()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      await Promise.race([closed, clock.sleep(FAREWELL_MS, over.signal)])
      over.abort()
      server.closeAllConnections()
      await closed
    },
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, () => resolve())
  })
}
