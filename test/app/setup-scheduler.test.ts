import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { status } from '@grpc/grpc-js'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Jobs, jobTable } from '../../scripts/dev/cloud-scheduler/jobs.ts'
import { RpcError } from '../../scripts/dev/cloud-scheduler/rpc-error.ts'
import { serve } from '../../scripts/dev/cloud-scheduler/server.ts'
import { main } from '../../scripts/setup-scheduler.ts'
import { PARENT, startLocalCloud, wireJob } from '../support/local-cloud.ts'
import { startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'
import { virtualClock } from '../support/virtual-clock.ts'

const SCRIPT = fileURLToPath(new URL('../../scripts/setup-scheduler.ts', import.meta.url))
const FLAGS = {
  GOOGLE_CLOUD_PROJECT: 'test-project',
  SCHEDULER_TARGET_URL: 'http://127.0.0.1:9',
  SCHEDULER_OIDC_AUDIENCE: 'https://tickover.example',
  SCHEDULER_SERVICE_ACCOUNT: 'ticks@test-project.iam.gserviceaccount.com',
  SCHEDULER_LANES: 'high:dwell,low',
}
type Flags = Record<string, string>

/** Runs the script as people do, as a process of its own; resolves to its exit code and everything it printed. */
function run(args: string[], env: Flags): Promise<{ code: number; out: string }> {
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env.PATH, ...env }, timeout: 15_000 }
    execFile(process.execPath, [SCRIPT, ...args], options, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, out: stdout + stderr })
    })
  })
}

/** The same in this process, which is quicker; retries wait for nothing. */
async function inProcess(args: string[], env: Flags): Promise<{ code: number; out: string }> {
  const patience = { now: () => Date.now(), sleep: async () => undefined }
  const lines: string[] = []
  const code = await main(args, env, patience, (line) => lines.push(line))
  return { code, out: lines.join('\n') }
}

/** True for the first n calls. */
const times = (n: number) => () => n-- > 0
const unavailable = () => new RpcError(status.UNAVAILABLE, 'try later')

