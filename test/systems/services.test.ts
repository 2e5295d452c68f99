import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Delivery } from '../support/delivery.ts'
import { moving, type Revision, SELF } from '../support/moving.ts'
import {
  answer,
  complete,
  done,
  openTeam,
  REGISTRATIONS,
  registerJob,
  TEAM,
  type Team,
} from '../support/team.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** A Tuesday. */
const START = Date.parse('2030-01-01T00:00:00Z')
/** Everything is due at full hours. */
const CADENCE = 30 * MINUTE

const at = (text: string) => Date.parse(`2030-01-${text}:00Z`)
const iso = (instant: number) => new Date(instant).toISOString()
const [digest, reEngagement, queueCleanup] = REGISTRATIONS as [Registration, Registration, Registration]
type Registration = (typeof REGISTRATIONS)[number]

const opened: { close(): Promise<void> }[] = []
afterEach(() => Promise.all(opened.splice(0).map((one) => one.close())))

/** The service with its ticks, and the email and user services beside it, which have registered. */
async function open() {
  const team: { current: Team | null } = { current: null }
  const world = moving({
    start: START,
    send: (clock) => {
      team.current = openTeam(clock)
      return team.current.send
    },
  })
  const serving: { revision: Revision | null } = { revision: world.deploy(TEAM, []) }
  const here = () => serving.revision ?? world.deploy(TEAM, [])
  world.ticking('default', () => serving.revision, CADENCE)
  for (const registration of REGISTRATIONS) expect((await registerJob(here(), registration)).status).toBe(200)
  const services = team.current
  if (services === null) throw new Error('The services were not opened.')
  const operator = (method: string, path: string, body?: unknown) =>
    here().call('operator', method, path, body)
  return {
    ...world,
    services,
    serving,
    revision: here,
    operator,
    /** The fields of an answer that has to be 200. */
    read: async (path: string) => {
      const { status, json } = await here().call('viewer', 'GET', path)
      expect(status).toBe(200)
      return json
    },
    /** Until an instant of January 2030, as `DDThh:mm`. */
    until: (text: string) => world.clock.advanceTo(at(text)),
    of: (job: string) => services.took.filter((delivery) => delivery.job === job),
  }
}

async function setup() {
  const world = await open()
  opened.push(world)
  return world
}

type World = Awaited<ReturnType<typeof open>>

