import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Hono } from 'hono'
import { afterEach, describe, expect, it } from 'vitest'
import { ID_TOKEN } from '../../functions/auth/oidc.ts'
import { refusal } from '../../functions/auth/verify.ts'
import type { Clock } from '../../functions/clock.ts'
import { type Config, loadConfig } from '../../functions/config.ts'
import { authentication } from '../../functions/http/access.ts'
import { listenerOf } from '../../functions/http/framework.ts'
import { legacyRoutes } from '../../functions/http/legacy.ts'
import { ownershipRoutes } from '../../functions/http/ownership.ts'
import { answerProblem } from '../../functions/http/problem.ts'
import type { Vars } from '../../functions/http/surface.ts'
import { newJob } from '../../functions/job/definition.ts'
import { digestOf } from '../../functions/job/digest.ts'
import type { Job } from '../../functions/job/job.ts'
import { parseRun } from '../../functions/job/parse.ts'
import { toFields } from '../../functions/job/stored.ts'
import { claim } from '../../functions/lease/claim.ts'
import { jobRef, runRef } from '../../functions/lease/held.ts'
import { settle } from '../../functions/lease/settle.ts'
import { mayClaim } from '../../functions/rollout/stage.ts'
import type { Documents } from '../../functions/store/documents.ts'
import { memoryDocuments } from '../../functions/store/memory.ts'
import { withStoreTime } from '../../functions/store/time.ts'
import { realClock } from '../support/real-clock.ts'
import { untilAsync } from '../support/until-async.ts'
import { virtualClock } from '../support/virtual-clock.ts'
import { definition } from '../unit/job/fixtures.ts'

const NOW = Date.UTC(2030, 0, 31, 12)
const OLD = 'old@p.iam.gserviceaccount.com'

