import { afterEach, describe, expect, it } from 'vitest'
import type { Delivery } from '../support/delivery.ts'
import { moving, SELF } from '../support/moving.ts'
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

const START = Date.parse('2030-01-01T01:59:00Z')
const MINUTE = 60_000
/** Its deadline falls between two ticks. */
const PATIENCE_SECONDS = 630
const JOB = 'queue-cleanup'

const opened: { close(): Promise<void> }[] = []
afterEach(() => Promise.all(opened.splice(0).map((one) => one.close())))

/** One job, due at 02:00, whose service answers 202 and has ten and a half minutes; `accepted` are its calls in order. */
async function setup(policies: object = {}) {
  const teams: Team[] = []
  const world = moving({
    start: START,
    send: (clock) => {
      const team = openTeam(clock)
      teams.push(team)
      return team.send
    },
  })
  opened.push(world)
  const revision = world.deploy(TEAM, [])
  const [team] = teams
  const registration = REGISTRATIONS.find(({ name }) => name === JOB)
  if (team === undefined || registration === undefined) throw new Error('There is no such service.')
  await registerJob(revision, {
    ...registration,
    policies: { callback_timeout_seconds: PATIENCE_SECONDS, ...policies },
  })
  team.answers = () => answer(202, {})
  world.ticking('default', () => revision)
  await world.clock.advance(2 * MINUTE)
  return {
    ...world,
    team,
    revision,
    /** The nth call of the service. */
    nth: (n: number): Delivery => {
      const found = team.took[n]
      if (found === undefined) throw new Error(`There was no call ${n}.`)
      return found
    },
    completing: (delivery: Pick<Delivery, 'completion_url' | 'run_token'>, body?: unknown) =>
      world.passing(complete(revision, delivery, body)),
    job: async () => (await revision.call('viewer', 'GET', `/api/jobs/${JOB}`)).json,
    latest: async () => (await revision.call('viewer', 'GET', `/api/jobs/${JOB}/history`)).json.executions[0],
  }
}

describe('a run token', () => {
  it('completes its run once: the same again, and another word after it, change nothing', async () => {
    const { nth, completing, latest, job } = await setup()
    expect(await completing(nth(0), { success: true, itemsProcessed: 4 })).toEqual({
      status: 200,
      json: { run: nth(0).run, status: 'succeeded' },
    })
    const standing = [await latest(), (await job()).totalRuns]
    for (const body of [
      { success: true, itemsProcessed: 4 },
      { success: false, error: 'No, it failed' },
    ])
      expect(await completing(nth(0), body)).toMatchObject({ status: 401, json: { code: 'unauthenticated' } })
    expect([await latest(), (await job()).totalRuns]).toEqual(standing)
    expect(standing).toMatchObject([{ status: 'completed', items_processed: 4 }, 1])
  })

  it('is worth nothing past its deadline: the run is tried again, with another token', async () => {
    const { clock, nth, completing, latest, team, job } = await setup()
    await clock.advanceTo(Date.parse('2030-01-01T02:10:29Z'))
    expect(await job()).toMatchObject({ isRunning: true, entries: [{ state: 'callback' }] })
    await clock.advanceTo(Date.parse('2030-01-01T02:10:40Z'))
    expect(await completing(nth(0))).toMatchObject({ status: 401 })
    expect(await latest()).toMatchObject({ status: 'running' })
    expect(team.took).toHaveLength(1)
    await clock.advance(MINUTE)
    expect((await completing(nth(0))).status).toBe(401)

    expect(team.took).toHaveLength(2)
    expect(nth(1)).toMatchObject({ run: nth(0).run, attempt: 2 })
    expect(nth(1).run_token).not.toBe(nth(0).run_token)
    expect((await completing({ ...nth(1), run_token: nth(0).run_token })).status).toBe(401)
    expect((await completing(nth(1))).status).toBe(200)
    const { status, attempts } = await latest()
    expect(status).toBe('completed')
    expect(attempts).toMatchObject([
      { attempt: 1, outcome: 'lost', error: expect.stringContaining('deadline') },
      { attempt: 2, outcome: 'succeeded' },
    ])
    expect(await job()).toMatchObject({ totalRuns: 1, successfulRuns: 1, isRunning: false })
  })

  it('completes no other run, however it is asked', async () => {
    const { clock, revision, nth, completing, job } = await setup({ max_instances: 2 })
    const asked = revision.call('operator', 'POST', `/api/jobs/${JOB}/trigger`)
    await clock.advance(1000)
    expect(nth(1).run).not.toBe(nth(0).run)
    await clock.advance(4 * MINUTE)
    expect((await asked).status).toBe(202)
    const crossed = { completion_url: nth(0).completion_url, run_token: nth(1).run_token }
    expect((await completing(crossed)).status).toBe(401)
    expect((await job()).entries).toHaveLength(2)
    expect((await completing(nth(1))).status).toBe(200)
    expect((await job()).entries).toMatchObject([{ run: nth(0).run, state: 'callback' }])
  })

  it('that was never answered with 202 completes nothing', async () => {
    const { team, revision, nth, completing, latest } = await setup()
    await completing(nth(0))
    team.answers = () => done(2)
    await revision.call('operator', 'POST', `/api/jobs/${JOB}/trigger`)
    expect((await completing(nth(1), { success: false })).status).toBe(401)
    expect(await latest()).toMatchObject({ status: 'completed', items_processed: 2 })
  })

  it('is kept as a hash only, and shown to nobody', async () => {
    const { nth, job, latest, store, revision } = await setup()
    const { run_token } = nth(0)
    const { value } = await store.get([{ collection: 'scheduler_jobs', id: JOB }])
    expect(JSON.stringify(value)).toMatch(/"token":"[0-9a-f]{64}"/)
    const texts = [value, await job(), await latest(), revision.events].map((one) => JSON.stringify(one))
    for (const text of texts) expect(text).not.toContain(run_token)
    for (const text of texts.slice(1)) expect(text).not.toMatch(/"token":"[0-9a-f]{64}"/)
  })

  it.each([
    ['is missing', undefined],
    ['is empty', ''],
    ['has another length', 'short'],
    ['is that of nobody', 'x'.repeat(43)],
  ])('that %s is answered 401 before anything of the run is told', async (_, token) => {
    const { revision, nth } = await setup()
    const post = async (url: string) => {
      const headers = { ...(token !== undefined && { 'x-scheduler-run-token': token }) }
      const response = await revision.fetch(new Request(url, { method: 'POST', headers }))
      const { trace_id: _trace, ...body } = (await response.json()) as Record<string, unknown>
      return { status: response.status, body }
    }
    const ofNobody = await post(`${SELF}/api/runs/nobody@2030-01-01T02:00:00.000Z/complete`)
    expect(ofNobody.status).toBe(401)
    expect(await post(nth(0).completion_url)).toEqual(ofNobody)
  })
})