describe('three weeks of the email and user services', () => {
  let world: World
  const TRIGGERED = at('08T12:00')

  beforeAll(async () => {
    world = await open()
    world.services.answers = ({ job, run }) => {
      if (run.startsWith('re-engagement@2030-01-05'))
        return answer(200, {
          success: false,
          itemsFailed: 5,
          error: 'The provider is closed',
          retryable: false,
        })
      return job === 'weekly-digest' ? done(100, { list: 'all' }) : done(10)
    }
    await world.until('08T12:00')
    await world.operator('POST', '/api/jobs/weekly-digest/trigger', {
      userId: 'ana',
      reason: 'A late letter',
    })
    await world.until('22T12:00')
  })
  afterAll(() => world.close())

  it('call each job at its instants, once, with its own config, and nobody is named', () => {
    const mondays = ['07', '14', '21'].map((day) => iso(at(`${day}T09:00`)))
    const days = Array.from({ length: 22 }, (_, day) => START + day * DAY)
    const nights = days.map((day) => iso(day + 2 * HOUR))
    expect(scheduled(world.of('weekly-digest'))).toEqual(mondays)
    expect(scheduled(world.of('re-engagement'))).toEqual(days.map((day) => iso(day + 10 * HOUR)))
    expect(scheduled(world.of('queue-cleanup'))).toEqual(nights)
    expect(scheduled(world.of('deletion-cleanup'))).toEqual(nights)
    for (const one of world.services.took) {
      expect(one.config).toEqual(REGISTRATIONS.find(({ name }) => name === one.job)?.config)
      if (one.triggered_by === 'scheduler') expect(one).toMatchObject({ user: null, attempt: 1 })
    }
  })

  it('send nothing that a strict receiver refuses, and no execution twice', () => {
    expect(world.services.refused).toEqual([])
    const runs = world.services.took.map(({ run }) => run)
    expect(new Set(runs).size).toBe(runs.length)
    expect(runs.length).toBe(3 + 1 + 3 * 22)
  })

  it('are on time: within the jitter of a tick', () => {
    for (const one of world.services.took)
      if (one.triggered_by === 'scheduler')
        expect(one.at - Date.parse(one.scheduled_for)).toBeLessThanOrEqual(3000)
  })

  it('show a manual run with who asked for it, in the body, the history and the audit', async () => {
    const [manual] = world.services.took.filter(({ triggered_by }) => triggered_by === 'manual')
    expect(manual).toMatchObject({ job: 'weekly-digest', user: 'ana', at: expect.any(Number) })
    const { executions } = await world.read('/api/jobs/weekly-digest/history')
    expect(executions.map((one: { triggered_by: string }) => one.triggered_by)).toEqual([
      'scheduler',
      'scheduler',
      'manual',
      'scheduler',
    ])
    expect(executions[2]).toMatchObject({
      id: manual?.run,
      status: 'completed',
      triggered_by_user: 'ana',
      started_at: iso(TRIGGERED),
      items_processed: 100,
      metadata: { list: 'all' },
    })
    const { entries } = await world.read('/api/jobs/weekly-digest/audit')
    expect(entries[0]).toMatchObject({
      action: 'job_triggered',
      actor: 'ops@example.com',
      on_behalf_of: 'ana',
      reason: 'A late letter',
      at: iso(TRIGGERED),
    })
  })

  it('leave a history that is whole on every page, newest first, by offset and by cursor', async () => {
    const path = '/api/jobs/re-engagement/history'
    const whole = await world.read(`${path}?limit=100`)
    expect(whole.pagination).toEqual({ limit: 100, offset: 0, total: 22, hasMore: false, next_cursor: null })
    const ids = idsOf(whole)
    expect(ids).toEqual(
      Array.from({ length: 22 }, (_, n) => `re-engagement@${iso(at('22T10:00') - n * DAY)}`),
    )
    for (const limit of [10, 11]) {
      const pages = []
      for (let offset = 0; offset < 22; offset += limit)
        pages.push(await world.read(`${path}?limit=${limit}&offset=${offset}`))
      expect(pages.flatMap(idsOf)).toEqual(ids)
      expect(pages.map(({ pagination }) => pagination.hasMore)).toEqual(
        pages.map((_, n) => n < pages.length - 1),
      )
      for (const { pagination } of pages) expect(pagination.total).toBe(22)
    }
    const walked: string[] = []
    for (let query = '?limit=7'; query !== '' && walked.length <= 22; ) {
      const page = await world.read(path + query)
      walked.push(...idsOf(page))
      const { next_cursor: next } = page.pagination
      query = next === null ? '' : `?limit=7&cursor=${next}`
    }
    expect(walked).toEqual(ids)
    expect(idsOf(await world.read(`${path}?offset=22`))).toEqual([])
    const { json } = await world.operator('GET', `${path}?limit=101`)
    expect(json).toMatchObject({ status: 400, problems: [{ field: 'limit' }] })
  })

  it('leave sums that are right to the number, for any period', async () => {
    const stats = (job: string, days: number) => world.read(`/api/jobs/${job}/stats?days=${days}`)
    const month = await stats('re-engagement', 30)
    expect(month.stats).toMatchObject({
      total_executions: 22,
      successful_executions: 21,
      failed_executions: 1,
      total_items_processed: 21 * 10 + 5,
    })
    expect(month.period).toEqual({
      days: 30,
      from: '2029-12-24T00:00:00.000Z',
      to: iso(world.clock.now()),
    })
    expect((await stats('re-engagement', 1)).stats).toMatchObject({
      total_executions: 1,
      total_items_processed: 10,
    })
    // From the 5th on, the day that failed.
    expect((await stats('re-engagement', 18)).stats).toMatchObject({
      total_executions: 18,
      failed_executions: 1,
    })
    expect((await stats('re-engagement', 17)).stats).toMatchObject({ failed_executions: 0 })
    // Today holds none.
    expect((await stats('weekly-digest', 1)).stats).toEqual({
      total_executions: 0,
      successful_executions: 0,
      failed_executions: 0,
      avg_duration_ms: 0,
      total_items_processed: 0,
    })
  })

  it('show the failed run with its reason, and the job with its rate', async () => {
    const { executions } = await world.read('/api/jobs/re-engagement/history?limit=100')
    const failed = executions.filter(({ status }: { status: string }) => status === 'failed')
    expect(failed).toMatchObject([
      {
        id: `re-engagement@${iso(at('05T10:00'))}`,
        error_message: 'The provider is closed',
        items_failed: 5,
        attempts: [{ attempt: 1, outcome: 'failed' }],
      },
    ])
    expect(await world.read('/api/jobs/re-engagement')).toMatchObject({
      totalRuns: 22,
      successfulRuns: 21,
      failedRuns: 1,
      successRate: 21 / 22,
      lastRunStatus: 'completed',
      nextRunAt: iso(at('23T10:00')),
      service: 'email-service',
      endpoint: '/api/jobs/re-engagement',
      jobType: 'email',
      config: reEngagement.config,
      isRunning: false,
    })
  })
})

