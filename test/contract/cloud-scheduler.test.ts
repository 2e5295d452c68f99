import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { status } from '@grpc/grpc-js'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Issuer, startIssuer } from '../../scripts/dev/issuer.ts'
import { systemClock } from '../../scripts/system-clock.ts'
import { clientOf, PARENT, startLocalCloud, wireJob } from '../support/local-cloud.ts'
import { startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'

let cloud: Awaited<ReturnType<typeof startLocalCloud>>
let issuer: Issuer
beforeAll(async () => {
  issuer = await startIssuer({ clock: systemClock })
})
afterAll(() => issuer.close())
beforeEach(async () => {
  cloud = await startLocalCloud({ issuer })
})
afterEach(() => cloud.close())

const URI = 'http://127.0.0.1:9/cron/tick'
const create = async (id = 'a', more: object = {}) =>
  (await cloud.client.createJob({ parent: PARENT, job: wireJob(id, URI, more) }))[0]
const update = async (job: object, paths?: string[]) =>
  (
    await cloud.client.updateJob({
      job: { name: named('a').name, ...job },
      ...(paths && { updateMask: { paths } }),
    })
  )[0]
const named = (id: string) => ({ name: `${PARENT}/jobs/${id}` })
const refused = (code: status, reason: string | RegExp = '') => ({
  code,
  message: expect.stringMatching(reason),
})

describe('CreateJob', () => {
  test('answers with the job, the service’s defaults and its own headers filled in', async () => {
    const job = await create()
    expect(job).toMatchObject({
      ...named('a'),
      state: 'ENABLED',
      schedule: '* * * * *',
      timeZone: 'UTC',
      attemptDeadline: { seconds: '180', nanos: 0 },
      retryConfig: {
        retryCount: 0,
        minBackoffDuration: { seconds: '5' },
        maxBackoffDuration: { seconds: '3600' },
        maxDoublings: 5,
      },
      httpTarget: { headers: { 'Content-Type': 'application/json', 'User-Agent': 'Google-Cloud-Scheduler' } },
    })
    expect(Buffer.from(job.httpTarget?.body ?? '').toString()).toBe('{"lane":"high"}')
    expect(Number(job.scheduleTime?.seconds) * 1000).toBe(cloud.clock.now() + 1000)
  })

  test('calls a body without a type application/octet-stream', async () => {
    const { httpTarget } = await create('a', { httpTarget: { uri: URI, body: Buffer.from('x') } })
    expect(httpTarget?.headers?.['Content-Type']).toBe('application/octet-stream')
  })

  test('makes up a name where none is given', async () => {
    const { name: _, ...job } = wireJob('x', URI)
    const [made] = await cloud.client.createJob({ parent: PARENT, job })
    expect(made.name).toMatch(/\/jobs\/\d+$/)
  })

  test('refuses a name that exists', async () => {
    await create()
    await expect(create()).rejects.toMatchObject(refused(status.ALREADY_EXISTS, 'already exists'))
  })

  test.each<[string, object, RegExp]>([
    ['a name of another location', { name: 'projects/p/locations/europe-west1/jobs/a' }, /is not in/],
    ['a name with forbidden characters', { name: `${PARENT}/jobs/a b` }, /Job\.name/],
    ['no schedule', { schedule: '' }, /schedule is required/],
    ['a schedule that is no cron', { schedule: '61 * * * *' }, /Schedule or time zone/],
    ['a schedule with seconds', { schedule: '0 * * * * *' }, /Schedule or time zone/],
    ['an unknown time zone', { timeZone: 'Mars/Olympus' }, /Schedule or time zone/],
    ['no target', { httpTarget: null }, /target is required/],
    ['a target that is no URL', { httpTarget: { uri: 'ftp://x' } }, /must begin with/],
    ['a URL that is too long', { httpTarget: { uri: `http://x/${'a'.repeat(2083)}` } }, /longer than 2083/],
    [
      'a body with GET',
      { httpTarget: { uri: URI, httpMethod: 'GET', body: Buffer.from('x') } },
      /not allowed with GET/,
    ],
    ['headers of 80 KB', { httpTarget: { uri: URI, headers: { a: 'x'.repeat(81_920) } } }, /80KB/],
    [
      'a token without an account',
      { httpTarget: { uri: URI, oidcToken: { audience: 'a' } } },
      /service_account_email/,
    ],
    ['a deadline under 15 s', { attemptDeadline: { seconds: 14 } }, /attempt_deadline/],
    ['a deadline over 30 min', { attemptDeadline: { seconds: 1801 } }, /attempt_deadline/],
    ['six retries', { retryConfig: { retryCount: 6 } }, /retry_count/],
    [
      'a least backoff over the most',
      { retryConfig: { minBackoffDuration: { seconds: 9000 } } },
      /min_backoff/,
    ],
    ['a long description', { description: 'x'.repeat(501) }, /description/],
  ])('refuses %s', async (_, more, reason) => {
    await expect(create('a', more)).rejects.toMatchObject(refused(status.INVALID_ARGUMENT, reason))
  })

  test('says of Pub/Sub targets that it does not have them', async () => {
    const topic = { httpTarget: null, pubsubTarget: { topicName: 'projects/p/topics/t' } }
    await expect(create('a', topic)).rejects.toMatchObject(refused(status.UNIMPLEMENTED))
  })
})

describe('GetJob, DeleteJob, ListJobs', () => {
  test('a created job can be read until it is deleted', async () => {
    const job = await create()
    expect((await cloud.client.getJob(named('a')))[0]).toEqual(job)
    await cloud.client.deleteJob(named('a'))
    await expect(cloud.client.getJob(named('a'))).rejects.toMatchObject(refused(status.NOT_FOUND))
    await expect(cloud.client.deleteJob(named('a'))).rejects.toMatchObject(refused(status.NOT_FOUND))
  })

  test('pages follow each other without a gap, in one location', async () => {
    for (const id of ['c', 'a', 'b']) await create(id)
    const other = PARENT.replace('us-central1', 'europe-west1')
    await cloud.client.createJob({ parent: other, job: { ...wireJob('z', URI), name: `${other}/jobs/z` } })
    const list = async (pageToken: string) => {
      const [jobs, , page] = await cloud.client.listJobs(
        { parent: PARENT, pageSize: 2, pageToken },
        { autoPaginate: false },
      )
      return { ids: jobs.map((job) => job.name?.at(-1)), token: page?.nextPageToken ?? '' }
    }
    const first = await list('')
    expect(first.ids).toEqual(['a', 'b'])
    expect(await list(first.token)).toEqual({ ids: ['c'], token: '' })
    expect((await cloud.client.listJobs({ parent: PARENT }))[0]).toHaveLength(3)
    await expect(list('bm9uc2Vuc2U')).rejects.toMatchObject(refused(status.INVALID_ARGUMENT, 'page token'))
  })
})

describe('UpdateJob', () => {
  test('changes the masked fields and no other', async () => {
    await create()
    const job = await update({ schedule: '*/5 * * * *', description: 'new', timeZone: 'Asia/Tokyo' }, [
      'schedule',
    ])
    expect(job).toMatchObject({ schedule: '*/5 * * * *', description: '', timeZone: 'UTC' })
  })

  test('reaches into a message, and clears what is masked but absent', async () => {
    await create('a', { description: 'old' })
    const paths = ['http_target.oidc_token.audience', 'retry_config.retry_count', 'description']
    const job = await update(
      { httpTarget: { oidcToken: { audience: 'b' } }, retryConfig: { retryCount: 2 } },
      paths,
    )
    expect(job).toMatchObject({
      description: '',
      httpTarget: {
        uri: URI,
        oidcToken: { audience: 'b', serviceAccountEmail: expect.stringContaining('ticks@') },
      },
      retryConfig: { retryCount: 2, maxDoublings: 5 },
    })
  })

  test('replaces everything where there is no mask', async () => {
    await create('a', { description: 'old', attemptDeadline: { seconds: 60 } })
    const job = await update({ schedule: '0 1 * * *', httpTarget: { uri: `${URI}/2` } })
    expect(job).toMatchObject({
      description: '',
      attemptDeadline: { seconds: '180' },
      httpTarget: { uri: `${URI}/2` },
    })
  })

  test('reckons the next execution anew and leaves a paused job paused', async () => {
    await create()
    const [paused] = await cloud.client.pauseJob(named('a'))
    expect(paused.scheduleTime).toBeNull()
    expect(await update({ schedule: '0 0 * * *' }, ['schedule'])).toMatchObject({
      state: 'PAUSED',
      scheduleTime: null,
    })
    const [resumed] = await cloud.client.resumeJob(named('a'))
    expect(Number(resumed.scheduleTime?.seconds) % 86_400).toBe(0)
  })

  test.each(['httpTarget', 'http_target.url', 'nonsense', 'schedule.x', 'http_target.headers.a'])(
    'refuses the mask %s',
    async (path) => {
      await create()
      await expect(update({}, [path])).rejects.toMatchObject(
        refused(status.INVALID_ARGUMENT, 'Invalid mask for Job'),
      )
    },
  )

  test('ignores output-only fields', async () => {
    await create()
    expect(await update({ state: 'PAUSED' }, ['state'])).toMatchObject({ state: 'ENABLED' })
  })

  test('refuses what would make the job invalid, and leaves it as it was', async () => {
    const job = await create()
    await expect(update({}, ['http_target'])).rejects.toMatchObject(
      refused(status.INVALID_ARGUMENT, 'target'),
    )
    expect((await cloud.client.getJob(named('a')))[0]).toEqual(job)
  })

  test('knows no job that does not exist', async () => {
    await expect(update({}, ['schedule'])).rejects.toMatchObject(refused(status.NOT_FOUND))
  })
})

describe('PauseJob, ResumeJob, RunJob', () => {
  test('only an enabled job can be paused, only a paused one resumed', async () => {
    await create()
    await expect(cloud.client.resumeJob(named('a'))).rejects.toMatchObject(
      refused(status.FAILED_PRECONDITION),
    )
    expect((await cloud.client.pauseJob(named('a')))[0]).toMatchObject({ state: 'PAUSED' })
    await expect(cloud.client.pauseJob(named('a'))).rejects.toMatchObject(refused(status.FAILED_PRECONDITION))
    expect((await cloud.client.resumeJob(named('a')))[0]).toMatchObject({ state: 'ENABLED' })
  })

  test('a paused job never fires, yet runs when forced', async () => {
    const target = await startReceiver()
    await create('a', wireJob('a', target.url))
    await cloud.client.pauseJob(named('a'))
    await cloud.clock.advance(600_000)
    expect(target.received).toHaveLength(0)
    const [answer] = await cloud.client.runJob(named('a'))
    expect(answer.state).toBe('PAUSED')
    await until(() => cloud.of('ended').length === 1, 'the forced run ends')
    const [job] = await cloud.client.getJob(named('a'))
    expect(job).toMatchObject({ state: 'PAUSED', status: { code: 0 } })
    expect(Number(job.lastAttemptTime?.seconds) * 1000).toBe(cloud.clock.now())
    await target.close()
  })

  test('of an unknown job all three say NOT_FOUND', async () => {
    const { client } = cloud
    const verbs = [
      () => client.pauseJob(named('a')),
      () => client.resumeJob(named('a')),
      () => client.runJob(named('a')),
    ]
    for (const verb of verbs) await expect(verb()).rejects.toMatchObject(refused(status.NOT_FOUND))
  })
})

test('jobs outlive a restart: state kept, executions from the next occurrence on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cloud-scheduler-'))
  const state_file = join(folder, 'deep', 'jobs.json')
  const before = await startLocalCloud({ issuer, state_file })
  await before.client.createJob({ parent: PARENT, job: wireJob('kept', URI) })
  await before.client.createJob({ parent: PARENT, job: wireJob('paused', URI) })
  await before.client.pauseJob(named('paused'))
  await before.close()
  const after = await startLocalCloud({ issuer, state_file, start: before.clock.now() + 3_600_000 })
  const [jobs] = await clientOf(after.endpoint).listJobs({ parent: PARENT })
  expect(jobs.map(({ name, state }) => [name?.split('/').at(-1), state])).toEqual([
    ['kept', 'ENABLED'],
    ['paused', 'PAUSED'],
  ])
  expect(Number(jobs[0]?.scheduleTime?.seconds) * 1000).toBe(after.clock.now() + 1000)
  await after.close()
  rmSync(folder, { recursive: true })
})
