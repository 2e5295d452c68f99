import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

/** One result that a queue delivered. */
export interface Delivered {
  readonly key: string
  readonly step: string
  readonly item: string
}

/** Where queues deliver to: outside of the processes that are judged by it. */
export interface Desk {
  readonly url: string
  readonly delivered: readonly Delivered[]
  /** The most deliveries of one key that were open at once. */
  mostAtOnce(): number
  /** Called before a delivery is answered; may take its time. */
  onDelivery: (delivered: Delivered) => Promise<void> | void
  close(): Promise<void>
}

/** Opens a desk on the loopback address. */
export async function openDesk(): Promise<Desk> {
  const delivered: Delivered[] = []
  const open = new Map<string, number>()
  let most = 0

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const key = String(request.headers['idempotency-key'])
    const now = (open.get(key) ?? 0) + 1
    open.set(key, now)
    most = Math.max(most, now)
    response.on('close', () => open.set(key, (open.get(key) ?? 1) - 1))
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const one: Delivered = { key, ...JSON.parse(Buffer.concat(chunks).toString()) }
    delivered.push(one)
    await desk.onDelivery(one)
    response.end(JSON.stringify({ id: `d-${delivered.length}` }))
  }

  const server = createServer((request, response) => {
    take(request, response).catch(() => response.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The desk has no port.')
  const desk: Desk = {
    url: `http://127.0.0.1:${address.port}`,
    delivered,
    mostAtOnce: () => most,
    onDelivery: () => {},
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return desk
}
