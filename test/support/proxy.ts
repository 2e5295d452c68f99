import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A line to a server that can be disturbed. */
export interface Line {
  /** `127.0.0.1:port`. */
  readonly host: string
  /** Lets everything through again, on connections made from now on too. */
  pass(): void
  /** Requests still arrive; every answer is swallowed. */
  hold(): void
  /** Breaks all connections, and each new one at once. */
  refuse(): void
  /** Breaks all connections; new ones are as before. */
  cut(): void
  close(): Promise<void>
}

/** Opens a line to `target` (`host:port`). */
export async function openProxy(target: string): Promise<Line> {
  const { hostname, port } = new URL(`http://${target}`)
  const open = new Set<Socket>()
  let mode: 'pass' | 'hold' | 'refuse' = 'pass'

  const server = createServer((near) => {
    if (mode === 'refuse') return void near.destroy()
    const far = connect(Number(port), hostname)
    join(near, far)
    near.on('data', (chunk) => far.write(chunk))
    far.on('data', (chunk) => {
      if (mode !== 'hold') near.write(chunk)
    })
  }).listen(0, '127.0.0.1')

  function join(near: Socket, far: Socket): void {
    open.add(near)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => {})
      one.on('close', () => {
        other.destroy()
        open.delete(near)
      })
    }
  }

  const cut = () => {
    for (const socket of open) socket.destroy()
  }
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port.')
  return {
    host: `127.0.0.1:${address.port}`,
    pass: () => {
      mode = 'pass'
    },
    hold: () => {
      mode = 'hold'
    },
    refuse: () => {
      mode = 'refuse'
      cut()
    },
    cut,
    close: async () => {
      cut()
      server.close()
      await once(server, 'close')
    },
  }
}
