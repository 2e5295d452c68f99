import { timingSafeEqual } from 'node:crypto'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { serviceTokens } from '../../functions/auth/service-token.ts'
import { loadConfig } from '../../functions/config.ts'
import { setup } from './setup.ts'

vi.mock(import('node:crypto'), async (original) => {
  const real = await original()
  return { ...real, timingSafeEqual: vi.fn(real.timingSafeEqual) }
})
afterEach(() => vi.mocked(timingSafeEqual).mockClear())

const MAIL = 'mail-service-token-0123456789abcdef'
const USERS = 'user-service-token-0123456789abcdef'
const SERVICES = {
  SCHEDULER_SERVICES: JSON.stringify({
    'mail-service': { job_types: ['mail'] },
    'user-service': { job_types: ['cleanup'] },
    'quiet-service': { job_types: ['quiet'] },
  }),
  MAIL_SERVICE_URL: 'https://mail.example.com',
  USER_SERVICE_URL: 'https://users.example.com',
  QUIET_SERVICE_URL: 'https://quiet.example.com',
}
const ENV = { ...SERVICES, MAIL_SERVICE_TOKEN: MAIL, USER_SERVICE_TOKEN: USERS }

/** Makes a one-off job, which a service may within its job types. */
function create(job_type: string, headers: Record<string, string>, env: Record<string, string> = ENV) {
  const body = JSON.stringify({ job_type, schedule_at: '2030-02-01T00:00:00Z' })
  const all = { 'content-type': 'application/json', ...headers }
  return setup({ env }).app.request('/api/jobs', { method: 'POST', body, headers: all })
}
async function answerOf(answer: Response | Promise<Response>) {
  const response = await answer
  return { status: response.status, body: await response.text() }
}

describe('a service’s own token', () => {
  it('names the service, which may do what is its own', async () => {
    expect((await create('mail', { 'x-service-token': MAIL })).status).toBe(201)
    expect((await create('cleanup', { 'x-service-token': USERS })).status).toBe(201)
  })

  it('gives nobody another’s job types', async () => {
    const response = await create('cleanup', { 'x-service-token': MAIL })
    expect(response.status).toBe(403)
    expect(await response.json()).toMatchObject({ code: 'not_your_job' })
  })

  it('names the caller where an ID token stands beside it, since Cloud Run’s IAM wants that one', async () => {
    const headers = { 'x-service-token': MAIL, authorization: 'Bearer operator' }
    expect((await create('cleanup', headers)).status).toBe(403)
    expect((await create('mail', { ...headers, authorization: 'Bearer no-token-of-ours' })).status).toBe(201)
  })

  it('never makes a tick, not even beside the scheduler’s ID token', async () => {
    const { app, ticks } = setup({ env: ENV })
    const headers = { 'x-service-token': MAIL, authorization: 'Bearer scheduler' }
    expect((await app.request('/cron/tick', { method: 'POST', headers })).status).toBe(403)
    expect(ticks).toEqual([])
  })

  it.each([
    ['unknown', 'unknown-service-token-0123456789abcd'],
    ['another’s, cut short', MAIL.slice(0, -1)],
    ['another’s, in capitals', MAIL.toUpperCase()],
    ['empty', ''],
    ['endless', 'x'.repeat(10_000)],
    ['its service’s name', 'mail-service'],
  ])('is refused when it is %s, in the same words, whatever stands beside it', async (_, token) => {
    const alone = await answerOf(create('mail', { 'x-service-token': token }))
    const beside = await answerOf(
      create('mail', { 'x-service-token': token, authorization: 'Bearer operator' }),
    )
    expect(alone.status).toBe(401)
    expect(alone).toEqual(beside)
    expect(JSON.parse(alone.body).message).toBe(
      'The service token is not known here. Send the one that this service was given.',
    )
  })

  it('counts in its own header only', async () => {
    expect((await create('mail', { authorization: `Bearer ${MAIL}` })).status).toBe(401)
    expect((await create('mail', { authorization: MAIL })).status).toBe(401)
    expect((await create('mail', { 'x-scheduler-run-token': MAIL })).status).toBe(401)
    expect((await create('mail', { cookie: `x-service-token=${MAIL}` })).status).toBe(401)
  })

  it('is nothing where no service has one', async () => {
    expect((await create('mail', { 'x-service-token': MAIL }, SERVICES)).status).toBe(401)
    const headers = { 'x-service-token': 'anything', authorization: 'Bearer operator' }
    expect((await create('mail', headers, SERVICES)).status).toBe(201)
  })

  it('is compared with every one there is, whether it fits the first, the last or none', () => {
    const find = serviceTokens(loadConfig(ENV).services)
    for (const [token, name] of [
      [MAIL, 'mail-service'],
      [USERS, 'user-service'],
      ['nobody’s', undefined],
    ] as const) {
      vi.mocked(timingSafeEqual).mockClear()
      expect(find?.(token)?.name).toBe(name)
      expect(timingSafeEqual).toHaveBeenCalledTimes(2)
    }
  })

  it('is never in an answer or the log', async () => {
    const { app, lines } = setup({ env: ENV })
    const wrong = `${MAIL}x`
    const response = await app.request('/api/jobs', { headers: { 'x-service-token': wrong } })
    expect(`${await response.text()}${lines.join('')}`).not.toContain(MAIL)
    expect(lines.join('')).toContain('Refused GET /api/jobs')
  })
})
