import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mayCall, type Route } from '../../functions/auth/policy.ts'
import { TickoverError } from '../../functions/errors.ts'
import type { Documents } from '../../functions/store/documents.ts'
import { NOW, type PEOPLE, setup, storedJob } from './setup.ts'

type Person = keyof typeof PEOPLE

function post(
  path: string,
  body: unknown,
  person: Person = 'operator',
  headers: Record<string, string> = {},
) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return new Request(`http://localhost${path}`, {
    method: 'POST',
    body: text,
    headers: { authorization: `Bearer ${person}`, 'content-type': 'application/json', ...headers },
  })
}

const get = (path: string, person: string | null = 'viewer') =>
  new Request(`http://localhost${path}`, {
    headers: person === null ? {} : { authorization: `Bearer ${person}` },
  })

const unreachable = () =>
  Promise.reject(new TickoverError('store_unreachable', 'The store is out of reach. Try again.'))

/** A store out of reach, which tells when it is queried. */
function brokenStore(onQuery: () => void): Documents {
  const query = () => {
    onQuery()
    return unreachable()
  }
  return { get: unreachable, query, commit: unreachable, close: () => Promise.resolve() }
}

/** The body, untyped, as a client gets it. */
async function json(answer: Response | Promise<Response>): Promise<ReturnType<typeof JSON.parse>> {
  return (await answer).json()
}

async function problem(answer: Response | Promise<Response>) {
  const response = await answer
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  const body = await json(response)
  expect(body).toMatchObject({
    status: response.status,
    code: expect.any(String),
    error: expect.any(String),
    message: expect.any(String),
  })
  return body
}

