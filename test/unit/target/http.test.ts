import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import type { Outcome } from '../../../functions/job/outcome.ts'
import { withTrace } from '../../../functions/observe/trace.ts'
import { hashOfToken, isTokenOf } from '../../../functions/target/http/run-token.ts'
import { intentOfRequest, performHttp } from '../../../functions/target/http.ts'
import { json, startTarget, type TestTarget } from '../../support/target.ts'
import { until } from '../../support/until.ts'
import { LEASE } from '../job/fixtures.ts'
import { attempt, type Choice, calling, emailService, NOW, RUN_TOKEN } from './http-scene.ts'

type Answer = NonNullable<Parameters<typeof startTarget>[0]>

/** As receivers of the older scheduler validate: no other field, no null. */
const STRICT = z.strictObject({
  jobName: z.string().min(1),
  config: z.record(z.string(), z.unknown()),
  executionId: z.string().min(1),
  triggeredBy: z.enum(['scheduler', 'manual']),
  triggeredByUser: z.string().optional(),
})

const validating: Answer = (response, { body }) => {
  const { success } = STRICT.safeParse(JSON.parse(body))
  json(response, success ? 200 : 400, { success })
}

let target: TestTarget
let answer: Answer

beforeEach(async () => {
  answer = validating
  target = await startTarget((...given) => answer(...given))
})
afterEach(async () => {
  vi.useRealTimers()
  await target.close()
})

const here = (changes = {}) => calling(emailService(target.url), changes)

/** `left` ms before the lease of the attempt ends. */
const closeToEnd = (left: number) => here({ clock: { now: () => NOW + LEASE - left } })

async function performed(choice: Choice = {}, payload = '{}', call = here()): Promise<Outcome> {
  const { job, standing } = attempt(choice)
  return performHttp(call, standing, job, payload)
}

describe('a strict receiver', () => {
  test('takes what a scheduled run sends, with its config', async () => {
    expect(await performed({}, '{"batchSize":100}')).toMatchObject({ kind: 'succeeded' })
    expect(JSON.parse(target.arrived[0]?.body ?? '')).toEqual({
      jobName: 'digest',
      config: { batchSize: 100 },
      executionId: 'digest@2030-01-31T12:01:00.000Z',
      triggeredBy: 'scheduler',
    })
  })

  test('takes a run that somebody asked for, with and without a name', async () => {
    const asked = { triggered_by: 'manual', triggered_by_user: 'ana' } as const
    expect(await performed({ run: asked })).toMatchObject({ kind: 'succeeded' })
    expect(await performed({ run: { triggered_by: 'admin' } })).toMatchObject({ kind: 'succeeded' })
    expect(target.arrived.map(({ body }) => JSON.parse(body))).toMatchObject([
      { triggeredBy: 'manual', triggeredByUser: 'ana' },
      { triggeredBy: 'manual' },
    ])
  })

  test('is told a backfill’s runs under the name of its parent', async () => {
    expect(await performed({ name: 'digest~backfill-1' })).toMatchObject({ kind: 'succeeded' })
    expect(JSON.parse(target.arrived[0]?.body ?? '')).toMatchObject({ jobName: 'digest' })
  })

  test('would refuse a null user: the check of these tests can fail', () => {
    expect(
      STRICT.safeParse({ jobName: 'a', config: {}, executionId: 'b', triggeredBy: 'manual' }).success,
    ).toBe(true)
    expect(
      STRICT.safeParse({
        jobName: 'a',
        config: {},
        executionId: 'b',
        triggeredBy: 'manual',
        triggeredByUser: null,
      }).success,
    ).toBe(false)
  })

  test.each(['[]', 'null', '7', 'no JSON'])(
    'is sent nothing for a payload that is no object: %s',
    async (payload) => {
      expect(await performed({}, payload)).toMatchObject({
        kind: 'failed',
        error: expect.stringMatching(/^invalid_payload/),
      })
      expect(target.arrived).toEqual([])
    },
  )
})

