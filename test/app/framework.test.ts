import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, type RequestOptions, request as send } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Issuer, startIssuer } from '../../scripts/dev/issuer.ts'
import { systemClock } from '../../scripts/system-clock.ts'
import { until } from '../support/until.ts'

const FRAMEWORK = fileURLToPath(
  new URL('../../node_modules/@google-cloud/functions-framework/build/src/main.js', import.meta.url),
)

interface Running {
  readonly child: ChildProcess
  readonly port: number
  readonly output: () => string
  /** Exit code and signal, once it has ended. */
  readonly ended: Promise<{ code: number | null; signal: string | null }>
}

async function start(source = 'edge-function.ts', env: Record<string, string> = {}): Promise<Running> {
  const port = await freePort()
  const args = [
    FRAMEWORK,
    '--target=scheduler',
    `--source=${fileURLToPath(new URL(source, import.meta.url))}`,
    `--port=${port}`,
  ]
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_ENV: 'development', ...env },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk))
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
  await until(() => output.includes('URL: http') || child.exitCode !== null, 'the framework listens')
  return { child, port, output: () => output, ended }
}

function freePort(): Promise<number> {
  const server = createServer()
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly text: string
}

/** Sends a request by hand; `feed` writes the body, and stops when the answer is there. */
function call(
  port: number,
  path: string,
  options: Omit<RequestOptions, 'headers'> & {
    headers?: Record<string, string | number>
    person?: string | null
    body?: string
    feed?: Iterable<Buffer>
  } = {},
): Promise<Answer & { sent: number }> {
  const { person = 'scheduler', body, feed, headers, ...rest } = options
  return new Promise((resolve, reject) => {
    const all = {
      ...(person !== null && { authorization: `Bearer ${person}` }),
      'content-type': 'application/json',
      ...headers,
    }
    // A connection that is to be closed is reset by Node while the body still comes, and the answer with it.
    const agent = new Agent({ keepAlive: true })
    let sent = 0
    let answered = false
    const outgoing = send({ port, path, method: 'POST', headers: all, agent, ...rest }, (response) => {
      answered = true
      let text = ''
      response.on('data', (chunk) => (text += chunk))
      response.on('end', () => {
        agent.destroy()
        outgoing.destroy()
        resolve({
          status: response.statusCode ?? 0,
          type: response.headers['content-type'] ?? '',
          text,
          sent,
        })
      })
    })
    outgoing.on('error', (error) => {
      if (!answered) reject(error)
    })
    if (feed === undefined) outgoing.end(body)
    else Readable.from(counted(feed, (bytes) => (sent += bytes))).pipe(outgoing)
  })
}

function* counted(feed: Iterable<Buffer>, tell: (bytes: number) => void): Generator<Buffer> {
  for (const chunk of feed) {
    tell(chunk.length)
    yield chunk
  }
}

function* zeros(megabytes: number): Generator<Buffer> {
  for (let n = 0; n < megabytes * 16; n += 1) yield Buffer.alloc(64 * 1024, 0x20)
}

function expectProblem(answer: Answer, status: number, code: string): void {
  expect(answer).toMatchObject({ status, type: 'application/problem+json' })
  expect(JSON.parse(answer.text)).toMatchObject({ status, code })
  expect(answer.text).not.toMatch(/<html|node_modules|\bat .*:\d+/i)
}

/** Resident memory of the process, in bytes. */
async function memoryOf({ port }: Running): Promise<number> {
  const { text } = await call(port, '/cron/tick', { body: '{"lane":"memory"}' })
  return JSON.parse(text).metrics.rss
}