describe('a service that starts again', () => {
  it('registers the same again, and nothing changes', async () => {
    const world = await setup()
    const before = await world.read('/api/jobs')
    const { entries } = await world.read('/api/jobs/weekly-digest/audit')
    await world.until('02T00:10')
    const stands = await world.read('/api/jobs/weekly-digest')
    for (const registration of REGISTRATIONS) await registerJob(world.revision(), registration)
    expect(before.jobs).toHaveLength(4)
    expect(await world.read('/api/jobs/weekly-digest')).toMatchObject({ updated_at: stands.updated_at })
    expect((await world.read('/api/jobs/weekly-digest/audit')).entries).toEqual(entries)
  })

  it('undoes neither an operator’s pause nor a changed cron: both show who, when and why, and a way back', async () => {
    const world = await setup()
    const why = { userId: 'ana', reason: 'The provider is down' }
    await world.operator('POST', '/api/jobs/re-engagement/disable', why)
    const changed = await world.operator('PUT', '/api/jobs/queue-cleanup/cron', {
      cronExpression: '30 4 * * *',
      reason: 'Quieter',
    })
    expect(changed).toMatchObject({ status: 200, json: { cronExpression: '30 4 * * *' } })
    const since = iso(world.clock.now())
    for (const registration of REGISTRATIONS) await registerJob(world.revision(), registration)
    await world.until('03T12:00')

    expect(world.of('re-engagement')).toEqual([])
    expect(world.of('queue-cleanup').map(({ scheduled_for }) => scheduled_for)).toEqual(
      ['01', '02', '03'].map((day) => iso(at(`${day}T04:30`))),
    )
    expect(await world.read('/api/jobs/re-engagement')).toMatchObject({
      enabled: false,
      overrides: {
        enabled: {
          registered: true,
          by: 'ana (through ops@example.com)',
          at: since,
          reason: 'The provider is down',
        },
        schedule: null,
      },
    })
    expect(await world.read('/api/jobs/queue-cleanup')).toMatchObject({
      cronExpression: '30 4 * * *',
      overrides: {
        enabled: null,
        schedule: {
          registered: { expression: queueCleanup.cronExpression },
          by: 'ops@example.com',
          at: since,
          reason: 'Quieter',
        },
      },
    })

    for (const job of ['re-engagement', 'queue-cleanup'])
      expect((await world.operator('POST', `/api/jobs/${job}/reset`)).status).toBe(200)
    expect(await world.read('/api/jobs/re-engagement')).toMatchObject({
      enabled: true,
      nextRunAt: iso(at('04T10:00')),
      overrides: { enabled: null, schedule: null },
    })
    expect(await world.read('/api/jobs/queue-cleanup')).toMatchObject({
      cronExpression: queueCleanup.cronExpression,
      overrides: { enabled: null, schedule: null },
    })
    const skipped = await world.read('/api/jobs/re-engagement/history?include=skipped')
    expect(skipped.executions).toMatchObject([
      { status: 'skipped', reason: 'paused', first_at: iso(at('01T10:00')), count: 3 },
    ])
  })

  it('may change its own registration beneath the overrides, which lead back to the newest', async () => {
    const world = await setup()
    await world.operator('POST', '/api/jobs/weekly-digest/disable')
    await world.operator('PUT', '/api/jobs/weekly-digest/cron', { cronExpression: '0 8 * * 2' })
    await registerJob(world.revision(), { ...digest, cronExpression: '0 7 * * 1', config: { batchSize: 5 } })
    expect(await world.read('/api/jobs/weekly-digest')).toMatchObject({
      cronExpression: '0 8 * * 2',
      config: { batchSize: 5 },
      enabled: false,
      overrides: { enabled: { registered: true }, schedule: { registered: { expression: '0 7 * * 1' } } },
    })
    await world.operator('POST', '/api/jobs/weekly-digest/reset')
    expect(await world.read('/api/jobs/weekly-digest')).toMatchObject({
      cronExpression: '0 7 * * 1',
      enabled: true,
      nextRunAt: iso(at('07T07:00')),
    })
  })

  it.each([
    ['another’s job', { ...digest, service: 'user-service', jobType: 'cleanup' }, 'user-service'],
    ['for another service', { ...digest, name: 'mine' }, 'user-service'],
    ['a type that is not its own', { ...digest, name: 'mine', service: 'user-service' }, 'user-service'],
  ])('is refused %s', async (_, registration, service) => {
    const world = await setup()
    const before = await world.read('/api/jobs/weekly-digest')
    const { status, json } = await registerJob(world.revision(), registration, service)
    expect(status).toBe(403)
    expect(json).toMatchObject({ code: 'not_your_job', error: expect.any(String) })
    expect(await world.read('/api/jobs/weekly-digest')).toEqual(before)
    expect((await world.read('/api/jobs')).jobs).toHaveLength(4)
  })

  it('learns what is wrong with its registration, field by field, in the shape that it reads', async () => {
    const world = await setup()
    const wrong = { ...digest, name: 'a/b', cronExpression: '0 9 * *', endpoint: '//evil.example/' }
    const { status, json } = await registerJob(world.revision(), wrong)
    expect(status).toBe(400)
    expect(json).toMatchObject({ error: expect.any(String), message: expect.stringContaining('name') })
    const impossible = { ...digest, name: 'february', cronExpression: '0 0 30 2 *' }
    const refused = await registerJob(world.revision(), impossible)
    expect(refused).toMatchObject({ status: 400, json: { problems: [{ field: 'cronExpression' }] } })
  })
})