describe('the headers', () => {
  test('say which attempt of which run this is', async () => {
    await withTrace('0af7651916cd43dd8448eb211c80319c', () => performed())
    expect(target.arrived[0]?.path).toBe('/api/jobs/digest')
    expect(target.arrived[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      'x-scheduler-execution-id': 'digest@2030-01-31T12:01:00.000Z',
      'idempotency-key': 'digest@2030-01-31T12:01:00.000Z',
      'x-scheduler-fence': '1',
      'x-scheduler-attempt': '1',
      'x-scheduler-scheduled-for': '2030-01-31T12:01:00.000Z',
      'x-scheduler-run-token': RUN_TOKEN,
      'x-scheduler-completion-url':
        'https://scheduler.example.com/api/runs/digest%402030-01-31T12%3A01%3A00.000Z/complete',
      traceparent: expect.stringMatching(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/),
    })
  })

  test('carry no trace and no address for completion where none is known', async () => {
    await performed({}, '{}', here({ self_url: null }))
    const { headers } = target.arrived[0] ?? {}
    expect(headers).not.toHaveProperty('traceparent')
    expect(headers).not.toHaveProperty('x-scheduler-completion-url')
  })

  test('hold any name that a job can have, and never a second header', async () => {
    const name = 'täglich\r\nX-Evil: 1\u0000%"\ud800'
    expect(await performed({ name })).toMatchObject({ kind: 'succeeded' })
    const { headers } = target.arrived[0] ?? {}
    expect(headers).not.toHaveProperty('x-evil')
    const told = String(headers?.['idempotency-key'])
    expect(told).toMatch(/^[!-~]+$/)
    expect(decodeURIComponent(told)).toBe(`${name.toWellFormed()}@2030-01-31T12:01:00.000Z`)
  })

  test('prove us to a service by an ID token for its base URL', async () => {
    const service = emailService(`${target.url}/mail/`)
    await performed({}, '{}', calling(service))
    expect(target.arrived[0]).toMatchObject({
      path: '/mail/api/jobs/digest',
      headers: { authorization: `Bearer id-token-for-${target.url}/mail` },
    })
  })

  test('prove us to any other host by an ID token for its origin', async () => {
    const call = calling(null, { allowed_hosts: ['127.0.0.1'], private_hosts: ['127.0.0.1'] })
    await performed({ service: null, endpoint: `${target.url}/hook?x=1` }, '{}', call)
    expect(target.arrived[0]).toMatchObject({
      path: '/hook?x=1',
      headers: { authorization: `Bearer id-token-for-${target.url}` },
    })
  })

  test('prove us by a Standard Webhooks signature where the service has it so', async () => {
    vi.setSystemTime(NOW)
    const secret = `whsec_${Buffer.from('a secret of 24 bytes, so').toString('base64')}`
    const service = emailService(target.url, { signing: 'webhook', secret })
    expect(await performed({}, '{"n":1}', calling(service))).toMatchObject({ kind: 'succeeded' })
    const { body = '', headers = {} } = target.arrived[0] ?? {}
    const signed = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
    expect(new Webhook(secret).verify(body, signed)).toMatchObject({ jobName: 'digest' })
    expect(() => new Webhook(secret).verify(body.replace('1', '2'), signed)).toThrow('No matching signature')
    expect(headers).not.toHaveProperty('authorization')
  })
})

describe('what the target answers', () => {
  test('becomes the run’s: items and metadata', async () => {
    answer = (response) =>
      json(response, 200, {
        success: true,
        itemsProcessed: 3,
        itemsSucceeded: 2,
        itemsFailed: 1,
        metadata: { digest: 'weekly' },
      })
    expect(await performed()).toMatchObject({
      kind: 'succeeded',
      items: { processed: 3, succeeded: 2, failed: 1 },
      result: '{"digest":"weekly"}',
      acts: { effect_failed: false, performed: 1 },
    })
  })

  test('with 202 holds the run until its completion; only the token’s hash is kept', async () => {
    answer = (response) => json(response, 202, {})
    const outcome = await performed()
    expect(outcome).toMatchObject({
      kind: 'accepted',
      token_hash: hashOfToken(RUN_TOKEN),
      deadline_seconds: 3600,
      items: null,
      acts: { effect_failed: false, performed: 1 },
    })
    expect(JSON.stringify(outcome)).not.toContain(RUN_TOKEN)
    expect(isTokenOf(RUN_TOKEN, hashOfToken(RUN_TOKEN))).toBe(true)
    expect(isTokenOf(`${RUN_TOKEN}0`, hashOfToken(RUN_TOKEN))).toBe(false)
    expect(isTokenOf(RUN_TOKEN, '')).toBe(false)
  })

  test('with 503 and Retry-After is tried again no earlier', async () => {
    answer = (response) => response.writeHead(503, { 'retry-after': '90' }).end()
    expect(await performed()).toMatchObject({
      kind: 'retry',
      after_seconds: 90,
      error: 'The target answered 503',
      acts: { effect_failed: true, performed: 0 },
    })
  })

  test('holds none of our secrets, also when it sends them back', async () => {
    for (const status of [200, 400, 500]) {
      answer = (response, { headers }) =>
        json(response, status, { success: true, metadata: headers, error: JSON.stringify(headers) })
      const call = here({ token: async () => 'a.plain.secret' })
      const outcome = JSON.stringify(await performed({}, '{}', call))
      expect(outcome).toContain('idempotency-key')
      expect(outcome).not.toContain(RUN_TOKEN)
      expect(outcome).not.toContain('a.plain.secret')
    }
  })

  test('is one line in an error, without what steers a terminal', async () => {
    answer = (response) =>
      response
        .writeHead(400, { 'content-type': 'text/plain; charset=utf-8' })
        .end('bad\r\n{"severity":"ERROR"}\u001b[2J\u202e')
    expect(await performed()).toMatchObject({
      kind: 'failed',
      error: 'The target answered 400: bad {"severity":"ERROR"} [2J',
    })
  })

  test('is read up to 256 KiB, and one that never ends is given up', async () => {
    answer = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const more = () => {
        while (response.write('x'.repeat(16 * 1024)) && !response.destroyed);
      }
      response.on('drain', more)
      more()
    }
    expect(await performed()).toMatchObject({
      kind: 'failed',
      error: expect.stringMatching(/^unstorable_result/),
      acts: { performed: 1 },
    })
    const exact = JSON.stringify({ success: true, itemsProcessed: 7 }).padEnd(256 * 1024)
    answer = (response) => response.end(exact)
    expect(await performed()).toMatchObject({ kind: 'succeeded', items: { processed: 7 } })
  })
})