describe('access', () => {
  it.each([
    '/',
    '/admin/x/y',
    '/cron',
    '/cron/tick/',
    '/api/jobs/a/b',
    '/health/',
    '/health/x',
    '//health',
    '/.env',
    '/favicon.ico',
  ])(
    '%s, which is nothing, is 401 without credentials, 404 for those we know and 403 for those we do not',
    async (path) => {
      const { app } = setup()
      expect((await app.request(get(path, null))).status).toBe(401)
      expect(await problem(app.request(get(path, 'viewer')))).toMatchObject({
        status: 404,
        code: 'not_found',
      })
      expect((await app.request(get(path, 'stranger'))).status).toBe(403)
    },
  )

  it.each(['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])(
    '%s /cron/tick is 405, and 401 without credentials',
    async (method) => {
      const { app } = setup()
      expect((await app.request('/cron/tick', { method })).status).toBe(401)
      const headers = { authorization: 'Bearer operator' }
      expect(await problem(app.request('/cron/tick', { method, headers }))).toMatchObject({
        code: 'method_not_allowed',
        message: expect.stringContaining('POST'),
      })
    },
  )

  it('is not given by any header of Cloud Scheduler', async () => {
    const headers = {
      'x-cloudscheduler': 'true',
      'user-agent': 'Google-Cloud-Scheduler',
      'x-serverless-authorization': 'Bearer scheduler',
    }
    expect((await setup().app.request('/cron/tick', { method: 'POST', headers })).status).toBe(401)
  })

  it('is nobody’s on a route without a rule', () => {
    expect(() => mayCall('GET /nothing' as Route, null)).toThrow()
  })

  it('challenges with Bearer', async () => {
    expect((await setup().app.request('/api/jobs')).headers.get('www-authenticate')).toBe('Bearer')
  })
})

describe('POST /cron/tick', () => {
  it('runs a tick of the first lane and answers its metrics', async () => {
    const { app, ticks } = setup({ env: { SCHEDULER_LANES: 'main,fast:dwell' } })
    const headers = { authorization: 'Bearer scheduler', 'x-cloud-trace-context': `${'a'.repeat(32)}/12;o=1` }
    const response = await app.request('/cron/tick', { method: 'POST', headers })
    expect(response.status).toBe(200)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.json()).toEqual({
      status: 'ok',
      timestamp: '2030-01-31T12:00:00.000Z',
      trace_id: 'a'.repeat(32),
      metrics: { jobs_due: 1 },
    })
    expect(ticks).toEqual([{ lane: 'main', trace: 'a'.repeat(32) }])
  })

  it.each<[string, unknown, object]>([
    ['/cron/tick', { limit: 20, concurrency: 5 }, { lane: 'main', limit: 20, concurrency: 5 }],
    ['/cron/tick?limit=20&concurrency=5&lane=fast', {}, { lane: 'fast', limit: 20, concurrency: 5 }],
    ['/cron/tick?limit=20', { limit: 30 }, { lane: 'main', limit: 30 }],
    ['/cron/tick', '', { lane: 'main' }],
  ])('%s with %j asks for %j', async (path, body, asked) => {
    const { app, ticks } = setup({ env: { SCHEDULER_LANES: 'main,fast' } })
    expect((await app.request(post(path, body))).status).toBe(200)
    expect(ticks).toEqual([{ ...asked, trace: 'f'.repeat(32) }])
  })

  it.each<[string, unknown, string[]]>([
    ['', { limit: 0 }, ['limit']],
    ['', { limit: 1.5 }, ['limit']],
    ['', { limit: -1, concurrency: 201 }, ['limit', 'concurrency']],
    ['', { limit: null }, ['limit']],
    ['', { limit: 1e9 }, ['limit']],
    ['', { concurency: 1 }, ['concurency']],
    ['', { lane: 7 }, ['lane']],
    ['?limit=many&concurrency=', {}, ['limit', 'concurrency']],
    ['?limit=1e3', {}, ['limit']],
    ['?x=1', {}, ['x']],
  ])('refuses %s %j and names the fields', async (query, body, fields) => {
    const { app, ticks } = setup()
    const answer = await problem(app.request(post(`/cron/tick${query}`, body)))
    expect(answer).toMatchObject({ status: 400, code: 'bad_request' })
    expect(answer.problems.map((each: { field: string }) => each.field)).toEqual(fields)
    expect(ticks).toEqual([])
  })

  it.each(['[]', '"x"', '7', 'null'])('refuses the body %s', async (body) => {
    expect((await setup().app.request(post('/cron/tick', body))).status).toBe(400)
  })

  it('refuses an unknown lane and names those there are', async () => {
    const answer = await problem(
      setup({ env: { SCHEDULER_LANES: 'main,fast' } }).app.request(post('/cron/tick', { lane: 'slow' })),
    )
    expect(answer).toMatchObject({
      status: 400,
      code: 'unknown_lane',
      message: expect.stringContaining('main, fast'),
    })
  })

  it('is 200 when the clock is off or the process stops, and says so', async () => {
    for (const status of ['clock_skew', 'stopping'] as const) {
      const { app } = setup({ runTick: async () => ({ status, report: {} }) })
      const response = await app.request(post('/cron/tick', {}))
      expect(response.status).toBe(200)
      expect(await response.json()).toMatchObject({ status })
    }
  })

  it('is 503 when the store is out of reach', async () => {
    const response = await setup({ runTick: unreachable }).app.request(post('/cron/tick', {}))
    expect(response.headers.get('retry-after')).toBe('5')
    expect(await problem(response)).toMatchObject({
      status: 503,
      code: 'store_unreachable',
      error: 'The store is out of reach',
    })
  })

  it('is 500 without a word about what went wrong inside, which the log has', async () => {
    const { app, lines } = setup({
      runTick: () => Promise.reject(new Error('password=hunter2 at /srv/x.ts:1:1')),
    })
    const answer = await problem(app.request(post('/cron/tick', {})))
    expect(answer).toMatchObject({ status: 500, code: 'internal' })
    expect(JSON.stringify(answer)).not.toMatch(/hunter2|\.ts/)
    expect(lines.join('')).toContain('Unexpected trouble in POST /cron/tick')
  })
})