describe('behind the Functions Framework', () => {
  let server: Running
  beforeAll(async () => {
    server = await start()
  })
  afterAll(() => void server.child.kill('SIGKILL'))

  it('a tick is answered', async () => {
    const answer = await call(server.port, '/cron/tick', { body: '{}' })
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.text)).toMatchObject({ status: 'ok', trace_id: expect.any(String) })
  })

  it.each(['{', 'x', '{"limit":}'])(
    'broken JSON (%s) is a problem, not a page with a stack',
    async (body) => {
      expectProblem(await call(server.port, '/cron/tick', { body }), 400, 'invalid_json')
    },
  )

  it('broken JSON is not even looked at without credentials', async () => {
    expectProblem(await call(server.port, '/cron/tick', { body: '{', person: null }), 401, 'unauthenticated')
  })

  it('an empty body is fine with Content-Type json', async () => {
    expect((await call(server.port, '/cron/tick', { headers: { 'content-length': 0 } })).status).toBe(200)
    expect((await call(server.port, '/cron/tick', {})).status).toBe(200)
    expect((await call(server.port, '/cron/tick', { feed: [] })).status).toBe(200)
  })

  it('a wrong content type or encoding is 415', async () => {
    for (const headers of [
      { 'content-type': 'text/plain' },
      { 'content-type': 'application/x-www-form-urlencoded' },
      { 'content-type': 'application/json; charset=x', 'content-encoding': 'br' },
    ]) {
      expectProblem(
        await call(server.port, '/cron/tick', { body: '{}', headers }),
        415,
        'unsupported_media_type',
      )
    }
  })

  it('a body that says it is huge is refused before it is sent', async () => {
    const answer = await call(server.port, '/cron/tick', {
      headers: { 'content-length': 900 * 1024 * 1024 },
      feed: zeros(1),
    })
    expectProblem(answer, 413, 'payload_too_large')
  })

  it('a body that hides its length is refused at 256 KiB, and is not kept in memory', async () => {
    const before = await memoryOf(server)
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => call(server.port, '/cron/tick', { feed: zeros(200) })),
    )
    for (const answer of answers) {
      expectProblem(answer, 413, 'payload_too_large')
      expect(answer.sent).toBeLessThan(100 * 1024 * 1024)
    }
    expect((await memoryOf(server)) - before).toBeLessThan(100 * 1024 * 1024)
  })

  it('a body within the limit arrives whole, in pieces too', async () => {
    const text = JSON.stringify({
      job_type: 'mail',
      schedule_at: '2030-02-01',
      payload: { text: 'x'.repeat(200_000) },
    })
    const pieces = text.match(/.{1,10000}/g)?.map((piece) => Buffer.from(piece)) ?? []
    const answer = await call(server.port, '/api/jobs', { person: 'operator', feed: pieces })
    expect(answer.status).toBe(201)
    expect(JSON.parse(answer.text).payload.text.length).toBe(200_000)
  })

  it('a path or host that is none is a problem', async () => {
    expectProblem(await call(server.port, '/cron\\tick', { body: '{}' }), 400, 'bad_request')
    expectProblem(
      await call(server.port, '/cron/tick', { body: '{}', headers: { host: 'a b' } }),
      400,
      'bad_request',
    )
  })

  it('the framework’s own paths are ours too', async () => {
    expectProblem(
      await call(server.port, '/favicon.ico', { method: 'GET', person: null }),
      401,
      'unauthenticated',
    )
  })

  it('a stray rejection is logged, and ends neither the tick nor the process', async () => {
    const other = call(server.port, '/cron/tick', { body: '{"lane":"quick"}' })
    expect((await call(server.port, '/cron/tick', { body: '{"lane":"stray-rejection"}' })).status).toBe(200)
    expect((await other).status).toBe(200)
    await until(() => server.output().includes('nobody awaits me'), 'the rejection is logged')
    expect((await call(server.port, '/health', { method: 'GET' })).status).toBe(200)
  })

  it('a log line carries the trace of its request', async () => {
    const trace = '0123456789abcdef0123456789abcdef'
    await call(server.port, '/cron/tick', {
      body: '{}',
      headers: { traceparent: `00-${trace}-0123456789abcdef-01` },
    })
    const line = () =>
      server
        .output()
        .split('\n')
        .find((each) => each.includes(trace))
    await until(() => line() !== undefined, 'the tick is logged')
    expect(JSON.parse(line() ?? '')).toMatchObject({
      severity: 'INFO',
      message: 'Running scheduler tick',
      'logging.googleapis.com/trace': trace,
    })
  })
})

