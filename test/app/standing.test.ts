import { describe, expect, it } from 'vitest'
import { minutely, operating, WEEKLY } from '../support/operating.ts'

const PATH = '/api/jobs/digest'

/** A job that fails at each attempt but its last, which fails for good. */
const failing = () =>
  minutely({
    run: async () => {
      throw new Error('no disk')
    },
    policies: { max_attempts: 2, retry: { base_seconds: 30, factor: 1, cap_seconds: 30, jitter: 0 } },
  })

describe('what wants somebody’s eye', () => {
  it('is found by its standing: retrying, then failing since its first failed run, then paused', async () => {
    const { ticks, read, operate } = operating([failing()])
    const names = async (standing: string) =>
      (await read(`/api/jobs?standing=${standing}`)).jobs.map(({ name }: { name: string }) => name)
    await ticks(0, 1)
    expect([await names('retrying'), await names('failing')]).toEqual([['digest'], []])
    await ticks(2)
    const { failing_since, failed_in_a_row } = await read(PATH)
    expect([await names('failing'), failed_in_a_row]).toEqual([['digest'], 1])
    await ticks(3, 4, 5, 6)
    const later = await read(PATH)
    expect([later.failing_since, later.failed_in_a_row > 1]).toEqual([failing_since, true])
    expect(await names('paused')).toEqual([])
    await operate('POST', `${PATH}/disable`)
    expect(await read(PATH)).toMatchObject({ enabled: false })
  })

  it('is no more once a run has succeeded', async () => {
    let works = false
    const job = minutely({
      run: async () => {
        if (!works) throw new Error('not yet')
      },
      policies: { max_attempts: 1 },
    })
    const { ticks, read } = operating([job])
    await ticks(0, 1)
    expect(await read(PATH)).toMatchObject({ standing: 'failing', failed_in_a_row: 1 })
    works = true
    await ticks(2)
    expect(await read(PATH)).toMatchObject({ standing: 'ok', failed_in_a_row: 0, failing_since: null })
  })
})

describe('a run that only waits for another attempt', () => {
  it('is cancelled by a release, and so the slot of a paused job is free', async () => {
    const { ticks, operate, read } = operating([failing()])
    await ticks(0, 1)
    await operate('POST', `${PATH}/disable`)
    const refused = await operate('POST', `${PATH}/trigger`)
    expect(refused).toMatchObject({ status: 409, json: { code: 'already_running' } })
    expect(refused.json.message).toMatch(/waits for the end of the pause.*release the run/)
    const { json } = await operate('POST', `${PATH}/release`, { reason: 'enough' })
    expect(json.runs).toHaveLength(1)
    const { executions } = await read(`${PATH}/history`)
    expect(executions).toMatchObject([{ id: json.runs[0], status: 'failed', state: 'cancelled' }])
    expect(executions[0].error_message).toContain('enough')
    expect((await read(PATH)).entries).toEqual([])
  })
})

describe('two operators', () => {
  it('of whom one has not seen what the other did, is told so, and changes nothing', async () => {
    const { ticks, operate, read, audit } = operating()
    await ticks(0)
    const { defined_at: definedAt } = await read(PATH)
    await ticks(1)
    const first = await operate('PUT', `${PATH}/cron`, { cronExpression: '5 5 * * *', definedAt })
    expect(first.status).toBe(200)
    for (const [method, act, body] of [
      ['PUT', 'cron', { cronExpression: '6 6 * * *' }],
      ['POST', 'disable', {}],
      ['POST', 'reset', {}],
    ] as const)
      expect(await operate(method, `${PATH}/${act}`, { ...body, definedAt })).toMatchObject({
        status: 409,
        json: { code: 'changed_meanwhile' },
      })
    expect(await read(PATH)).toMatchObject({ enabled: true, cronExpression: '5 5 * * *' })
    expect(await audit('digest')).toHaveLength(1)
  })
})

describe('a name', () => {
  it('that the code defines is not to be registered, also before the first tick', async () => {
    const { register, job } = operating()
    expect(await register({ name: 'digest' })).toMatchObject({ status: 403, json: { code: 'not_your_job' } })
    expect(await job('digest')).toBeNull()
  })

  it('whose document cannot be read is not said to be registered', async () => {
    const { register, store, job } = operating([])
    await register()
    const ref = { collection: 'scheduler_jobs', id: WEEKLY.name } as const
    const [stored] = (await store.get([ref])).value
    await store.commit([{ kind: 'update', ref, version: stored!.version, fields: { policies: 'none' } }])
    expect(await register()).toMatchObject({ status: 500, json: { code: 'storage_damaged' } })
    await expect(job(WEEKLY.name)).rejects.toThrow()
  })
})

describe('a body', () => {
  it('with a text that nobody closes is refused in no time', async () => {
    const { revision, clock } = operating()
    const body = `"${'\\"'.repeat(120_000)}`
    const headers = { authorization: 'Bearer operator', 'content-type': 'application/json' }
    const began = performance.now()
    const asked = new Request('http://tickover.example/api/jobs', { method: 'POST', headers, body })
    const response = revision.fetch(asked)
    await clock.advance(1)
    expect((await response).status).toBe(400)
    expect(performance.now() - began).toBeLessThan(2_000)
  })
})
