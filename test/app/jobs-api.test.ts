import { describe, expect, it } from 'vitest'
import { JobFailure } from '../../functions/target/failure.ts'
import { at, MINUTE, minutely, operating, START, WEEKLY } from '../support/operating.ts'

const PATH = '/api/jobs/digest'

/** A service whose coded jobs stand in the store, but have not run. */
async function started(...options: Parameters<typeof operating>) {
  const service = operating(...options)
  await service.tick()
  return service
}

/** A handler that goes on until it is let go. */
function held() {
  const { promise, resolve } = Promise.withResolvers<void>()
  const job = minutely({
    run: async ({ attempt }) => {
      if (attempt === 1) await promise
      return attempt
    },
    policies: { retry: { base_seconds: 60, factor: 1, cap_seconds: 60, jitter: 0 } },
  })
  return { job, letGo: resolve }
}

describe('registering', () => {
  it('makes a job that a client can read by its old names', async () => {
    const { register, read } = operating([])
    expect(await register()).toEqual({
      status: 200,
      json: { success: true, message: `Job ${WEEKLY.name} is registered.` },
    })
    const { name, displayName, description, cronExpression, jobType, service, endpoint, config } = WEEKLY
    const known = { name, displayName, description, cronExpression, jobType, service, endpoint, config }
    expect(await read(`/api/jobs/${name}`)).toMatchObject({ ...known, enabled: true, isRunning: false })
  })

  it('the same again writes nothing, whatever an operator has chosen since', async () => {
    const { register, operate, wire } = operating([])
    await register()
    await operate('POST', `/api/jobs/${WEEKLY.name}/disable`)
    await operate('PUT', `/api/jobs/${WEEKLY.name}/cron`, { cronExpression: '5 5 * * *' })
    const commits = wire.asked.length
    expect((await register()).status).toBe(200)
    expect(wire.asked.length).toBe(commits)
  })

  it('undoes no operator’s choice, tells what it stands in place of, and reset leads back to what was registered last', async () => {
    const { register, operate, read } = operating([])
    const path = `/api/jobs/${WEEKLY.name}`
    await register()
    await operate('POST', `${path}/disable`, { reason: 'it floods', userId: 'ana' })
    await operate('PUT', `${path}/cron`, { cronExpression: '5 5 * * *', reason: 'too often' })
    await register({ cronExpression: '7 7 * * *', description: 'new' })
    expect(await read(path)).toMatchObject({
      enabled: false,
      cronExpression: '5 5 * * *',
      description: 'new',
      overrides: {
        enabled: { registered: true, by: 'ana (through ops@example.com)', reason: 'it floods' },
        schedule: { registered: { expression: '7 7 * * *' }, by: 'ops@example.com', reason: 'too often' },
      },
    })
    expect((await operate('POST', `${path}/reset`)).json.message).toContain('stands again')
    expect(await read(path)).toMatchObject({
      enabled: true,
      cronExpression: '7 7 * * *',
      overrides: { enabled: null, schedule: null },
    })
    expect((await operate('POST', `${path}/reset`)).json.message).toContain('already stands')
  })

  it('a service cannot take the name of another’s job, nor of a coded one, nor speak for another', async () => {
    const { register, operate, job } = await started()
    await register()
    for (const [changes, who] of [
      [{ service: 'user-service', jobType: 'cleanup' }, 'user-service'],
      [{ name: 'digest' }, 'email-service'],
      [{ service: 'user-service', jobType: 'cleanup', name: 'mine' }, 'email-service'],
      [{ jobType: 'analytics', name: 'mine' }, 'email-service'],
      [{ service: 'nobody', name: 'mine' }, 'email-service'],
    ] as const)
      expect(await register(changes, who)).toMatchObject({ status: 403, json: { code: 'not_your_job' } })
    expect(await job('mine')).toBeNull()
    expect((await job('digest'))?.target).toEqual({ kind: 'handler' })
    expect(await operate('POST', '/api/jobs/register', WEEKLY)).toMatchObject({ status: 403 })
  })
})