describe('a body', () => {
  it('may be empty, with any content type', async () => {
    const { app } = setup()
    for (const type of ['application/json', 'text/plain', 'application/octet-stream']) {
      expect(
        (await app.request(post('/cron/tick', '', 'operator', { 'content-type': type }))).status,
        type,
      ).toBe(200)
    }
  })

  it.each(['{', '{"a":}', '{"limit":1}}', "{'limit':1}", 'limit=1', '\u0000'])(
    'that is broken (%j) is invalid_json',
    async (body) => {
      expect(await problem(setup().app.request(post('/cron/tick', body)))).toMatchObject({
        status: 400,
        code: 'invalid_json',
      })
    },
  )

  it('that is no UTF-8 is invalid_json', async () => {
    const init = {
      method: 'POST',
      body: Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d),
      headers: { authorization: 'Bearer operator', 'content-type': 'application/json' },
    }
    expect(await problem(setup().app.request('/cron/tick', init))).toMatchObject({ code: 'invalid_json' })
  })

  it.each(['[', '{"a":'])('that nests %s without end is invalid_json, not a crash', async (opening) => {
    expect(await problem(setup().app.request(post('/api/jobs', opening.repeat(40_000))))).toMatchObject({
      code: 'invalid_json',
    })
  })

  it('may hold brackets in its texts', async () => {
    const body = { job_type: 'mail', schedule_at: '2030-02-01', payload: { text: '[{"\\'.repeat(500) } }
    expect((await setup().app.request(post('/api/jobs', body))).status).toBe(201)
  })

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/octet-stream',
    'application/jsonx',
    '',
  ])('of type %j is 415', async (type) => {
    const answer = problem(
      setup().app.request(post('/cron/tick', '{"limit":1}', 'operator', { 'content-type': type })),
    )
    expect(await answer).toMatchObject({ status: 415, code: 'unsupported_media_type' })
  })

  it('that is compressed is 415', async () => {
    const answer = problem(
      setup().app.request(post('/cron/tick', '{}', 'operator', { 'content-encoding': 'gzip' })),
    )
    expect(await answer).toMatchObject({ status: 415 })
  })

  it('over 256 KiB is 413, whether it says its length or not', async () => {
    const { app } = setup()
    const fits =
      `{"payload":"${'x'.repeat(256 * 1024 - 60)}","job_type":"mail","schedule_at":"2030-02-01"}`.slice(0)
    expect((await app.request(post('/api/jobs', fits))).status).not.toBe(413)
    expect(await problem(app.request(post('/api/jobs', ' '.repeat(256 * 1024 + 1))))).toMatchObject({
      status: 413,
    })
    const said = post('/api/jobs', '{}', 'operator', { 'content-length': '262145' })
    expect(await problem(app.request(said))).toMatchObject({ status: 413, code: 'payload_too_large' })
  })

  it('is not read for those who prove nothing', async () => {
    let pulled = 0
    const body = new ReadableStream(
      {
        pull: (controller) => {
          pulled += 1
          controller.enqueue(new Uint8Array(1024))
        },
      },
      { highWaterMark: 0 },
    )
    const init = { method: 'POST', body, duplex: 'half' } as RequestInit
    expect((await setup().app.request('/cron/tick', init)).status).toBe(401)
    expect(pulled).toBe(0)
  })

  it('never makes the server fail, whatever it holds', async () => {
    const { app } = setup()
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('/cron/tick', '/api/jobs'),
        fc.oneof(fc.json(), fc.string()),
        async (path, body) => {
          expect((await app.request(post(path, body))).status).toBeLessThan(500)
        },
      ),
      { numRuns: 200 },
    )
  })
})