describe('an operator', () => {
  it.each([
    ['GET', ''],
    ['GET', '/history'],
    ['GET', '/stats'],
    ['GET', '/preview'],
    ['POST', '/trigger'],
    ['POST', '/enable'],
    ['POST', '/release'],
    ['PUT', '/cron'],
    ['DELETE', ''],
  ])('is told of an unknown job: %s %s', async (method, path) => {
    const world = await setup()
    const body = method === 'PUT' ? { cronExpression: '0 9 * * *' } : undefined
    const { status, json } = await world.operator(method, `/api/jobs/nobody-knows-it${path}`, body)
    expect(status).toBe(404)
    expect(json).toMatchObject({ error: 'Job not found', message: expect.any(String), code: 'not_found' })
  })

  it('pauses and goes on without a body, also with a content type and an empty one', async () => {
    const world = await setup()
    const post = async (path: string, init: { headers?: Record<string, string>; body?: string }) => {
      const headers = { authorization: 'Bearer operator', ...init.headers }
      const request = new Request(`${SELF}/api/jobs/weekly-digest/${path}`, {
        method: 'POST',
        ...init,
        headers,
      })
      const response = await world.revision().fetch(request)
      return { status: response.status, json: await response.json() }
    }
    const json = { 'content-type': 'application/json' }
    for (const init of [{}, { headers: json }, { headers: json, body: '' }]) {
      const paused = await post('disable', init)
      expect(paused).toMatchObject({ status: 200, json: { message: expect.any(String) } })
      expect(await world.read('/api/jobs/weekly-digest')).toMatchObject({ enabled: false })
      expect(await post('enable', init)).toMatchObject({ status: 200 })
      expect(await world.read('/api/jobs/weekly-digest')).toMatchObject({ enabled: true })
    }
  })

  it('deletes a job: it is called no more, its runs stay, and its service can register it anew', async () => {
    const world = await setup()
    await world.until('02T12:00')
    const { status } = await world.operator('DELETE', '/api/jobs/re-engagement', { reason: 'Not wanted' })
    expect(status).toBe(200)
    expect((await world.operator('GET', '/api/jobs/re-engagement')).status).toBe(404)
    await world.until('04T12:00')
    expect(world.of('re-engagement')).toHaveLength(2)
    const { entries } = await world.read('/api/jobs/re-engagement/audit')
    expect(entries[0]).toMatchObject({ action: 'job_deleted', reason: 'Not wanted', after: null })

    expect((await registerJob(world.revision(), reEngagement)).status).toBe(200)
    await world.until('05T12:00')
    expect(world.of('re-engagement')).toHaveLength(3)
    expect(idsOf(await world.read('/api/jobs/re-engagement/history'))).toHaveLength(3)
  })

  it('triggers a paused job, which stays paused', async () => {
    const world = await setup()
    await world.operator('POST', '/api/jobs/re-engagement/disable')
    const { status, json } = await world.operator('POST', '/api/jobs/re-engagement/trigger', {
      userId: 'ana',
    })
    expect(status).toBe(200)
    expect(json.result).toEqual({
      success: true,
      itemsProcessed: 1,
      itemsSucceeded: 1,
      itemsFailed: 0,
      error: null,
      metadata: null,
    })
    expect(await world.read('/api/jobs/re-engagement')).toMatchObject({ enabled: false })
  })

  it('is refused a trigger while the job runs, and that moves nothing', async () => {
    const world = await setup()
    const over = Promise.withResolvers<void>()
    world.services.answers = async () => {
      await over.promise
      return done(3)
    }
    const first = world
      .revision()
      .call('operator', 'POST', '/api/jobs/weekly-digest/trigger', { userId: 'ana' })
    await world.clock.advance(1000)
    expect(await world.read('/api/jobs/weekly-digest')).toMatchObject({ isRunning: true })
    const second = await world.operator('POST', '/api/jobs/weekly-digest/trigger')
    expect(second).toMatchObject({
      status: 409,
      json: { code: 'already_running', error: expect.stringContaining('weekly-digest') },
    })
    over.resolve()
    expect(await first).toMatchObject({ status: 200, json: { result: { itemsProcessed: 3 } } })
    expect(world.services.took).toHaveLength(1)
    expect(await world.read('/api/jobs/weekly-digest')).toMatchObject({ nextRunAt: iso(at('07T09:00')) })
  })

  it('waits 240 s for a run, and then learns its id, which leads to its end', async () => {
    const world = await setup()
    world.services.answers = async () => {
      await world.clock.sleep(270_000)
      return done(7)
    }
    const asked = world.revision().call('operator', 'POST', '/api/jobs/weekly-digest/trigger')
    await world.clock.advance(239_000)
    await world.clock.advance(2_000)
    const { status, json } = await asked
    expect(status).toBe(202)
    expect(json).toEqual({ message: expect.any(String), run: expect.stringMatching(/^weekly-digest:/) })
    const latest = async () => (await world.read('/api/jobs/weekly-digest/history')).executions[0]
    expect(await latest()).toMatchObject({ id: json.run, status: 'running', completed_at: null })
    await world.clock.advance(30_000)
    expect(await latest()).toMatchObject({ id: json.run, status: 'completed', items_processed: 7 })
  })

  it('backfills a week: each occurrence once, in order, and then it is over by itself', async () => {
    const world = await setup()
    await world.until('10T12:00')
    const live = world.of('queue-cleanup').length
    const range = { from: '2030-01-01T00:00:00Z', to: '2030-01-07T23:59:59Z', reason: 'The logs were lost' }
    const { status, json } = await world.operator('POST', '/api/jobs/queue-cleanup/backfill', range)
    expect(status).toBe(201)
    expect(json).toMatchObject({ occurrences: 7, job: expect.stringMatching(/^queue-cleanup~/) })
    await world.until('10T20:00')

    const again = world.services.took.slice(-7)
    expect(again.map(({ scheduled_for }) => scheduled_for)).toEqual(
      Array.from({ length: 7 }, (_, n) => iso(at('01T02:00') + n * DAY)),
    )
    for (const one of again) expect(one).toMatchObject({ job: 'queue-cleanup', triggered_by: 'manual' })
    expect(new Set(again.map(({ run }) => run)).size).toBe(7)
    expect(world.of('queue-cleanup')).toHaveLength(live + 7)
    expect(await world.read(`/api/jobs/${json.job}`)).toMatchObject({
      nextRunAt: null,
      totalRuns: 7,
      successfulRuns: 7,
      is_due: false,
      status: 'completed',
    })
    expect((await world.read('/api/jobs?kind=backfill')).jobs).toHaveLength(1)
    expect(await world.read('/api/jobs/queue-cleanup')).toMatchObject({ nextRunAt: iso(at('11T02:00')) })
    expect(world.services.refused).toEqual([])
  })
})