describe('enabling and disabling', () => {
  it('says the same twice, and only the first changes anything', async () => {
    const { operate, wire, audit } = await started()
    expect(await operate('POST', `${PATH}/enable`)).toEqual({
      status: 200,
      json: { message: 'Job digest is already enabled.' },
    })
    expect((await operate('POST', `${PATH}/disable`)).json.message).toBe('Job digest is paused.')
    const commits = wire.asked.length
    expect((await operate('POST', `${PATH}/disable`)).json.message).toBe('Job digest is already paused.')
    expect(wire.asked.length).toBe(commits)
    expect(await audit('digest')).toHaveLength(1)
  })

  it('takes no body, also where its type is JSON', async () => {
    const { operate } = await started()
    expect((await operate('POST', `${PATH}/disable`)).status).toBe(200)
    expect((await operate('POST', `${PATH}/disable`, {})).status).toBe(200)
  })

  it('a paused job starts nothing; what fell due meanwhile is one range', async () => {
    const { operate, ticks, read } = await started()
    await operate('POST', `${PATH}/disable`)
    await ticks(1, 2, 3)
    await operate('POST', `${PATH}/enable`)
    await ticks(4)
    const { executions } = await read(`${PATH}/history?include=skipped`)
    expect(executions).toMatchObject([
      { status: 'completed', scheduled_for: at(4) },
      { status: 'skipped', reason: 'paused', first_at: at(1), last_at: at(3), count: 3 },
    ])
  })
})

describe('changing the cron expression', () => {
  it('answers it, and the job falls due by it from then on', async () => {
    const { operate, read } = await started()
    expect(await operate('PUT', `${PATH}/cron`, { cronExpression: '30 14 * * *' })).toMatchObject({
      status: 200,
      json: { cronExpression: '30 14 * * *' },
    })
    expect(await read(PATH)).toMatchObject({ cronExpression: '30 14 * * *', nextRunAt: at(150) })
  })

  it('first closes what fell due under the old one: it is owed, and runs', async () => {
    const { operate, tick, read, clock } = await started()
    await clock.advanceTo(START + 3 * MINUTE)
    await operate('PUT', `${PATH}/cron`, { cronExpression: '30 14 * * *' })
    await tick()
    const { executions } = await read(`${PATH}/history?include=skipped`)
    expect(executions).toMatchObject([
      { status: 'completed', scheduled_for: at(3) },
      { status: 'skipped', reason: 'coalesced', first_at: at(1), last_at: at(2) },
    ])
  })

  it('keeps the job’s time zone unless another is named', async () => {
    const { operate, job } = await started([
      minutely({ schedule: { cron: '0 9 * * *', time_zone: 'Europe/Berlin' } }),
    ])
    await operate('PUT', `${PATH}/cron`, { cronExpression: '0 8 * * *' })
    expect((await job('digest'))?.schedule).toMatchObject({ time_zone: 'Europe/Berlin' })
    await operate('PUT', `${PATH}/cron`, { cronExpression: '0 8 * * *', timeZone: 'Asia/Tokyo' })
    expect((await job('digest'))?.schedule).toMatchObject({ time_zone: 'Asia/Tokyo' })
  })
})

describe('a trigger', () => {
  it('waits for its run, answers what came of it, and never moves the next occurrence', async () => {
    const { operate, job, read } = await started()
    const before = await job('digest')
    const { status, json } = await operate('POST', `${PATH}/trigger`, { userId: 'ana' })
    expect(status).toBe(200)
    expect(json.result).toEqual({
      success: true,
      itemsProcessed: 3,
      itemsSucceeded: 2,
      itemsFailed: 1,
      error: null,
      metadata: { runs: 1 },
    })
    expect((await job('digest'))?.next_run_at).toBe(before?.next_run_at)
    const { executions } = await read(`${PATH}/history`)
    expect(executions).toMatchObject([
      { id: json.run, triggered_by: 'manual', triggered_by_user: 'ana', lateness_ms: 0 },
    ])
  })

  it('takes a slot: without a free one it is refused, and says until when', async () => {
    const { job, letGo } = held()
    const { operate, ask, untilHeld, revision, passing } = await started([job])
    const first = revision.call('operator', 'POST', `${PATH}/trigger`)
    await untilHeld('digest')
    const second = await operate('POST', `${PATH}/trigger`)
    expect(second).toMatchObject({ status: 409, json: { code: 'already_running' } })
    expect((await ask('viewer', 'GET', PATH)).json).toMatchObject({ isRunning: true, status: 'running' })
    letGo()
    expect(await passing(first)).toMatchObject({ status: 200 })
  })

  it('of two at once has one run, and refuses the other', async () => {
    const { job, letGo } = held()
    const { revision, clock, passing } = await started([job])
    const both = [1, 2].map(() => revision.call('operator', 'POST', `${PATH}/trigger`))
    await clock.advance(1000)
    letGo()
    const answers = await passing(Promise.all(both))
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409])
    expect(answers.find(({ status }) => status === 409)?.json.code).toBe('already_running')
  })

  it('also runs a paused job', async () => {
    const { operate } = await started()
    await operate('POST', `${PATH}/disable`)
    expect(await operate('POST', `${PATH}/trigger`)).toMatchObject({ json: { result: { success: true } } })
  })

  it('that fails answers so at once, and its next attempt is the next tick’s', async () => {
    const flaky = minutely({
      schedule: '0 0 * * *',
      run: async ({ attempt }) => {
        if (attempt === 1) throw new JobFailure('not yet', { retryable: true })
      },
      policies: { retry: { base_seconds: 60, factor: 1, cap_seconds: 60, jitter: 0 } },
    })
    const { operate, ticks, read } = await started([flaky])
    const { json } = await operate('POST', `${PATH}/trigger`)
    expect(json.result).toMatchObject({ success: false, error: 'not yet' })
    expect(json.message).toContain('tried again')
    await ticks(2)
    const { executions } = await read(`${PATH}/history`)
    expect(executions).toMatchObject([{ id: json.run, status: 'completed' }])
    expect(executions[0].attempts).toMatchObject([{ outcome: 'failed' }, { outcome: 'succeeded' }])
  })

  it('that takes longer than 240 s answers 202, and goes on', async () => {
    const { job, letGo } = held()
    const { operate, read, clock } = await started([job])
    const answer = await operate('POST', `${PATH}/trigger`)
    expect(answer.status).toBe(202)
    letGo()
    await clock.advance(1000)
    const { executions } = await read(`${PATH}/history`)
    expect(executions).toMatchObject([{ id: answer.json.run, status: 'completed' }])
  })
})