describe('against the emulator', () => {
  let cloud: Awaited<ReturnType<typeof startLocalCloud>>
  beforeEach(async () => {
    cloud = await startLocalCloud()
  })
  afterEach(() => cloud.close())

  const flags = (more: Flags = {}) => ({ ...FLAGS, SCHEDULER_API_ENDPOINT: cloud.endpoint, ...more })
  const jobs = async () => (await cloud.client.listJobs({ parent: PARENT }))[0]
  const states = async () =>
    Object.fromEntries(
      (await jobs()).map(({ name, state }) => [name?.split('/').at(-1)?.replace('tickover-', ''), state]),
    )

  test('needs no service’s key, and still its URL', async () => {
    const services = { SCHEDULER_SERVICES: '{"mail": {"signing": "webhook"}}' }
    const known = flags({ ...services, MAIL_URL: 'https://mail.example' })
    expect(await inProcess(['--dry-run'], known)).toMatchObject({ code: 3 })
    const unknown = await inProcess(['--dry-run'], flags(services))
    expect(unknown).toMatchObject({ code: 2, out: expect.stringContaining('MAIL_URL is required') })
  })

  test('a dry run prints the plan and changes nothing; the setup creates; again it is unchanged', async () => {
    const dry = await run(['--dry-run'], flags())
    expect(dry).toMatchObject({ code: 3, out: expect.stringContaining('3 to change; nothing was changed') })
    expect(dry.out).toMatch(/create +tickover-high-odd\n(.*\n)* {2}schedule: 1-59\/2 \* \* \* \*\n/)
    expect(await states()).toEqual({})

    expect(await run([], flags())).toMatchObject({
      code: 0,
      out: expect.stringMatching(/create.*done\n.*Done\./s),
    })
    expect(await states()).toEqual({ 'high-even': 'ENABLED', 'high-odd': 'ENABLED', low: 'ENABLED' })
    const [even] = await jobs()
    expect(even).toMatchObject({
      schedule: '*/2 * * * *',
      timeZone: 'UTC',
      description: 'Tickover: ticks lane high on even minutes',
      attemptDeadline: { seconds: '1800' },
      retryConfig: {
        retryCount: 5,
        minBackoffDuration: { seconds: '5' },
        maxBackoffDuration: { seconds: '30' },
      },
      httpTarget: {
        uri: 'http://127.0.0.1:9/cron/tick',
        headers: { 'Content-Type': 'application/json' },
        oidcToken: {
          serviceAccountEmail: FLAGS.SCHEDULER_SERVICE_ACCOUNT,
          audience: FLAGS.SCHEDULER_OIDC_AUDIENCE,
        },
      },
    })
    expect(Buffer.from(even?.httpTarget?.body ?? '').toString()).toBe('{"lane":"high"}')

    const before = await jobs()
    const again = await run([], flags())
    expect(again).toMatchObject({ code: 0, out: expect.stringContaining('unchanged tickover-low (ENABLED)') })
    expect(await jobs()).toEqual(before)
    expect(await run(['--dry-run'], flags())).toMatchObject({
      code: 0,
      out: expect.stringContaining('Nothing to change'),
    })
  })

  test('a change is shown field by field before it is made', async () => {
    await inProcess([], flags({ SCHEDULER_LANES: 'low' }))
    const changed = flags({
      SCHEDULER_LANES: 'low',
      SCHEDULER_CADENCE: '*/10 * * * *',
      SCHEDULER_TIMEZONE: 'Asia/Tokyo',
    })
    const { code, out } = await inProcess([], changed)
    expect(code).toBe(0)
    expect(out).toContain('schedule: * * * * * -> */10 * * * *')
    expect(out).toContain('time_zone: UTC -> Asia/Tokyo')
    expect(await jobs()).toMatchObject([{ schedule: '*/10 * * * *', timeZone: 'Asia/Tokyo' }])
  })

  test('paused jobs never tick before they are resumed; run posts one tick each; pause stops them', async () => {
    const target = await startReceiver()
    const env = flags({ SCHEDULER_TARGET_URL: target.url, SCHEDULER_LANES: 'high,low' })
    expect(await inProcess(['--paused'], env)).toMatchObject({
      code: 0,
      out: expect.stringContaining('(paused)'),
    })
    expect(await states()).toEqual({ high: 'PAUSED', low: 'PAUSED' })
    expect(await jobs()).toMatchObject([{ schedule: '* * * * *' }, { schedule: '* * * * *' }])
    await cloud.clock.advance(300_000)
    expect(target.received).toHaveLength(0)

    expect(await inProcess(['--run'], env)).toMatchObject({ code: 0 })
    await until(() => target.received.length === 2, 'two forced ticks have arrived')
    expect(
      target.received.map(({ path, body }) => path + body).toSorted((a, b) => a.localeCompare(b)),
    ).toEqual(['/cron/tick{"lane":"high"}', '/cron/tick{"lane":"low"}'])

    expect(await inProcess(['--resume'], env)).toMatchObject({ code: 0 })
    expect(await states()).toEqual({ high: 'ENABLED', low: 'ENABLED' })
    await cloud.clock.advance(60_000)
    await until(() => target.received.length === 4, 'two scheduled ticks have arrived')

    expect(await inProcess(['--pause'], env)).toMatchObject({ code: 0 })
    expect(await inProcess(['--pause'], env)).toMatchObject({
      code: 0,
      out: expect.stringContaining('unchanged'),
    })
    expect(await states()).toEqual({ high: 'PAUSED', low: 'PAUSED' })
    await target.close()
  })

  test('orphans stay until --delete; what others made stays always', async () => {
    await cloud.client.createJob({
      parent: PARENT,
      job: wireJob('nightly-report', 'http://127.0.0.1:9/report'),
    })
    await inProcess([], flags())
    const env = flags({ SCHEDULER_LANES: 'low' })
    expect(await inProcess([], env)).toMatchObject({
      code: 0,
      out: expect.stringContaining('orphan    tickover-high-even'),
    })
    expect(Object.keys(await states())).toHaveLength(4)
    expect(await inProcess(['--delete'], env)).toMatchObject({ code: 0 })
    expect(Object.keys(await states())).toEqual(['nightly-report', 'low'])
  })
})

describe.concurrent('misused', () => {
  test('wrong options and every missing flag are said at once, with exit code 2', async () => {
    const [options, configuration, help] = await Promise.all([
      run(['--nonsense', '--pause', '--run'], FLAGS),
      run([], { SCHEDULER_LANES: 'High', SCHEDULER_CADENSE: 'x' }),
      run(['--help'], {}),
    ])
    expect(options).toMatchObject({
      code: 2,
      out: expect.stringMatching(/--nonsense\nonly one of --pause, --run/),
    })
    expect(configuration.code).toBe(2)
    for (const name of [...Object.keys(FLAGS), 'SCHEDULER_CADENSE']) expect(configuration.out).toContain(name)
    expect(help).toMatchObject({ code: 0, out: expect.stringContaining('Example:') })
  })

  test('a token is never sent in the clear to the outside', async () => {
    const { code, out } = await run(['--dry-run'], { ...FLAGS, SCHEDULER_TARGET_URL: 'http://t.example' })
    expect([code, out]).toEqual([2, expect.stringContaining('SCHEDULER_TARGET_URL must be https')])
  })

  test('an unreachable service ends within seconds, with exit code 1 and what to check', async () => {
    const { code, out } = await run([], { ...FLAGS, SCHEDULER_API_ENDPOINT: '127.0.0.1:9' })
    expect([code, out]).toEqual([1, expect.stringContaining('check the network, or SCHEDULER_API_ENDPOINT')])
    expect(out.match(/trying again/g)).toHaveLength(3)
  })
})

