import { createServer } from 'node:net'

/** May a server of this process listen on the port? Asks on all addresses, as the Functions Framework listens. */
export function isFree(port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, () => server.close(() => resolve(true)))
  })
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}

/** Starts something on the port, or on a free one where that is in use. */
export async function startNear<T>(port: number, start: (port: number) => Promise<T>): Promise<T> {
  try {
    return await start(port > 65_535 ? 0 : port)
  } catch {
    return start(0)
  }
}