describe('a release', () => {
  it('makes a living holder lost, and its run goes on under a new fence', async () => {
    const { job, letGo } = held()
    const { operate, ticks, revision, untilHeld, clock, passing, read } = await started([job])
    await clock.advanceTo(START + MINUTE)
    const tick = revision.tick('default')
    await untilHeld('digest')
    const { json } = await operate('POST', `${PATH}/release`, { reason: 'it hangs' })
    expect(json.runs).toEqual([`digest@${at(1)}`])
    letGo()
    await passing(tick)
    expect(revision.events.map(({ kind }) => kind)).toContain('lease_lost')
    await ticks(3)
    const run = (await read(`${PATH}/history`)).executions.find(
      ({ id }: { id: string }) => id === json.runs[0],
    )
    expect(run).toMatchObject({ status: 'completed', metadata: 2 })
    expect(run.attempts).toMatchObject([
      { outcome: 'lost', fence: 1, error: 'Released by ops@example.com: it hangs' },
      { outcome: 'succeeded', fence: 2 },
    ])
  })

  it('of nothing says so and writes nothing', async () => {
    const { operate, wire } = await started()
    const commits = wire.asked.length
    expect((await operate('POST', `${PATH}/release`)).json).toEqual({
      message: 'Nothing of digest is held.',
      runs: [],
    })
    expect(wire.asked.length).toBe(commits)
  })
})

const range = (from: number, to: number) => ({ from: at(from), to: at(to) })

describe('a backfill', () => {
  it('runs each occurrence of the range once more, in order, and ends by itself', async () => {
    const { operate, ticks, read, job } = await started()
    await ticks(1, 2, 3, 4, 5)
    const { status, json } = await operate('POST', `${PATH}/backfill`, { from: at(2), to: at(4) })
    expect(status).toBe(201)
    expect(json.occurrences).toBe(3)
    await ticks(6, 7, 8, 9)
    const { executions } = await read(`/api/jobs/${json.job}/history`)
    expect(executions.map((run: { scheduled_for: string }) => run.scheduled_for)).toEqual([
      at(4),
      at(3),
      at(2),
    ])
    expect(await job(json.job)).toMatchObject({ next_run_at: null, entries: [] })
    expect(await read('/api/jobs?kind=backfill')).toMatchObject({ jobs: [{ name: json.job }] })
  })

  it('is of the past, of at most 1,000 occurrences and at least one, and of a recurring job', async () => {
    const { operate, ask } = await started()
    for (const [body, field] of [
      [range(-2, 60), 'to'],
      [range(-1001, 0), 'from'],
      [{ from: '2030-01-31T11:00:01Z', to: '2030-01-31T11:00:59Z' }, 'from'],
    ] as const)
      expect(await operate('POST', `${PATH}/backfill`, body)).toMatchObject({
        status: 400,
        json: { problems: [{ field }] },
      })
    expect((await operate('POST', `${PATH}/backfill`, range(-999, 0))).json.occurrences).toBe(1000)
    const one = await ask('operator', 'POST', '/api/jobs', { job_type: 'digest', schedule_at: at(9) })
    expect(await operate('POST', `/api/jobs/${one.json.id}/backfill`, range(-3, 0))).toMatchObject({
      status: 400,
      json: { code: 'bad_request' },
    })
  })
})

