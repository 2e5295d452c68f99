import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { type Front, startFront } from '../../../scripts/dev/stack/front.ts'
import { freePort } from '../../../scripts/dev/stack/ports.ts'
import { until } from '../../support/until.ts'
import { type VirtualClock, virtualClock } from '../../support/virtual-clock.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

async function front(): Promise<{ front: Front; url: string; clock: VirtualClock }> {
  const port = await freePort()
  const clock = virtualClock(0)
  const started = await startFront(port, clock)
  ends.push(async () => {
    const closing = started.close()
    await clock.advance(1_000)
    await closing
  })
  return { front: started, url: `http://127.0.0.1:${port}`, clock }
}

/** A revision that answers with its name, what it was asked, and what it was sent. */
async function revision(name: string): Promise<{ port: number; server: Server }> {
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      response.setHeader('x-revision', name)
      response.end(`${request.method} ${request.url} ${request.headers.host} ${body}`)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  ends.unshift(() => server.close())
  return { port: (server.address() as AddressInfo).port, server }
}

const post = (url: string, body = 'hello') => fetch(`${url}/cron/tick?a=b`, { method: 'POST', body })

describe('the front of the local stack', () => {
  it('passes a request on as it came, and the answer back, to whichever serves', async () => {
    const { front: it, url } = await front()
    await it.serve((await revision('one')).port)
    const answer = await post(url)
    expect(await answer.text()).toBe(`POST /cron/tick?a=b ${new URL(url).host} hello`)
    expect(answer.headers.get('x-revision')).toBe('one')
    await it.serve((await revision('two')).port)
    expect((await post(url)).headers.get('x-revision')).toBe('two')
  })

  it('streams: what an answer begins with is there before it has ended', async () => {
    const { front: it, url } = await front()
    const go = Promise.withResolvers<void>()
    const server = createServer((_, response) => {
      response.write('begun')
      void go.promise.then(() => response.end(' ended'))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    ends.unshift(() => server.close())
    await it.serve((server.address() as AddressInfo).port)
    const reader = (await fetch(url)).body?.pipeThrough(new TextDecoderStream()).getReader()
    expect((await reader?.read())?.value).toBe('begun')
    go.resolve()
    expect((await reader?.read())?.value).toBe(' ended')
  })

  it('has requests wait while nothing serves, 100 at most and 30 s at most', async () => {
    const { front: it, url, clock } = await front()
    const { port, server } = await revision('one')
    const statuses: number[] = []
    const waiting = Array.from({ length: 103 }, () => post(url).then(({ status }) => statuses.push(status)))
    await until(() => statuses.length === 3, 'three too many were refused')
    expect(statuses).toEqual([503, 503, 503])
    await it.serve(port)
    await Promise.all(waiting)
    expect(statuses.filter((status) => status === 200)).toHaveLength(100)

    await it.serve(null)
    const late = post(url)
    await until(() => clock.sleepers() > 0, 'it waits')
    await clock.advance(30_000)
    expect((await late).status).toBe(503)
    expect(server.listening).toBe(true)
  })

  it('answers 502 when a revision is gone', async () => {
    const { front: it, url } = await front()
    await it.serve(await freePort())
    expect((await post(url)).status).toBe(502)
  })
})