describe('GET /health', () => {
  it('tells anyone that the store answers, and nothing else', async () => {
    const response = await setup({ jobs: [storedJob()] }).app.request('/health')
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ status: 'ok' })
  })

  it('tells viewers the storage and how many jobs are overdue', async () => {
    const late = { next_run_at: NOW - 121_000 }
    const jobs = [
      storedJob({ name: 'a', ...late }),
      storedJob({ name: 'b', ...late }),
      storedJob({ name: 'c', next_run_at: NOW - 1000 }),
    ]
    expect(await json(setup({ jobs }).app.request(get('/health')))).toMatchObject({
      status: 'ok',
      environment: 'local',
      storage: 'json',
      overdue_jobs: 2,
      warnings: [],
    })
  })

  it('warns viewers when production runs on the json storage', async () => {
    const env = {
      ENVIRONMENT: 'production',
      SCHEDULER_ALLOW_JSON_IN_PRODUCTION: 'yes',
      SCHEDULER_OIDC_AUDIENCE: 'https://t.example.com',
    }
    const { warnings } = await json(setup({ env }).app.request(get('/health')))
    expect(warnings).toEqual([expect.stringContaining('json storage')])
  })

  it('asks the store at most every 5 s, and is 503 when it is out of reach', async () => {
    let asked = 0
    const documents = brokenStore(() => (asked += 1))
    const { app, clock } = setup({ documents })
    for (let n = 0; n < 5; n += 1)
      expect(await problem(app.request('/health'))).toMatchObject({ status: 503 })
    expect(asked).toBe(1)
    await clock.advance(5001)
    await app.request('/health')
    expect(asked).toBe(2)
  })

  it('does not wait longer than 4 s for a store that hangs', async () => {
    const documents = brokenStore(() => undefined)
    const { app, clock } = setup({ documents: { ...documents, query: () => new Promise(() => undefined) } })
    const answer = app.request('/health')
    await clock.advance(4000)
    expect(await problem(answer)).toMatchObject({ status: 503 })
  })
})

describe('POST /api/jobs', () => {
  const body = { job_type: 'mail', schedule_at: '2030-02-01T10:00:00+02:00', payload: { to: 'a' } }

  it('makes a one-off job', async () => {
    const { app, created } = setup()
    const response = await app.request(post('/api/jobs', body))
    expect(response.status).toBe(201)
    expect(await response.json()).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      job_type: 'mail',
      schedule_at: '2030-02-01T08:00:00.000Z',
      payload: { to: 'a' },
      status: 'pending',
      attempts: 0,
      max_attempts: 3,
      is_due: false,
      time_until_due_seconds: 72_000,
    })
    expect(created).toEqual([
      { job_type: 'mail', schedule_at: Date.parse('2030-02-01T08:00:00Z'), payload: { to: 'a' } },
    ])
  })

  it('reads an instant without a zone as UTC, with a warning', async () => {
    const { app, created } = setup()
    const answer = await json(app.request(post('/api/jobs', { ...body, schedule_at: '2030-02-01T10:00:00' })))
    expect(answer.warnings).toEqual([expect.stringContaining('UTC')])
    expect(created).toMatchObject([{ schedule_at: Date.parse('2030-02-01T10:00:00Z') }])
  })

  it('lets a service make jobs of its own types only', async () => {
    const { app } = setup()
    expect((await app.request(post('/api/jobs', body, 'service'))).status).toBe(201)
    expect(
      await problem(app.request(post('/api/jobs', { ...body, job_type: 'crawl' }, 'service'))),
    ).toMatchObject({ status: 403, code: 'not_your_job' })
  })

  it.each<[object, string[]]>([
    [{}, ['job_type', 'schedule_at']],
    [{ ...body, job_type: '' }, ['job_type']],
    [{ ...body, job_type: 'x'.repeat(201) }, ['job_type']],
    [{ ...body, schedule_at: 5 }, ['schedule_at']],
    [{ ...body, schedule_at: '2030-02-30' }, ['schedule_at']],
    [{ ...body, scheduled_at: 'x' }, ['scheduled_at']],
  ])('refuses %j', async (input, fields) => {
    const answer = await problem(setup().app.request(post('/api/jobs', input)))
    expect(answer.problems.map((each: { field: string }) => each.field)).toEqual(fields)
  })
})