describe('a service that was down while a job fell due', () => {
  it('makes up for the one it missed, and shows how late', async () => {
    const world = await setup()
    const { revision } = world.serving
    await world.until('07T08:45')
    world.serving.revision = null
    await world.until('07T12:15')
    expect(world.of('weekly-digest')).toEqual([])
    world.serving.revision = revision
    await world.until('07T13:00')
    expect(world.of('weekly-digest')).toMatchObject([{ scheduled_for: iso(at('07T09:00')) }])
    const { executions } = await world.read('/api/jobs/weekly-digest/history')
    expect(executions).toMatchObject([{ scheduled_for: iso(at('07T09:00')), status: 'completed' }])
    expect(executions[0].lateness_ms).toBeGreaterThan(3.5 * HOUR - 1)
    expect(await world.read('/api/jobs/weekly-digest')).toMatchObject({ nextRunAt: iso(at('14T09:00')) })
  })

  it('runs the last of many it missed, and explains the others', async () => {
    const world = await setup()
    const { revision } = world.serving
    world.serving.revision = null
    await world.until('04T12:15')
    world.serving.revision = revision
    await world.until('04T13:00')
    expect(world.of('queue-cleanup').map(({ scheduled_for }) => scheduled_for)).toEqual([iso(at('04T02:00'))])
    const { executions, pagination } = await world.read('/api/jobs/queue-cleanup/history?include=skipped')
    expect(executions).toMatchObject([
      { status: 'completed', scheduled_for: iso(at('04T02:00')) },
      {
        status: 'skipped',
        reason: 'coalesced',
        count: 3,
        first_at: iso(at('01T02:00')),
        last_at: iso(at('03T02:00')),
      },
    ])
    expect(pagination).toMatchObject({ hasMore: false })
  })
})

