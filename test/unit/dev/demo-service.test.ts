import { afterEach, describe, expect, it } from 'vitest'
import { connect } from '../../../functions/jobs/examples/api.ts'
import { arrival, kept, vehicles, weather } from '../../../functions/jobs/examples/transit/city.ts'
import { startDemoService } from '../../../scripts/dev/demo-service.ts'
import type { Served } from '../../../scripts/dev/serve-here.ts'
import { virtualClock } from '../../support/virtual-clock.ts'

const NOON = Date.parse('2030-01-31T12:00:00Z')
const open: Served[] = []
afterEach(async () => {
  for (const service of open.splice(0)) await service.close()
})

async function setup() {
  const clock = virtualClock(NOON)
  const service = await startDemoService(clock)
  open.push(service)
  const signal = new AbortController()
  const received = async () => (await fetch(`${service.url}/received`)).json()
  return {
    clock,
    service,
    api: connect({ baseUrl: service.url }),
    stop: signal,
    signal: signal.signal,
    received,
  }
}

describe('the demonstration service', () => {
  it('answers what the examples read', async () => {
    const { api, signal } = await setup()
    expect(await api.get('/weather', weather, signal)).toEqual({ temperature: 17.2, condition: 'clear' })
    expect((await api.get('/vehicles', vehicles, signal)).length).toBe(12)
  })

  it('takes each key in once, and remembers what came', async () => {
    const { api, signal, received } = await setup()
    const first = await api.post('/posts', { content: 'a' }, kept, { key: 'k', signal })
    expect(await api.post('/posts', { content: 'a' }, kept, { key: 'k', signal })).toEqual(first)
    await api.post('/posts', { content: 'b' }, kept, { key: 'l', signal })
    expect(await received()).toMatchObject({
      counts: { posts: 2 },
      repeated: 1,
      latest: [{ kind: 'posts', key: expect.any(String) }, { kind: 'posts' }],
    })
  })

  it('refuses what has no key, and the caller is told not to try again', async () => {
    const { api, service, signal } = await setup()
    const answer = await fetch(`${service.url}/posts`, { method: 'POST', body: '{}' })
    expect(answer.status).toBe(400)
    const call = api.post('/posts', {}, kept, { key: 'k'.repeat(600), signal })
    await expect(call).rejects.toMatchObject({ name: 'JobFailure', retryable: false })
  })

  it('tells of arrivals as they come, until the one who asked goes away', async () => {
    const { api, clock, stop, signal } = await setup()
    const feed = api.follow('/arrivals/live?minutes=10', arrival, signal)
    const first = feed.next()
    expect((await first).value).toMatchObject({ at: '2030-01-31T12:00:00.000Z' })
    const second = feed.next()
    await clock.advance(6000)
    expect((await second).value).toMatchObject({ at: '2030-01-31T12:00:06.000Z' })
    const third = feed.next()
    stop.abort(new Error('The process stops'))
    await expect(third).rejects.toThrow('The process stops')
  })
})
