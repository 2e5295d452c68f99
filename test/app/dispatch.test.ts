import { OAuth2Client } from 'google-auth-library'
import { afterEach, describe, expect, test } from 'vitest'
import { PARENT, startLocalCloud, wireJob } from '../support/local-cloud.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'

const MINUTE = 60_000
const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const part of open.splice(0)) await part.close()
})

/** A job that posts to a real receiver each minute; the clock stands one second before the first. */
async function setup(
  options: Parameters<typeof startLocalCloud>[0] = {},
  answer?: (nth: number) => number | null,
  more: object = {},
) {
  const target: Receiver = await startReceiver(answer)
  const cloud = await startLocalCloud(options)
  open.push(cloud, target)
  const job = wireJob('tick', `${target.url}/cron/tick`, more)
  await cloud.client.createJob({ parent: PARENT, job })
  const first = cloud.clock.now() + 1000
  const ended = (n: number) => until(() => cloud.of('ended').length >= n, `${n} requests have ended`)
  const arrived = (n: number) => until(() => target.received.length >= n, `${n} requests have arrived`)
  const read = async () => (await cloud.client.getJob({ name: job.name }))[0]
  return { ...cloud, target, received: target.received, name: job.name, first, ended, arrived, read }
}

describe('a request', () => {
  test('carries the service’s headers, the body and a token that Google’s library accepts', async () => {
    const { clock, ended, received, issuer, first } = await setup({}, undefined, {
      timeZone: 'America/New_York',
    })
    await clock.advance(1000)
    await ended(1)
    const [request] = received
    expect(request).toMatchObject({ method: 'POST', path: '/cron/tick', body: '{"lane":"high"}' })
    expect(request?.headers).toMatchObject({
      'user-agent': 'Google-Cloud-Scheduler',
      'x-cloudscheduler': 'true',
      'x-cloudscheduler-jobname': 'tick',
      'x-cloudscheduler-scheduletime': expect.stringMatching(/T\d\d:\d\d:00-0[45]:00$/),
      'content-type': 'application/json',
    })
    expect(Date.parse(String(request?.headers['x-cloudscheduler-scheduletime']))).toBe(first)
    const google = new OAuth2Client({ endpoints: { oauth2FederatedSignonPemCertsUrl: issuer.certs_url } })
    const idToken = request?.headers.authorization?.slice('Bearer '.length) ?? ''
    const ticket = await google.verifyIdToken({ idToken, audience: 'https://tickover.example' })
    expect(ticket.getPayload()).toMatchObject({
      email: 'ticks@test-project.iam.gserviceaccount.com',
      email_verified: true,
    })
  })

  test('without an audience is signed for the full target URI', async () => {
    const target = await startReceiver()
    const cloud = await startLocalCloud()
    open.push(cloud, target)
    const uri = `${target.url}/cron/tick?a=1`
    const httpTarget = { uri, oidcToken: { serviceAccountEmail: 'a@example.com' } }
    await cloud.client.createJob({ parent: PARENT, job: { ...wireJob('tick', uri), httpTarget } })
    await cloud.clock.advance(1000)
    await until(() => target.received.length === 1, 'the request has arrived')
    const claims = target.received[0]?.headers.authorization?.split('.')[1] ?? ''
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({ aud: uri })
  })

  test('is dropped when the attempt deadline passes, and counts as DEADLINE_EXCEEDED', async () => {
    const { clock, arrived, ended, received, read } = await setup({}, () => null, {
      attemptDeadline: { seconds: 30 },
    })
    await clock.advance(1000)
    await arrived(1)
    await clock.advance(29_999)
    expect(received[0]?.dropped()).toBe(false)
    await clock.advance(1)
    await ended(1)
    await until(() => received[0]?.dropped() === true, 'the receiver sees the connection end')
    expect((await read()).status).toMatchObject({ code: 4 })
  })

  test('that cannot be sent counts as UNAVAILABLE, and a refusal under its own code', async () => {
    const { clock, ended, target, read, of } = await setup({}, (n) => (n === 1 ? 401 : 200))
    await clock.advance(1000)
    await ended(1)
    expect((await read()).status).toMatchObject({ code: 16 })
    await target.close()
    await clock.advance(MINUTE)
    await ended(2)
    expect((await read()).status).toMatchObject({ code: 14 })
    expect(of('ended').map((event) => event.cause)).toEqual(['schedule', 'schedule'])
  })
})

describe('retries', () => {
  const RETRY = { retryConfig: { retryCount: 5, minBackoffDuration: { seconds: 5 }, maxDoublings: 3 } }

  test('follow the backoff with one schedule time, and end at the next scheduled execution', async () => {
    const { clock, ended, of, received, first, read } = await setup({}, () => 503, RETRY)
    for (const [nth, wait] of [1000, 5000, 10_000, 20_000].entries()) {
      await clock.advance(wait)
      await ended(nth + 1)
    }
    expect(of('sent').map(({ at, cause }) => [at - first, cause])).toEqual([
      [0, 'schedule'],
      [5000, 'retry'],
      [15_000, 'retry'],
      [35_000, 'retry'],
    ])
    expect(new Set(received.map(({ headers }) => headers['x-cloudscheduler-scheduletime'])).size).toBe(1)
    expect(Number((await read()).scheduleTime?.seconds) * 1000).toBe(first + MINUTE)
  })

  test('end with the first success, and show as schedule_time meanwhile', async () => {
    const { clock, ended, of, read, first } = await setup({}, (n) => (n === 1 ? 503 : 200), RETRY)
    await clock.advance(1000)
    await ended(1)
    expect(await read()).toMatchObject({
      status: { code: 14 },
      scheduleTime: { seconds: String((first + 5000) / 1000) },
    })
    await clock.advance(5000)
    await ended(2)
    await clock.advance(50_000)
    expect(of('sent')).toHaveLength(2)
    expect(await read()).toMatchObject({ status: { code: 0 } })
  })

  test('end when the job is paused', async () => {
    const { clock, ended, of, client, name } = await setup({}, () => 503, RETRY)
    await clock.advance(1000)
    await ended(1)
    await client.pauseJob({ name })
    await clock.advance(5 * MINUTE)
    expect(of('sent')).toHaveLength(1)
  })
})

