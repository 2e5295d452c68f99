import { type ServerType, serve } from '@hono/node-server'
import type { Hono } from 'hono'

/** An application that is served on the loopback address. */
export interface Served {
  readonly url: string
  /** Drops what is under way. */
  close(): Promise<void>
}

/** Serves it on this machine alone. Rejects when the port is in use; 0: any that is free. */
export async function serveHere(app: Hono, port: number): Promise<Served> {
  const { server, at } = await listening(app, port)
  return {
    url: `http://127.0.0.1:${at}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      if ('closeAllConnections' in server) server.closeAllConnections()
      await closed
    },
  }
}

function listening(app: Hono, port: number): Promise<{ server: ServerType; at: number }> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port }, ({ port: at }) =>
      resolve({ server, at }),
    )
    server.once('error', reject)
  })
}