describe('at the end of the process', () => {
  let server: Running | undefined
  afterEach(() => void server?.child.kill('SIGKILL'))

  it.each(['SIGTERM', 'SIGINT'] as const)(
    '%s lets the tick under way settle and answer, then exits 0',
    async (signal) => {
      server = await start()
      const tick = call(server.port, '/cron/tick', { body: '{"lane":"until-stopped"}' })
      await until(() => server?.output().includes('Running scheduler tick') ?? false, 'the tick runs')
      server.child.kill(signal)
      expect(JSON.parse((await tick).text)).toMatchObject({ status: 'stopping' })
      expect(await server.ended).toEqual({ code: 0, signal: null })
      expect(server.output()).toContain(`Stopping: ${signal}`)
    },
  )

  it('a second signal ends it at once', async () => {
    server = await start()
    const tick = call(server.port, '/cron/tick', { body: '{"lane":"never-ends"}' }).catch(() => null)
    await until(() => server?.output().includes('Running scheduler tick') ?? false, 'the tick runs')
    server.child.kill('SIGTERM')
    await until(() => server?.output().includes('Stopping: SIGTERM') ?? false, 'it stops')
    server.child.kill('SIGTERM')
    expect(await server.ended).toEqual({ code: 1, signal: null })
    await tick
  })

  it('an exception nobody catches is logged, drains, and exits 1', async () => {
    server = await start()
    const tick = await call(server.port, '/cron/tick', { body: '{"lane":"stray-exception"}' })
    expect(JSON.parse(tick.text)).toMatchObject({ status: 'stopping' })
    expect(await server.ended).toEqual({ code: 1, signal: null })
    expect(server.output()).toContain('nobody catches me')
  })
})

describe('the deployed function', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tickover-'))
  let issuer: Issuer
  let server: Running | undefined
  beforeAll(async () => {
    issuer = await startIssuer({ clock: systemClock })
  })
  afterEach(() => void server?.child.kill('SIGKILL'))
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true })
    await issuer.close()
  })

  const deploy = (env: Record<string, string> = {}) =>
    start('../../functions/index.ts', {
      SCHEDULER_STORAGE_FILE: join(folder, 'state.json'),
      SCHEDULER_OIDC_AUDIENCE: 'https://t.example.com',
      SCHEDULER_SERVICE_ACCOUNT: 'tick@p.iam.gserviceaccount.com',
      SCHEDULER_PRINCIPALS: '{"ops@example.com":{"roles":["operator"]}}',
      SCHEDULER_TOKEN_KEYS_URL: issuer.certs_url,
      ...env,
    })
  const person = (email: string) => issuer.mint({ email, audience: 'https://t.example.com' })

  it('keeps a one-off job over a restart, and its tick runs it', async () => {
    const operator = await person('ops@example.com')
    server = await deploy()
    const body = JSON.stringify({ job_type: 'mail', schedule_at: '2020-01-01T00:00:00Z' })
    const made = await call(server.port, '/api/jobs', { person: operator, body })
    expect(made.status).toBe(201)
    server.child.kill('SIGTERM')
    expect(await server.ended).toEqual({ code: 0, signal: null })

    server = await deploy()
    const tick = await call(server.port, '/cron/tick', {
      person: await person('tick@p.iam.gserviceaccount.com'),
    })
    expect(JSON.parse(tick.text)).toMatchObject({
      status: 'ok',
      metrics: { jobs_due: 1, jobs_executed: 1, jobs_failed: 1 },
    })
    const { id } = JSON.parse(made.text)
    const shown = await call(server.port, `/api/jobs/${id}`, { person: operator, method: 'GET' })
    expect(JSON.parse(shown.text)).toMatchObject({ attempts: 1, status: 'pending' })
    expect(server.output()).toContain('No handler registered for job type: mail')
  })

  it('does not start on a wrong configuration, and tells every problem in one line', async () => {
    server = await deploy({ SCHEDULER_CONCURRENCY: 'many', SCHEDULER_LANES: 'NO' })
    expect((await server.ended).code).toBe(1)
    const line = JSON.parse(
      server
        .output()
        .split('\n')
        .find((text) => text.startsWith('{')) ?? '{}',
    )
    expect(line).toMatchObject({ severity: 'ERROR', code: 'configuration' })
    expect(line.problems.map((each: { field: string }) => each.field)).toEqual([
      'SCHEDULER_LANES',
      'SCHEDULER_CONCURRENCY',
    ])
  })
})