describe('an attempt', () => {
  test('that is told to end gives its request up, in the headers as in the body', async () => {
    let hungUp = 0
    for (const begin of [false, true]) {
      answer = (response) => {
        response.on('close', () => hungUp++)
        if (begin) response.writeHead(200, { 'content-type': 'text/plain' }).write('slow')
      }
      const { job, standing, abort } = attempt()
      const outcome = performHttp(here(), standing, job, '{}')
      const before = target.arrived.length
      await until(() => target.arrived.length > before, 'the request arrives')
      abort.abort(new Error('The attempt has reached its timeout'))
      expect(await outcome).toMatchObject({ kind: 'retry', error: 'The attempt has reached its timeout' })
    }
    await until(() => hungUp === 2, 'both lines are down')
  })

  test('that waits for a token is told to end, and sends nothing', async () => {
    const { job, standing, abort } = attempt()
    const outcome = performHttp(here({ token: () => new Promise(() => {}) }), standing, job, '{}')
    abort.abort(new Error('The process stops'))
    expect(await outcome).toMatchObject({ kind: 'retry', error: 'The process stops' })
    expect(target.arrived).toEqual([])
  })

  test('whose lease is about to end sends nothing', async () => {
    expect(await performed({}, '{}', closeToEnd(2000))).toMatchObject({
      kind: 'retry',
      error: expect.stringMatching(/^lost/),
    })
    expect(target.arrived).toEqual([])
    expect(await performed({}, '{}', closeToEnd(2001))).toMatchObject({ kind: 'succeeded' })
  })

  test('at a target that is away may be tried again, and says why', async () => {
    await target.close()
    expect(await performed()).toMatchObject({
      kind: 'retry',
      error: expect.stringMatching(
        /^target_unreachable: 127\.0\.0\.1:\d+ gave no whole answer \(ECONNREFUSED\)/,
      ),
      acts: { effect_failed: true, performed: 0 },
    })
    target = await startTarget((response) => response.destroy())
    expect(await performed()).toMatchObject({
      kind: 'retry',
      error: expect.stringMatching(/^target_unreachable/),
    })
  })

  test('of an unknown service or with an endpoint that leaves it has failed for good', async () => {
    expect(await performed({ service: 'sms-service' })).toMatchObject({
      kind: 'failed',
      error: expect.stringMatching(/^unknown_service/),
    })
    expect(await performed({ endpoint: '//evil.example.com/' })).toMatchObject({
      kind: 'failed',
      error: expect.stringMatching(/^invalid_endpoint/),
    })
    expect(target.arrived).toEqual([])
  })

  test('intends what its shadow says that it would send', async () => {
    const { job, standing } = attempt()
    const { acts } = await performed({}, '{"a":1}')
    const run = standing.held.run.fields
    expect(acts?.intents).toEqual(intentOfRequest(job, run, '{"a":1}'))
    expect(acts?.intents).toMatchObject({ count: 1, first: [{ key: 'request' }] })
    expect(acts?.intents).not.toEqual(intentOfRequest(job, run, '{"a":2}'))
    expect(intentOfRequest(job, run, '[]').count).toBe(0)
  })
})