describe('a service that takes a run on, and says later how it ended', () => {
  it('holds the job’s slot meanwhile, and completes it with its results', async () => {
    const world = await setup()
    const accepted: Delivery[] = []
    world.services.answers = (delivery) => {
      accepted.push(delivery)
      return answer(202, {})
    }
    await world.until('01T02:01')
    const one = accepted.find(({ job }) => job === 'deletion-cleanup')
    if (one === undefined) throw new Error('Nothing was accepted.')
    expect(await world.read('/api/jobs/deletion-cleanup')).toMatchObject({
      isRunning: true,
      entries: [{ state: 'callback', run: one.run }],
    })
    expect((await world.operator('POST', '/api/jobs/deletion-cleanup/trigger')).status).toBe(409)
    await world.until('01T02:40')
    const said = {
      success: true,
      itemsProcessed: 9,
      itemsSucceeded: 8,
      itemsFailed: 1,
      metadata: { kept: 1 },
    }
    expect(await complete(world.revision(), one, said)).toMatchObject({ status: 200 })
    const { executions } = await world.read('/api/jobs/deletion-cleanup/history')
    expect(executions).toMatchObject([
      {
        id: one.run,
        status: 'completed',
        metadata: { kept: 1 },
        items_processed: 9,
        items_succeeded: 8,
        items_failed: 1,
      },
    ])
    expect(executions[0].duration_ms).toBeGreaterThan(39 * MINUTE)
    expect(await world.read('/api/jobs/deletion-cleanup')).toMatchObject({ isRunning: false })
  })
})

/** For which instants the schedule had them run. */
function scheduled(deliveries: readonly Delivery[]): string[] {
  return deliveries.flatMap((one) => (one.triggered_by === 'scheduler' ? [one.scheduled_for] : []))
}

function idsOf({ executions }: { executions: { id: string }[] }): string[] {
  return executions.map(({ id }) => id)
}
