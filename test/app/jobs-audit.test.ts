import { describe, expect, it } from 'vitest'
import { POLICY, ROUTES } from '../../functions/auth/policy.ts'
import type { Change } from '../../functions/store/documents.ts'
import { at, MINUTE, operating, WEEKLY } from '../support/operating.ts'

const PATH = `/api/jobs/${WEEKLY.name}`
const WHY = { reason: 'because', userId: 'ana' }

/** Each action, with what has to be so before it, and what its entry says of before and after. */
const ACTIONS = [
  {
    action: 'job_disabled',
    request: ['POST', '/disable', {}],
    before: { enabled: true },
    after: { enabled: false },
  },
  {
    action: 'job_enabled',
    first: ['POST', '/disable', {}],
    request: ['POST', '/enable', {}],
    before: { enabled: false },
    after: { enabled: true },
  },
  {
    action: 'job_cron_changed',
    request: ['PUT', '/cron', { cronExpression: '5 5 * * *' }],
    before: { schedule: { expression: '* * * * *' } },
    after: { schedule: { expression: '5 5 * * *' } },
  },
  {
    action: 'job_reset',
    first: ['PUT', '/cron', { cronExpression: '5 5 * * *' }],
    request: ['POST', '/reset', {}],
    before: { schedule: { expression: '5 5 * * *' } },
    after: { schedule: { expression: '* * * * *' } },
  },
  {
    action: 'job_backfilled',
    request: ['POST', '/backfill', { from: at(-3), to: at(-1) }],
    before: null,
    after: { occurrences: 3, from: at(-3), to: at(-1) },
  },
  {
    action: 'job_triggered',
    request: ['POST', '/trigger', {}],
    before: null,
    after: { run: expect.stringContaining(`${WEEKLY.name}:`) },
  },
  {
    action: 'job_deleted',
    request: ['DELETE', '', {}],
    before: { enabled: true, lane: 'default' },
    after: null,
  },
] as const

async function registered() {
  const service = operating([])
  await service.register({ cronExpression: '* * * * *' })
  return service
}

const holds = (changes: readonly Change[], collection: string) =>
  changes.some(({ ref }) => ref.collection === collection)

const actionsOf = (page: { entries: { action: string }[] }) => page.entries.map(({ action }) => action)