describe('GET /api/jobs', () => {
  it('shows a job in the older shape, beside the stored fields', async () => {
    const last_run = {
      run: 'digest@x',
      outcome: 'succeeded',
      began_at: NOW - 9000,
      ended_at: NOW - 8000,
      error: null,
      failures: 0,
      failing_since: null,
    } as const
    const totals = { runs: 3, succeeded: 2, failed: 1, skipped: 0, duplicates_suppressed: 0 }
    const { app } = setup({ jobs: [storedJob({ last_run, totals })] })
    const { jobs, next_cursor } = await json(app.request(get('/api/jobs')))
    expect(next_cursor).toBeNull()
    expect(jobs).toMatchObject([
      {
        name: 'digest',
        displayName: 'Digest',
        description: 'Sends the digest',
        cronExpression: '0 9 * * *',
        enabled: true,
        isRunning: false,
        jobType: 'digest',
        service: null,
        endpoint: null,
        lastRunAt: '2030-01-31T11:59:51.000Z',
        lastRunStatus: 'completed',
        lastRunDuration: 1000,
        nextRunAt: '2030-01-31T12:01:30.000Z',
        totalRuns: 3,
        successfulRuns: 2,
        failedRuns: 1,
        config: { list: 'all' },
        status: 'pending',
        lease_until: null,
        entries: [],
        created_at: '2030-01-31T11:59:59.000Z',
      },
    ])
    expect(await json(app.request(get('/api/jobs/digest')))).toEqual(jobs[0])
  })

  it('gives one-off jobs a page of their own', async () => {
    const oneOff = storedJob({
      name: 'one',
      kind: 'one_off',
      schedule: { kind: 'at', at: NOW - 5000 },
      next_run_at: NOW - 5000,
    })
    const { app } = setup({ jobs: [storedJob(), oneOff] })
    const names = async (path: string) =>
      (await json(app.request(get(path)))).jobs.map((job: { name: string }) => job.name)
    expect(await names('/api/jobs')).toEqual(['digest'])
    expect(await names('/api/jobs?kind=one_off')).toEqual(['one'])
    const { jobs } = await json(app.request(get('/api/jobs?kind=one_off')))
    expect(jobs).toMatchObject([{ is_due: true, time_until_due_seconds: -5 }])
  })

  it('pages through all jobs, each once', async () => {
    const jobs = Array.from({ length: 25 }, (_, n) =>
      storedJob({ name: `job-${String(n).padStart(2, '0')}` }),
    )
    const { app } = setup({ jobs })
    const seen: string[] = []
    let path = '/api/jobs?limit=10'
    for (let page = 0; page < 5 && path !== ''; page += 1) {
      const answer = await json(app.request(get(path)))
      seen.push(...answer.jobs.map((job: { name: string }) => job.name))
      path = answer.next_cursor === null ? '' : `/api/jobs?limit=10&cursor=${answer.next_cursor}`
    }
    expect(seen).toEqual(jobs.map((job) => job.ref.id))
  })

  it('shows a job that cannot be read as damaged, beside the others', async () => {
    const damaged = {
      ...storedJob({ name: 'hurt' }),
      fields: { name: 'hurt', kind: 'recurring', next_run_at: 'soon' },
    }
    const { jobs } = await json(setup({ jobs: [storedJob(), damaged] }).app.request(get('/api/jobs')))
    expect(jobs).toMatchObject([
      { name: 'digest', status: 'pending' },
      { name: 'hurt', status: 'damaged', error: expect.any(String) },
    ])
  })

  it.each(['limit=0', 'limit=1001', 'limit=x', 'kind=all', 'cursor=%00', 'cursor=W10', 'page=2'])(
    'refuses ?%s',
    async (query) => {
      expect(await problem(setup().app.request(get(`/api/jobs?${query}`)))).toMatchObject({
        status: 400,
        problems: [{ field: query.split('=')[0] }],
      })
    },
  )

  it.each(['nothing', '..', '%2e%2e', 'a%2Fb', 'x'.repeat(1001), '%00'])(
    'answers 404 for the name %s',
    async (name) => {
      const response = await setup().app.request(get(`/api/jobs/${name}`))
      expect(response.status).toBe(404)
    },
  )

  it('answers an unknown job as older clients know it', async () => {
    expect(await problem(setup().app.request(get('/api/jobs/nothing')))).toMatchObject({
      error: 'Job not found',
      message: expect.any(String),
    })
  })
})
