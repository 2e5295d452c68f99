import { afterEach, describe, expect, it } from 'vitest'
import { loadConfig } from '../../../functions/config.ts'
import { SERVICE_JOBS } from '../../../scripts/dev/demo-service/services/jobs.ts'
import { newTokens, serviceFlags } from '../../../scripts/dev/demo-service/services/tokens.ts'
import { startDemoService } from '../../../scripts/dev/demo-service.ts'
import { startIssuer } from '../../../scripts/dev/issuer.ts'
import { isTold, localFlags, SCHEDULER_ACCOUNT } from '../../../scripts/dev/stack/settings.ts'
import { realClock } from '../../support/real-clock.ts'
import { startTarget, type TestTarget } from '../../support/target.ts'
import { until } from '../../support/until.ts'
import { virtualClock } from '../../support/virtual-clock.ts'
import { systemNamed } from '../../systems/facts.ts'

const RUN = 'weekly-digest@2030-01-07T09:00:00.000Z'
const CALL = {
  jobName: 'weekly-digest',
  config: { maxEmails: 30 },
  executionId: RUN,
  triggeredBy: 'scheduler',
}

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close()
})

/** The services behind a real issuer, on a clock that stands still. */
async function setup() {
  const clock = virtualClock(Date.parse('2030-01-07T09:00:00Z'))
  const issuer = await startIssuer({ clock: realClock })
  open.push(issuer)
  const demo = await startDemoService(clock, 0, issuer.jwks_url)
  open.push(demo)
  /** Calls an endpoint of a service as the scheduler does, but for what is said. */
  const call = async (body: object, as: { email?: string; audience?: string; headers?: object } = {}) => {
    const { email = SCHEDULER_ACCOUNT, audience = `${demo.url}/email-service`, headers = {} } = as
    const answer = await fetch(`${demo.url}/email-service/api/jobs/weekly-digest`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await issuer.mint({ email, audience })}`,
        'content-type': 'application/json',
        'x-scheduler-execution-id': RUN,
        'idempotency-key': RUN,
        ...headers,
      },
      body: JSON.stringify(body),
    })
    return answer.status
  }
  const received = async () => (await fetch(`${demo.url}/received`)).json()
  return { clock, issuer, demo, call, received }
}

describe('the services of the local stack', () => {
  it('are those of the system that moves here, job by job', () => {
    const facts = systemNamed('services').jobs
    const registered = SERVICE_JOBS.map(({ registration }) => {
      const { name, cronExpression: cron, jobType, service, endpoint, config } = registration
      return { name, cron, jobType, service, endpoint, config }
    })
    expect(registered).toEqual(facts)
  })

  it('are known to whoever reads the flags of the stack, but for their secrets', () => {
    const url = 'http://127.0.0.1:1'
    const tokens = newTokens()
    const issuer = { url, certs_url: url, iap_keys_url: url }
    const local = localFlags({ port: 8080, folder: '.tickover', storage: 'json', issuer })
    const env = { ...local, ...serviceFlags(url, tokens, 'low') }
    expect(loadConfig(env).services.map(({ token }) => token)).toEqual(Object.values(tokens))
    const told = Object.fromEntries(Object.entries(env).filter(([name]) => isTold(name)))
    expect(loadConfig(told).services).toMatchObject([
      { name: 'email-service', url: `${url}/email-service`, token: null },
      { name: 'user-service', url: `${url}/user-service`, token: null },
    ])
    for (const token of Object.values(tokens)) expect(JSON.stringify(told)).not.toContain(token)
  })

  it('do what the scheduler asks for, and keep each execution once', async () => {
    const { call, received } = await setup()
    expect([await call(CALL), await call(CALL)]).toEqual([200, 200])
    expect(await received()).toMatchObject({ counts: { executions: 1 }, repeated: 1 })
  })

  it('listen to nobody else', async () => {
    const { call, demo, received } = await setup()
    expect(await call(CALL, { email: 'somebody@example.com' })).toBe(401)
    expect(await call(CALL, { audience: `${demo.url}/user-service` })).toBe(401)
    expect(await call(CALL, { headers: { authorization: 'Bearer none' } })).toBe(401)
    expect(await received()).toMatchObject({ counts: {} })
  })

  it.each([
    ['a user that is null', { ...CALL, triggeredByUser: null }, {}],
    ['a config that is no object', { ...CALL, config: [] }, {}],
    ['another trigger', { ...CALL, triggeredBy: 'admin' }, {}],
    ['a field that nobody agreed on', { ...CALL, attempt: 1 }, {}],
    ['a job that is another endpoint’s', { ...CALL, jobName: 're-engagement' }, {}],
    ['an execution id that its header contradicts', CALL, { 'x-scheduler-execution-id': 'other' }],
  ])('refuse %s', async (_, body, headers) => {
    const { call } = await setup()
    expect(await call(body, { headers })).toBe(400)
  })

  it('take a long job on with 202, and complete it when it is done', async () => {
    const { clock, issuer, demo } = await setup()
    const scheduler: TestTarget = await startTarget()
    open.push(scheduler)
    const token = await issuer.mint({ email: SCHEDULER_ACCOUNT, audience: `${demo.url}/user-service` })
    const run = 'deletion-cleanup@2030-01-07T02:00:00.000Z'
    const { status } = await fetch(`${demo.url}/user-service/api/jobs/process-deletions`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'x-scheduler-execution-id': run,
        'idempotency-key': run,
        'x-scheduler-run-token': 'the-token',
        'x-scheduler-completion-url': `${scheduler.url}/complete`,
      },
      body: JSON.stringify({ ...CALL, jobName: 'deletion-cleanup', executionId: run }),
    })
    expect([status, scheduler.arrived.length]).toEqual([202, 0])
    await clock.advance(3000)
    await until(() => scheduler.arrived.length > 0, 'the run is completed')
    const [word] = scheduler.arrived
    expect(word).toMatchObject({ path: '/complete', headers: { 'x-scheduler-run-token': 'the-token' } })
    expect(JSON.parse(word?.body ?? '')).toMatchObject({ success: true, itemsProcessed: 12 })
  })
})