describe('scheduled executions', () => {
  test('come each minute', async () => {
    const { clock, ended, of, first } = await setup()
    for (let n = 0; n < 5; n += 1) {
      await clock.advanceTo(first + n * MINUTE)
      await ended(n + 1)
    }
    expect(of('sent').map(({ at }) => (at - first) / MINUTE)).toEqual([0, 1, 2, 3, 4])
  })

  test('of one job are never outstanding together: what fell due meanwhile is one late execution', async () => {
    const { clock, arrived, ended, received, of, first } = await setup({}, (n) => (n === 1 ? null : 200), {
      attemptDeadline: { seconds: 1800 },
    })
    await clock.advance(1000)
    await arrived(1)
    await clock.advance(3.5 * MINUTE)
    expect(received).toHaveLength(1)
    received[0]?.answer(200)
    await ended(2)
    await clock.advanceTo(first + 4 * MINUTE)
    await ended(3)
    expect(
      of('sent').map(({ at, schedule_at }) => [(at - first) / MINUTE, (schedule_at - first) / MINUTE]),
    ).toEqual([
      [0, 0],
      [3.5, 1],
      [4, 4],
    ])
  })

  test('stay single when the job is changed, paused and resumed while one is outstanding', async () => {
    const { clock, arrived, ended, received, client, name } = await setup({}, (n) => (n === 1 ? null : 200))
    await clock.advance(1000)
    await arrived(1)
    await client.pauseJob({ name })
    await client.resumeJob({ name })
    await client.updateJob({ job: { name, description: 'new' }, updateMask: { paths: ['description'] } })
    await clock.advance(2 * MINUTE)
    expect(received).toHaveLength(1)
    received[0]?.answer(200)
    await ended(2)
  })

  test('end with the one outstanding when the job is paused meanwhile', async () => {
    const { clock, arrived, ended, received, client, name, read } = await setup({}, () => null)
    await clock.advance(1000)
    await arrived(1)
    await client.pauseJob({ name })
    received[0]?.answer(200)
    await ended(1)
    await clock.advance(5 * MINUTE)
    expect(received).toHaveLength(1)
    expect(await read()).toMatchObject({ state: 'PAUSED', scheduleTime: null, status: { code: 0 } })
  })

  test('a forced run goes out beside an outstanding one', async () => {
    const { clock, arrived, ended, client, name, of } = await setup({}, (n) => (n === 1 ? null : 200))
    await clock.advance(1000)
    await arrived(1)
    await client.runJob({ name })
    await ended(1)
    expect(of('ended')).toMatchObject([{ cause: 'run', http_status: 200 }])
  })

  test('a deleted job fires no more', async () => {
    const { clock, client, name, received } = await setup()
    await client.deleteJob({ name })
    await clock.advance(5 * MINUTE)
    expect(received).toHaveLength(0)
  })

  test('closing drops what is outstanding', async () => {
    const { clock, arrived, received, scheduler } = await setup({}, () => null)
    await clock.advance(1000)
    await arrived(1)
    await scheduler.close()
    await until(() => received[0]?.dropped() === true, 'the receiver sees the connection end')
  })
})

/** Mulberry32: small, seeded, good enough to spread a jitter. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

describe('the service’s bad habits', () => {
  const TICKS = 60

  async function observe(seed: number, start: number) {
    const { clock, ended, of, first, received } = await setup({
      start,
      random: seeded(seed),
      jitter_ms: 3000,
      duplicate_rate: 0.2,
    })
    for (let n = 0; n < TICKS; n += 1) {
      await clock.advanceTo(first + n * MINUTE + 6000)
      await until(
        () => of('ended').length === of('sent').length && of('sent').length > n,
        'all requests have ended',
      )
    }
    await ended(TICKS)
    return {
      late: of('sent').map(({ cause, at, schedule_at }) => [cause, at - schedule_at] as const),
      received,
    }
  }

  test('jitter spreads over 0 to 3 s, duplicates are beside their originals, and a seed repeats both', async () => {
    const start = Math.ceil(Date.now() / MINUTE) * MINUTE - 1000
    const { late, received } = await observe(7, start)
    const scheduled = late.flatMap(([cause, ms]) => (cause === 'schedule' ? [ms] : []))
    expect(scheduled).toHaveLength(TICKS)
    expect(Math.min(...scheduled)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...scheduled)).toBeLessThan(3000)
    expect(Math.max(...scheduled) - Math.min(...scheduled)).toBeGreaterThan(2000)
    const duplicates = late.length - TICKS
    expect(duplicates).toBeGreaterThan(3)
    expect(duplicates).toBeLessThan(30)
    const times = received.map(({ headers }) => headers['x-cloudscheduler-scheduletime'])
    expect(new Set(times).size).toBe(TICKS)
    expect((await observe(7, start)).late).toEqual(late)
  })
})
