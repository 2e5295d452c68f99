import type { Clock } from '../../functions/clock.ts'
import type { Memory } from '../../scripts/dev/demo-service/received.ts'
import { demoApp } from '../../scripts/dev/demo-service.ts'

/** The demonstration service, called in this process; an aborted call ends as one over a socket does. */
export function demoFetch(clock: Clock, memory: Memory) {
  const app = demoApp(clock, memory)
  const feeds = { open: 0, most: 0 }
  let broken = 0
  let toLose = 0

  async function fetch(url: URL, init: RequestInit): Promise<Response> {
    init.signal?.throwIfAborted()
    if (broken > 0) return new Response('broken', { status: broken })
    const response = await app.request(url.href, init)
    if (init.method === 'POST' && toLose-- > 0) throw new Error('The connection broke')
    return url.pathname.endsWith('/live') ? feed(response, init) : response
  }

  function feed(response: Response, { signal }: RequestInit): Response {
    const { readable, writable } = new TransformStream()
    feeds.most = Math.max(feeds.most, ++feeds.open)
    const piped = response.body?.pipeTo(writable, signal ? { signal } : {}) ?? Promise.resolve()
    void piped.catch(() => undefined).finally(() => feeds.open--)
    return new Response(readable, response)
  }

  return {
    fetch,
    feeds,
    breakDown: (status: number) => {
      broken = status
    },
    loseAnswers: (count: number) => {
      toLose = count
    },
  }
}