describe('the audit', () => {
  it.each(ACTIONS)(
    '$action tells who, for whom, why, before and after, in the commit that does it',
    async (action) => {
      const { operate, audit, wire } = await registered()
      if ('first' in action) await operate(action.first[0], PATH + action.first[1], action.first[2])
      const [method, rest, body] = action.request
      expect((await operate(method, PATH + rest, { ...body, ...WHY })).status).toBeLessThan(300)
      const [entry] = await audit(WEEKLY.name)
      expect(entry).toMatchObject({
        action: action.action,
        actor: 'ops@example.com',
        on_behalf_of: 'ana',
        subject: WEEKLY.name,
        reason: 'because',
      })
      for (const side of ['before', 'after'] as const)
        if (action[side] === null) expect(entry[side]).toBeNull()
        else expect(entry[side]).toMatchObject(action[side])
      const told = wire.asked.filter((changes) => changes.some(({ ref }) => ref.id === entry.id))
      expect(told).toHaveLength(1)
      expect(holds(told[0] ?? [], 'scheduler_jobs')).toBe(true)
    },
  )

  it('job_registered tells which service, and a first registration has nothing before it', async () => {
    const { register, audit } = await registered()
    await register({ cronExpression: '5 5 * * *' })
    const actor = 'service:email-service'
    expect(await audit(WEEKLY.name)).toMatchObject([
      {
        action: 'job_registered',
        actor,
        before: { schedule: { expression: '* * * * *' } },
        after: { schedule: { expression: '5 5 * * *' } },
      },
      { action: 'job_registered', actor, before: null, after: { schedule: { expression: '* * * * *' } } },
    ])
  })

  it('job_released tells who held, in the commit that buries them', async () => {
    const { revision, operate, untilHeld, team, audit, wire, passing } = await registered()
    const answered = Promise.withResolvers<never>()
    team.answers = () => answered.promise
    const run = revision.call('operator', 'POST', `${PATH}/trigger`)
    await untilHeld(WEEKLY.name)
    const { json } = await operate('POST', `${PATH}/release`, WHY)
    const [entry] = await audit(WEEKLY.name)
    expect(entry).toMatchObject({
      action: 'job_released',
      reason: 'because',
      before: { entries: 1 },
      after: { gone: [{ run: json.runs[0], fate: 'retry' }] },
    })
    const told = wire.asked.find((changes) => changes.some(({ ref }) => ref.id === entry.id)) ?? []
    expect(told.map(({ ref }) => ref.collection).toSorted()).toEqual([
      'scheduler_audit',
      'scheduler_jobs',
      'scheduler_runs',
    ])
    answered.reject(new Error('gone'))
    await passing(run)
  })

  it('one_off_created tells what was asked for', async () => {
    const { operate, audit } = operating()
    const { json } = await operate('POST', '/api/jobs', { job_type: 'digest', schedule_at: at(9) })
    expect(await audit(json.id)).toMatchObject([
      {
        action: 'one_off_created',
        actor: 'ops@example.com',
        after: { job_type: 'digest', schedule_at: at(9) },
      },
    ])
  })

  it.each(ACTIONS)('$action that the store refuses leaves neither a change nor an entry', async (action) => {
    const { operate, audit, wire, job, store } = await registered()
    if ('first' in action) await operate(action.first[0], PATH + action.first[1], action.first[2])
    const before = await job(WEEKLY.name)
    const entries = await audit(WEEKLY.name)
    wire.commits.push(...Array.from({ length: 30 }, () => 'unreachable' as const))
    const [method, rest, body] = action.request
    expect(await operate(method, PATH + rest, body)).toMatchObject({
      status: 503,
      json: { code: 'store_unreachable' },
    })
    wire.commits.length = 0
    expect(await job(WEEKLY.name)).toEqual(before)
    expect(await audit(WEEKLY.name)).toEqual(entries)
    const backfills = await store.query({ shape: 'jobs', equals: 'backfill', limit: 9 })
    expect(backfills.value).toEqual([])
  })

  it.each(ACTIONS.filter(({ action }) => action !== 'job_backfilled' && action !== 'job_triggered'))(
    '$action whose reply is lost is told once',
    async (action) => {
      const { operate, audit, wire } = await registered()
      if ('first' in action) await operate(action.first[0], PATH + action.first[1], action.first[2])
      const entries = await audit(WEEKLY.name)
      wire.commits.push('reply_lost')
      const [method, rest, body] = action.request
      expect((await operate(method, PATH + rest, body)).status).toBe(200)
      expect(await audit(WEEKLY.name)).toHaveLength(entries.length + 1)
    },
  )

  it('pages by cursor, the newest first', async () => {
    const { operate, read, clock } = await registered()
    for (const rest of ['/disable', '/enable', '/disable']) {
      await clock.advance(MINUTE)
      await operate('POST', PATH + rest)
    }
    const first = await read(`${PATH}/audit?limit=3`)
    expect(actionsOf(first)).toEqual(['job_disabled', 'job_enabled', 'job_disabled'])
    const second = await read(`${PATH}/audit?limit=3&cursor=${first.next_cursor}`)
    expect(actionsOf(second)).toEqual(['job_registered'])
    expect(second.next_cursor).toBeNull()
  })

  it('is read by one route, and no route changes or deletes an entry', async () => {
    expect(ROUTES.filter((route) => route.includes('audit'))).toEqual(['GET /api/jobs/:name/audit'])
    expect(POLICY['GET /api/jobs/:name/audit'].who).toEqual(['viewer', 'operator'])
  })

  it('whatever is done, an entry is only ever created', async () => {
    const { operate, wire, register } = await registered()
    for (const { request } of ACTIONS) await operate(request[0], PATH + request[1], request[2])
    await register()
    const written = wire.asked.flat().filter(({ ref }) => ref.collection === 'scheduler_audit')
    expect(written.length).toBeGreaterThan(ACTIONS.length)
    expect(new Set(written.map(({ kind }) => kind))).toEqual(new Set(['create']))
    expect(new Set(written.map(({ ref }) => ref.id)).size).toBe(written.length)
  })
})