/** The door over a store in memory, with one job. `flags.stage` may change at any time. */
function setup(clock: Clock = virtualClock(NOW), seconds = 60) {
  const job = newJob(definition({ schedule: { kind: 'every', seconds, anchor_at: 0 } }), clock.now() - 1)
  const documents = memoryDocuments(clock, [{ ref: jobRef('digest'), fields: toFields(job) }])
  const flags: { -readonly [Name in keyof Config]: Config[Name] } = {
    ...loadConfig({ SCHEDULER_PRINCIPALS: `{"${OLD}": {"roles": ["legacy"]}}` }),
    stage: 1,
  }
  let ids = 0
  const app = new Hono<Vars>()
  const registered: string[] = []
  const deps = {
    get config() {
      return flags
    },
    clock,
    documents,
    newId: () => `id${ids++}`,
    random: () => 0,
    emit: () => {},
    register: async () => void registered.push('once more'),
  }
  const verify = async (name: string) => {
    if (name !== 'legacy') throw refusal(ID_TOKEN, 'malformed')
    return { email: OLD, domain: null }
  }
  app.use(authentication({ verify, config: flags })(null))
  const route = (method: string, path: string) =>
    app.on(method, path, (c) => {
      const handlers = { ...legacyRoutes(deps), ...ownershipRoutes(deps) }
      return handlers[`${method} ${path}` as keyof typeof handlers](c)
    })
  for (const method of ['POST', 'PATCH']) route(method, '/api/legacy/runs')
  route('GET', '/api/ownership')
  app.onError((error, c) => answerProblem(c, error))
  const ask = async (method: string, path: string, body?: object, headers: Record<string, string> = {}) => {
    const answer = await app.request(path, {
      method,
      headers: { authorization: 'Bearer legacy', 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }
  return { app, clock, documents, flags, ask, registered }
}

const RUNS = '/api/legacy/runs'
const CLAIM = { job: 'digest', startedAt: '2030-01-31T12:00:02', leaseSeconds: 60 }
const RUN = 'digest@2030-01-31T12:00:00.000Z'

async function runOf(documents: Documents, id: string) {
  const found = (await documents.get([runRef(id)])).value[0]
  const run = found ? parseRun(found.fields) : null
  if (run?.ok !== true) throw new Error(`there is no run ${id}`)
  return run.value
}

describe('POST /api/legacy/runs', () => {
  it('is the claim: 201 with all that is needed to perform, renew and settle', async () => {
    const { ask, registered } = setup()
    expect(await ask('POST', RUNS, CLAIM)).toEqual({
      status: 201,
      body: {
        run: RUN,
        job: 'digest',
        fence: 1,
        attempt: 1,
        scheduledFor: '2030-01-31T12:00:00.000Z',
        leaseUntil: '2030-01-31T12:01:00.000Z',
        payload: {},
      },
    })
    expect(registered).toHaveLength(1)
  })

  it('is a 409 with a stable code and what to do, when it is not to be performed', async () => {
    const { ask, flags } = setup()
    await ask('POST', RUNS, CLAIM)
    const again = await ask('POST', RUNS, CLAIM)
    expect(again).toMatchObject({ status: 409, body: { code: 'already_running' } })
    expect(again.body.message).toContain('until 2030-01-31T12:01:00.000Z')
    await ask('PATCH', RUNS, { run: RUN, fence: 1, status: 'succeeded' })
    expect(await ask('POST', RUNS, CLAIM)).toMatchObject({ status: 409, body: { code: 'already_done' } })
    flags.stage = 4
    const moved = await ask('POST', RUNS, CLAIM)
    expect(moved).toMatchObject({ status: 409, body: { code: 'not_owner' } })
    expect(moved.body.message).toContain('At stage 4 the path tick has digest')
  })

  it('answers the same claim to the same Idempotency-Key', async () => {
    const { ask } = setup()
    const key = { 'idempotency-key': 'f00' }
    const first = await ask('POST', RUNS, CLAIM, key)
    expect(await ask('POST', RUNS, CLAIM, key)).toEqual(first)
    expect(await ask('POST', RUNS, CLAIM, { 'idempotency-key': 'x'.repeat(256) })).toMatchObject({
      status: 400,
    })
  })

  it('keeps the payload, also of a job that nobody knows', async () => {
    const { ask, documents } = setup()
    const { status, body } = await ask('POST', RUNS, {
      ...CLAIM,
      job: 'älter',
      jobType: 'mail',
      payload: [1],
    })
    expect([status, body.payload]).toEqual([201, [1]])
    expect(await runOf(documents, String(body.run))).toMatchObject({
      job_type: 'mail',
      payload_hash: digestOf('[1]'),
    })
  })

  it.each([
    ['job', { ...CLAIM, job: 'a/b' }],
    ['startedAt', { ...CLAIM, startedAt: 'now' }],
    ['startedAt', { ...CLAIM, startedAt: '2030-01-31T12:00:11Z' }],
    ['scheduledFor', { ...CLAIM, scheduledFor: '2030-02-02T12:00:00Z' }],
    ['leaseSeconds', { ...CLAIM, leaseSeconds: 9 }],
    ['payload', { ...CLAIM, payload: 'x'.repeat(65_536) }],
    ['lease', { ...CLAIM, lease: 9 }],
  ])('names the field %s that is wrong', async (field, body) => {
    const answer = await setup().ask('POST', RUNS, body)
    expect(answer).toMatchObject({ status: 400, body: { problems: [{ field }] } })
  })
})

describe('PATCH /api/legacy/runs', () => {
  it('renews with leaseSeconds', async () => {
    const { ask } = setup()
    await ask('POST', RUNS, CLAIM)
    expect(await ask('PATCH', RUNS, { run: RUN, fence: 1, leaseSeconds: 90 })).toEqual({
      status: 200,
      body: { leaseUntil: '2030-01-31T12:01:30.000Z' },
    })
    const lost = await ask('PATCH', RUNS, { run: RUN, fence: 2, leaseSeconds: 90 })
    expect(lost).toMatchObject({ status: 409, body: { code: 'lost' } })
  })

  it('settles with a status: result, items and effects are kept, effects of one key as one', async () => {
    const { ask, documents } = setup()
    await ask('POST', RUNS, CLAIM)
    const report = {
      run: RUN,
      fence: 1,
      status: 'succeeded',
      result: { sent: 2 },
      items: { processed: 2, succeeded: 2, failed: 0 },
      effects: [
        { key: 'post', input: 'first' },
        { key: 'post', input: { b: 1, a: 2 } },
      ],
    }
    const taken = { status: 200, body: { status: 'succeeded', nextAttemptAt: null } }
    expect(await ask('PATCH', RUNS, report)).toEqual(taken)
    expect(await ask('PATCH', RUNS, report)).toEqual(taken)
    expect(await runOf(documents, RUN)).toMatchObject({
      result: '{"sent":2}',
      items: { processed: 2 },
      intents: { count: 1, first: [{ key: 'post', hash: digestOf('{"a":2,"b":1}') }] },
    })
  })

  it('says of a failure when to try again, and resumes the run then', async () => {
    const { ask } = setup()
    await ask('POST', RUNS, CLAIM)
    const failed = await ask('PATCH', RUNS, { run: RUN, fence: 1, status: 'failed', error: 'no' })
    expect(failed.body).toEqual({ status: 'retry', nextAttemptAt: '2030-01-31T12:05:00.000Z' })
    const next = await ask('POST', RUNS, { ...CLAIM, scheduledFor: '2030-01-31T12:00:00Z' })
    expect(next).toMatchObject({ status: 201, body: { run: RUN, attempt: 2, fence: 2 } })
    const last = { run: RUN, fence: 2, status: 'failed', error: 'x'.repeat(9_000), retryable: false }
    expect((await ask('PATCH', RUNS, last)).body).toEqual({ status: 'failed', nextAttemptAt: null })
  })

  it.each([
    ['status', { run: RUN, fence: 1 }],
    ['status', { run: RUN, fence: 1, leaseSeconds: 60, status: 'failed' }],
    ['result', { run: RUN, fence: 1, status: 'succeeded', result: 'x'.repeat(16_384) }],
    ['run', { run: 'digest', fence: 1, status: 'succeeded' }],
  ])('names the field %s that is wrong', async (field, body) => {
    const answer = await setup().ask('PATCH', RUNS, body)
    expect(answer).toMatchObject({ status: 400, body: { problems: [{ field }] } })
  })

  it('of a run that there is not is a 404', async () => {
    expect(await setup().ask('PATCH', RUNS, { run: RUN, fence: 1, status: 'failed' })).toMatchObject({
      status: 404,
    })
  })
})

describe('GET /api/ownership', () => {
  it('tells who has a job, known or not, and until when', async () => {
    const { ask, flags } = setup()
    const owner = async (query: string) => (await ask('GET', `/api/ownership?${query}`)).body
    expect(await owner('job=any')).toEqual({ stage: 1, jobs: [{ job: 'any', path: 'legacy', until: null }] })
    flags.stage = 3
    flags.canary_split = 'alternate'
    const [jobs, later] = [await owner(''), await owner('job=digest&at=2030-01-31T12:15:00Z')]
    expect(jobs).toEqual({
      stage: 3,
      jobs: [{ job: 'digest', path: 'legacy', until: '2030-01-31T12:15:00.000Z' }],
      next_cursor: null,
    })
    expect(later.jobs).toEqual([{ job: 'digest', path: 'tick', until: '2030-01-31T12:30:00.000Z' }])
  })

  it('is a page', async () => {
    const { ask } = setup()
    const { body } = await ask('GET', '/api/ownership?limit=1')
    expect(body.next_cursor).toEqual(expect.any(String))
    expect((await ask('GET', `/api/ownership?cursor=${String(body.next_cursor)}`)).body.jobs).toEqual([])
    expect((await ask('GET', '/api/ownership?limit=0')).status).toBe(400)
  })
})

const PYTHON = spawnSync('python3', ['--version']).status === 0
if (!PYTHON) process.emitWarning('python3 is not installed: the legacy scheduler in Python is NOT tested.')

describe.skipIf(!PYTHON)('a legacy scheduler in Python', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tickover-'))
  const [token, ledger] = [join(folder, 'token'), join(folder, 'ledger')]
  const children: ChildProcess[] = []
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL')
    rmSync(folder, { recursive: true })
  })

  const performed = () => (existsSync(ledger) ? readFileSync(ledger, 'utf8').split('\n').filter(Boolean) : [])

  it('and its twin perform nothing twice while the stage flips under them, and the ticks neither', async () => {
    const { app, flags, documents } = setup(realClock, 1)
    const listener = listenerOf((request) => app.fetch(request))
    const server = createServer((request, response) => void listener(request, response)).listen(
      0,
      '127.0.0.1',
    )
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    writeFileSync(token, 'legacy\n')
    const script = join(import.meta.dirname, '../support/legacy_scheduler.py')
    const run = () => spawn('python3', [script, url, token, 'digest', '1', ledger], { stdio: 'inherit' })
    children.push(run(), run())
    const ticked: string[] = []
    let flips = 0
    const byBoth = () => performed().length >= 2 && ticked.length >= 1 && flips >= 4
    await untilAsync(async () => {
      const stage = Math.floor(Date.now() / 300) % 2 === 0 ? 1 : 4
      if (stage !== flags.stage) flips += 1
      flags.stage = stage
      ticked.push(...(await tickOnce(documents, flags)))
      return byBoth()
    }, 'both paths had performed')
    const ends = children.map((child) => once(child, 'exit'))
    for (const child of children) child.kill('SIGTERM')
    expect((await Promise.all(ends)).map(([code]) => code)).toEqual([0, 0])
    server.close()
    const runs = [...performed().map((line) => line.split(' ')[0]), ...ticked]
    expect(runs).toEqual([...new Set(runs)])
    const query = { shape: 'runs', equals: 'default', limit: 1000 } as const
    const { value } = await documents.query(query)
    const done = value.filter(({ fields }) => fields.status === 'succeeded').map(({ ref }) => ref.id)
    expect(new Set(done)).toEqual(new Set(runs))
  })
})

/** What the other path does: claims what is due if the stage lets it, performs it, settles it. Answers its runs. */
async function tickOnce(store: Documents, rollout: Config): Promise<string[]> {
  const copies = new Map()
  const { documents, time } = withStoreTime(store, realClock)
  const { value, time: now } = await documents.get([jobRef('digest')])
  const [job] = value
  if (!job || !mayClaim('tick', 'digest', now, rollout)) return []
  const { held } = await claim(
    documents,
    [job],
    { now, owner: `t${now}`, path: 'tick', lease_ms: 30_000 },
    copies,
  )
  const settling = {
    documents,
    copies,
    time,
    clock: realClock,
    random: () => 0,
    policiesOf: (one: Job) => one.policies,
  }
  const finished = held.map((one) => ({
    held: one,
    outcome: { kind: 'succeeded', result: null, items: null } as const,
  }))
  await settle(settling, finished)
  return held.map(({ entry }) => entry.run)
}