describe('against a service with troubles', () => {
  const stops: (() => void)[] = []
  afterEach(() => {
    for (const stop of stops.splice(0)) stop()
  })

  /** The real table behind the real API, with some verbs in trouble. */
  async function troubled(trouble: (jobs: Jobs) => Partial<Jobs>) {
    const clock = virtualClock(Date.now())
    const jobs = jobTable({
      clock,
      random: Math.random,
      kept: [],
      defined: () => undefined,
      recorded: () => undefined,
    })
    const { server, port } = await serve({ ...jobs, ...trouble(jobs) }, () => undefined, 0)
    stops.push(() => server.forceShutdown())
    const env = { ...FLAGS, SCHEDULER_API_ENDPOINT: `127.0.0.1:${port}` }
    const setup = (...args: string[]) => inProcess(args, env)
    const states = () => jobs.all().map(({ definition, state }) => [definition.schedule, state.paused])
    return { setup, states, jobs }
  }

  const ALL = [
    ['*/2 * * * *', false],
    ['1-59/2 * * * *', false],
    ['* * * * *', false],
  ]

  test('what passes by itself is tried again', async () => {
    const fails = times(3)
    const { setup, states } = await troubled((jobs) => ({
      create(parent, wire) {
        if (fails()) throw unavailable()
        return jobs.create(parent, wire)
      },
    }))
    expect(await setup()).toMatchObject({
      code: 0,
      out: expect.stringContaining('UNAVAILABLE; trying again'),
    })
    expect(states()).toEqual(ALL)
  })

  test('a reply that was lost is no failure', async () => {
    const [losesCreate, losesPause] = [times(1), times(1)]
    const { setup, states } = await troubled((jobs) => ({
      create(parent, wire) {
        const job = jobs.create(parent, wire)
        if (losesCreate()) throw unavailable()
        return job
      },
      pause(name) {
        const job = jobs.pause(name)
        if (losesPause()) throw unavailable()
        return job
      },
    }))
    expect(await setup('--paused')).toMatchObject({ code: 0 })
    expect(states()).toEqual(ALL.map(([schedule]) => [schedule, true]))
  })

  test('after a partial failure the rest is done, and a second run completes', async () => {
    const denies = times(1)
    const { setup, states } = await troubled((jobs) => ({
      create(parent, wire) {
        if (denies()) throw new RpcError(status.PERMISSION_DENIED, 'no actAs')
        return jobs.create(parent, wire)
      },
    }))
    const first = await setup()
    expect(first).toMatchObject({ code: 1, out: expect.stringContaining('1 of 3 failed; run this again') })
    expect(first.out).toContain('roles/iam.serviceAccountUser')
    expect(states()).toHaveLength(2)
    expect(await setup()).toMatchObject({ code: 0 })
    expect(states()).toHaveLength(3)
  })

  test('a job whose pause failed is parked far away, and a second run pauses it and completes', async () => {
    const denies = times(3)
    const { setup, states } = await troubled((jobs) => ({
      pause(name) {
        if (denies()) throw new RpcError(status.PERMISSION_DENIED, 'no')
        return jobs.pause(name)
      },
    }))
    expect(await setup('--paused')).toMatchObject({ code: 1 })
    expect(states()).toEqual(ALL.map(() => ['0 0 29 2 *', false]))
    expect(await setup('--paused')).toMatchObject({ code: 0 })
    expect(states()).toEqual(ALL.map(([schedule]) => [schedule, true]))
  })

  test('a job of our name that others made is left alone, and the run fails', async () => {
    const { setup, jobs } = await troubled(() => ({}))
    jobs.create(PARENT, wireJob('tickover-low', 'http://127.0.0.1:9'))
    expect(await setup()).toMatchObject({ code: 1, out: expect.stringContaining('foreign   tickover-low') })
    expect(await setup('--dry-run')).toMatchObject({ code: 1 })
  })

  test('resume and run fail for a lane that was never set up', async () => {
    const { setup } = await troubled(() => ({}))
    expect(await setup('--resume')).toMatchObject({
      code: 1,
      out: expect.stringContaining('run the setup first'),
    })
    expect(await setup('--run')).toMatchObject({ code: 1 })
  })
})