describe('deleting', () => {
  it('refuses a job of the code, and one that is held', async () => {
    const { operate, register, revision, untilHeld, passing, team } = await started()
    expect(await operate('DELETE', PATH)).toMatchObject({ status: 409, json: { code: 'still_defined' } })
    await register()
    const answered = Promise.withResolvers<never>()
    team.answers = () => answered.promise
    const path = `/api/jobs/${WEEKLY.name}`
    const run = revision.call('operator', 'POST', `${path}/trigger`)
    await untilHeld(WEEKLY.name)
    expect(await operate('DELETE', path)).toMatchObject({ status: 409, json: { code: 'already_running' } })
    answered.reject(new Error('gone'))
    await passing(run)
  })

  it('cancels a run that waits for its next attempt, and records what fell due', async () => {
    const { operate, register, team, record, job, clock, read } = operating([])
    await register({ cronExpression: '* * * * *' })
    team.answers = () => ({ status: 503, headers: {}, body: '' })
    const path = `/api/jobs/${WEEKLY.name}`
    const { json } = await operate('POST', `${path}/trigger`)
    expect((await job(WEEKLY.name))?.entries).toMatchObject([{ state: 'retry' }])
    await clock.advanceTo(START + 2 * MINUTE)
    expect(await operate('DELETE', path, { reason: 'old' })).toMatchObject({ status: 200 })
    expect(await job(WEEKLY.name)).toBeNull()
    expect(await record('scheduler_runs', json.run)).toMatchObject({ status: 'cancelled' })
    expect(await record('scheduler_runs', `${WEEKLY.name}@${at(1)}`)).toMatchObject({
      status: 'skipped',
      reason: 'paused',
      count: 2,
    })
    expect((await read(`${path}/audit`)).entries[0]).toMatchObject({ action: 'job_deleted', reason: 'old' })
  })
})

describe('history', () => {
  it('pages by offset and by cursor alike, the newest first, each run once', async () => {
    const { ticks, read } = await started()
    await ticks(1, 2, 3, 4, 5)
    const newest = [5, 4, 3, 2, 1].map(at)
    const whole = await read(`${PATH}/history`)
    const instants = (page: typeof whole) =>
      page.executions.map((run: { scheduled_for: string }) => run.scheduled_for)
    expect(instants(whole)).toEqual(newest)
    expect(whole.pagination).toEqual({ limit: 20, offset: 0, total: 5, hasMore: false, next_cursor: null })
    const second = await read(`${PATH}/history?limit=2&offset=2`)
    expect(instants(second)).toEqual(newest.slice(2, 4))
    expect(second.pagination).toMatchObject({ total: 5, hasMore: true })
    const third = await read(`${PATH}/history?limit=2&cursor=${second.pagination.next_cursor}`)
    expect(instants(third)).toEqual(newest.slice(4))
    expect(third.pagination.hasMore).toBe(false)
    expect(instants(await read(`${PATH}/history?offset=99`))).toEqual([])
  })

  it('stats sum up the days, also those whose records are gone', async () => {
    const { ticks, read } = await started()
    await ticks(1, 2)
    const { stats, period } = await read(`${PATH}/stats?days=1`)
    expect(stats).toMatchObject({ total_executions: 2, successful_executions: 2, total_items_processed: 6 })
    expect(period).toMatchObject({ days: 1, from: '2030-01-31T00:00:00.000Z' })
  })

  it('preview shows a schedule before it is chosen, with the clock changes', async () => {
    const { read } = await started()
    const found = await read(`${PATH}/preview?count=2&cron=30+2+*+*+*&time_zone=Europe/Berlin`)
    expect(found.occurrences).toHaveLength(2)
    expect(found.clock_changes).toMatchObject([{ kind: 'gap', effect: 'moved' }, { kind: 'overlap' }])
  })
})

describe('what is not there', () => {
  it.each([
    ['GET', ''],
    ['GET', '/history'],
    ['GET', '/stats'],
    ['GET', '/preview'],
    ['POST', '/trigger'],
    ['POST', '/enable'],
    ['POST', '/disable'],
    ['POST', '/reset'],
    ['POST', '/release'],
    ['DELETE', ''],
  ])('%s /api/jobs/nobody%s is answered 404 as older clients know it', async (method, rest) => {
    const { operate } = operating([])
    expect(await operate(method, `/api/jobs/nobody${rest}`)).toMatchObject({
      status: 404,
      json: { error: 'Job not found', message: expect.stringContaining('Job not found'), code: 'not_found' },
    })
  })
})
