import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

/** What a handler told the ledger, in the order of arrival. */
export interface Told {
  /** By the ledger's clock, ms. */
  readonly at: number
  readonly what: 'begun' | 'performed' | 'recorded' | 'ended' | 'interrupted'
  readonly job: string
  readonly run: string
  readonly attempt: number
  readonly fence: number
  /** The process that the handler ran in. */
  readonly pid: number
  /** Of an effect. */
  readonly key?: string
  readonly idempotency_key?: string
}

/** A book kept outside of the processes that are judged by it. */
export interface Ledger {
  readonly url: string
  readonly entries: readonly Told[]
  /** Called before a handler gets its answer; it may take its time, or never resolve. */
  onTold: (told: Told) => Promise<void> | void
  /** Resolves once the condition holds, which is looked at whenever something is told; rejects with `what` after `ms`. */
  until(condition: () => boolean, what: string, ms?: number): Promise<void>
  close(): Promise<void>
}

/** Opens a ledger on the loopback address: POST / takes one entry as JSON. */
export async function openLedger(): Promise<Ledger> {
  const entries: Told[] = []
  const watchers = new Set<() => void>()

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const told: Told = { at: Date.now(), ...JSON.parse(Buffer.concat(chunks).toString()) }
    entries.push(told)
    for (const look of watchers) look()
    await ledger.onTold(told)
    response.end()
  }

  const server = createServer((request, response) => {
    take(request, response).catch(() => response.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The ledger has no port.')
  const ledger: Ledger = {
    url: `http://127.0.0.1:${address.port}`,
    entries,
    onTold: () => {},
    until: (condition, what, ms = 10_000) =>
      new Promise((resolve, reject) => {
        const late = setTimeout(() => end(() => reject(new Error(`Waited in vain until ${what}.`))), ms)
        const look = () => {
          if (condition()) end(resolve)
        }
        const end = (then: () => void) => {
          clearTimeout(late)
          watchers.delete(look)
          then()
        }
        watchers.add(look)
        look()
      }),
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return ledger
}