describe('a completion', () => {
  it('that failed is tried again, unless it says that trying again would not help', async () => {
    const { clock, nth, completing, latest } = await setup()
    expect(await completing(nth(0), { success: false, error: 'The disk is full' })).toMatchObject({
      json: { status: 'retry' },
    })
    expect(await latest()).toMatchObject({
      status: 'running',
      state: 'retry',
      error_message: 'The disk is full',
    })
    await clock.advance(2 * MINUTE)
    const final = { success: false, error: 'It is gone', retryable: false, itemsFailed: 3 }
    expect(await completing(nth(1), final)).toMatchObject({ json: { status: 'failed' } })
    expect(await latest()).toMatchObject({ status: 'failed', error_message: 'It is gone', items_failed: 3 })
  })

  it('that comes before its acceptance is settled waits for that', async () => {
    const { clock, team, revision, nth, completing, latest } = await setup()
    await completing(nth(0))
    const replied = Promise.withResolvers<void>()
    team.answers = async () => {
      await replied.promise
      return answer(202, {})
    }
    const asked = revision.call('operator', 'POST', `/api/jobs/${JOB}/trigger`)
    await clock.advance(10)
    const early = complete(revision, nth(1), { success: true, itemsProcessed: 1 })
    await clock.advance(1000)
    expect(await latest()).toMatchObject({ status: 'running' })
    replied.resolve()
    await clock.advance(4000)
    expect(await early).toMatchObject({ status: 200, json: { status: 'succeeded' } })
    expect(await latest()).toMatchObject({ status: 'completed', items_processed: 1 })
    await clock.advance(5000)
    // Who triggered it has waited for the target's later word.
    expect(await asked).toMatchObject({ status: 200, json: { result: { success: true, itemsProcessed: 1 } } })
  })

  it.each([
    ['names no success', { itemsProcessed: 1 }, 'success'],
    ['counts below zero', { success: true, itemsFailed: -1 }, 'itemsFailed'],
    ['has text for a number', { success: true, itemsProcessed: '7' }, 'itemsProcessed'],
  ])('that %s is told which field, and may come again corrected', async (_, body, field) => {
    const { nth, completing } = await setup()
    expect(await completing(nth(0), body)).toMatchObject({ status: 400, json: { problems: [{ field }] } })
    expect((await completing(nth(0))).status).toBe(200)
  })

  it('after an operator released the run is refused, and the run goes on anew', async () => {
    const { clock, revision, nth, completing, team, latest } = await setup()
    await revision.call('operator', 'POST', `/api/jobs/${JOB}/release`, { reason: 'It hangs' })
    expect((await completing(nth(0))).status).toBe(401)
    await clock.advance(2 * MINUTE)
    expect(team.took).toHaveLength(2)
    expect((await completing(nth(1))).status).toBe(200)
    expect(await latest()).toMatchObject({
      status: 'completed',
      attempts: [{ outcome: 'lost', error: expect.stringContaining('It hangs') }, { outcome: 'succeeded' }],
    })
  })

  it('of a backfill’s run finds it by its own name', async () => {
    const { clock, revision, nth, completing } = await setup()
    await completing(nth(0))
    const range = { from: '2029-12-31T00:00:00Z', to: '2029-12-31T23:00:00Z' }
    const made = await revision.call('operator', 'POST', `/api/jobs/${JOB}/backfill`, range)
    await clock.advance(2 * MINUTE)
    expect(nth(1).run).toBe(`${made.json.job}@2029-12-31T02:00:00.000Z`)
    expect(await completing(nth(1))).toMatchObject({ status: 200, json: { status: 'succeeded' } })
    expect((await revision.call('viewer', 'GET', `/api/jobs/${made.json.job}`)).json).toMatchObject({
      status: 'completed',
      totalRuns: 1,
    })
  })
})
