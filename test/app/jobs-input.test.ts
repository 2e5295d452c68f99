import { describe, expect, it } from 'vitest'
import { at, operating, WEEKLY } from '../support/operating.ts'

const LONG = 'x'.repeat(5000)
const WHY = [
  [{ reason: 5 }, 'reason'],
  [{ reason: 'x'.repeat(501) }, 'reason'],
  [{ userId: {} }, 'userId'],
  [{ userId: 'x'.repeat(201) }, 'userId'],
] as const

/** What is wrong in a body, and the field that the answer has to name. */
const WRONG = {
  'POST /api/jobs/register': [
    WEEKLY,
    [
      [{ name: undefined }, 'name'],
      [{ name: '../other' }, 'name'],
      [{ name: 'a~b' }, 'name'],
      [{ displayName: 5 }, 'displayName'],
      [{ description: LONG }, 'description'],
      [{ cronExpression: 'every day' }, 'cronExpression'],
      [{ cronExpression: '0 0 30 2 *' }, 'cronExpression'],
      [{ timeZone: 'Mars/Base' }, 'timeZone'],
      [{ enabled: 'yes' }, 'enabled'],
      [{ jobType: 'sms' }, 'jobType'],
      [{ service: null }, 'service'],
      [{ endpoint: 'https://elsewhere.example/' }, 'endpoint'],
      [{ endpoint: '//elsewhere.example/' }, 'endpoint'],
      [{ endpoint: '@elsewhere.example' }, 'endpoint'],
      [{ config: ['a list'] }, 'config'],
      [{ config: { text: 'x'.repeat(65_536) } }, 'config'],
      [{ policies: { max_instances: 0 } }, 'policies.max_instances'],
      [{ policies: { shadow: 'run' } }, 'policies.shadow'],
      [{ headers: {} }, 'headers'],
    ],
  ],
  'POST /api/jobs': [
    { job_type: 'digest', schedule_at: at(5) },
    [
      [{ job_type: undefined }, 'job_type'],
      [{ job_type: '' }, 'job_type'],
      [{ job_type: LONG }, 'job_type'],
      [{ schedule_at: undefined }, 'schedule_at'],
      [{ schedule_at: 5 }, 'schedule_at'],
      [{ schedule_at: 'tomorrow' }, 'schedule_at'],
      [{ schedule_at: '2030-02-30T00:00:00Z' }, 'schedule_at'],
      [{ schedule_at: '9'.repeat(65) }, 'schedule_at'],
      [{ payload: 'x'.repeat(65_536) }, 'payload'],
      [{ lane: 'fast' }, 'lane'],
    ],
  ],
  'PUT /api/jobs/digest/cron': [
    { cronExpression: '5 5 * * *' },
    [
      [{ cronExpression: undefined }, 'cronExpression'],
      [{ cronExpression: '' }, 'cronExpression'],
      [{ cronExpression: ['5', '5'] }, 'cronExpression'],
      [{ cronExpression: '5 '.repeat(120) }, 'cronExpression'],
      [{ cronExpression: '61 * * * *' }, 'cronExpression'],
      [{ cronExpression: '* * * * * *' }, 'cronExpression'],
      [{ cronExpression: '0 0 31 4 *' }, 'cronExpression'],
      [{ timeZone: 'Europe/Atlantis' }, 'timeZone'],
      [{ timeZone: 5 }, 'timeZone'],
      [{ enabled: true }, 'enabled'],
      ...WHY,
    ],
  ],
  'POST /api/jobs/digest/backfill': [
    { from: at(-3), to: at(-1) },
    [
      [{ from: undefined }, 'from'],
      [{ to: undefined }, 'to'],
      [{ from: 'long ago' }, 'from'],
      [{ to: 5 }, 'to'],
      [{ to: at(-5) }, 'to'],
      [{ to: at(5) }, 'to'],
      [{ from: at(-5000) }, 'from'],
      [{ from: '2030-02-30T00:00:00Z' }, 'from'],
      [{ limit: 5 }, 'limit'],
      ...WHY,
    ],
  ],
  'POST /api/jobs/digest/release': [
    {},
    [
      [{ run: '' }, 'run'],
      [{ run: 5 }, 'run'],
      [{ run: null }, 'run'],
      [{ run: LONG }, 'run'],
      [{ all: true }, 'all'],
      [{ fence: 1 }, 'fence'],
      ...WHY,
    ],
  ],
  'POST /api/jobs/digest/trigger': [
    {},
    [
      [{ payload: {} }, 'payload'],
      [{ user: 'ana' }, 'user'],
      [{ reason: null }, 'reason'],
      [{ reason: ['because'] }, 'reason'],
      [{ userId: null }, 'userId'],
      [{ userId: 5 }, 'userId'],
      ...WHY,
    ],
  ],
} as const

const CASES = Object.entries(WRONG).flatMap(([route, [good, wrong]]) =>
  wrong.map(([change, field]) => ({ route, field, body: { ...good, ...change } })),
)

const service = operating()
await service.tick()

function send(route: string, body: unknown) {
  const [method = '', path = ''] = route.split(' ')
  return service.ask(path.endsWith('register') ? 'email-service' : 'operator', method, path, body)
}

describe('bad input', () => {
  it.each(Object.entries(WRONG))('%s has ten ways at least to be wrong', (_, [, wrong]) => {
    expect(wrong.length).toBeGreaterThanOrEqual(10)
  })

  it.each(CASES)('$route names the field $field and changes nothing', async ({ route, field, body }) => {
    const commits = service.wire.asked.length
    const { status, json } = await send(route, body)
    expect(status).toBe(400)
    expect(json.problems.map((one: { field: string }) => one.field)).toContain(field)
    expect(json.message).toContain(field)
    expect(json.error).not.toBe('')
    expect(service.wire.asked.length).toBe(commits)
  })

  it.each([
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=ten', 'limit'],
    ['offset=-1', 'offset'],
    ['offset=10001', 'offset'],
    ['include=all', 'include'],
    ['cursor=nonsense', 'cursor'],
    ['page=2', 'page'],
  ])('history?%s names the field %s', async (query, field) => {
    const { status, json } = await service.operate('GET', `/api/jobs/digest/history?${query}`)
    expect(status).toBe(400)
    expect(json.problems).toMatchObject([{ field }])
  })

  it.each([
    ['stats?days=0', 'days'],
    ['stats?days=366', 'days'],
    ['preview?count=101', 'count'],
    ['preview?cron=nonsense', 'cron'],
    ['preview?cron=0+9+*+*+*&time_zone=Nowhere', 'time_zone'],
    ['preview?from=soon', 'from'],
    ['audit?limit=1e2', 'limit'],
  ])('%s names the field %s', async (place, field) => {
    const { status, json } = await service.operate('GET', `/api/jobs/digest/${place}`)
    expect(status).toBe(400)
    expect(json.problems).toMatchObject([{ field }])
  })
})
