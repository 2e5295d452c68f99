import { describe, expect, it } from 'vitest'
import { NOW, setup, storedJob } from './setup.ts'

/** A surface with so many jobs that fell due as long ago, in seconds; it is asked as a viewer or as anyone. */
function scene(late: number, seconds_ago: number, env: Record<string, string> = {}) {
  const next_run_at = NOW - seconds_ago * 1000
  const jobs = Array.from({ length: late }, (_, n) => storedJob({ name: `late-${n}`, next_run_at }))
  const { app, lines } = setup({ jobs, env })
  const ask = async (query: string, person: string | null = 'viewer') => {
    const headers: Record<string, string> = person === null ? {} : { authorization: `Bearer ${person}` }
    const answer = await app.request(`/health${query}`, { headers })
    const body: ReturnType<typeof JSON.parse> = await answer.json()
    return { status: answer.status, type: answer.headers.get('content-type'), body }
  }
  const checks = () =>
    lines.map((text) => JSON.parse(text)).filter(({ event }) => event === 'overdue_checked')
  return { ask, checks }
}

describe('GET /health?max_overdue', () => {
  it('is refused when more jobs are overdue, and says how many and what to do', async () => {
    const { ask, checks } = scene(2, 121)
    const { status, type, body } = await ask('?max_overdue=1')
    expect({ status, type }).toEqual({ status: 503, type: 'application/problem+json' })
    expect(body).toMatchObject({
      code: 'jobs_overdue',
      detail: expect.stringMatching(/^Overdue jobs: 2, where 1 may .*npm run doctor/),
    })
    expect(checks()).toMatchObject([{ severity: 'WARNING', overdue: 2 }])
  })

  it('is answered as ever when no more are, and told to the log each time', async () => {
    const { ask, checks } = scene(2, 121)
    const plain = await ask('')
    expect(checks()).toEqual([])
    expect(await ask('?max_overdue=2')).toEqual(plain)
    expect(await ask('?max_overdue=2')).toEqual(plain)
    expect(checks()).toMatchObject([{ overdue: 2 }, { overdue: 2 }])
    expect(plain.body).toMatchObject({ status: 'ok', overdue_jobs: 2 })
  })

  it('tells anyone else no more than ever, and the log nothing', async () => {
    const { ask, checks } = scene(2, 121)
    for (const person of [null, 'stranger', 'nobody', 'scheduler', 'service']) {
      for (const query of ['?max_overdue=0', '?max_overdue=x'])
        expect(await ask(query, person)).toMatchObject({ status: 200, body: { status: 'ok' } })
    }
    expect(checks()).toEqual([])
  })

  it.each(['-1', '1.5', '101', 'x', ''])('refuses %j, and names the field', async (value) => {
    const { ask, checks } = scene(0, 0)
    const { status, body } = await ask(`?max_overdue=${value}`)
    expect({ status, problems: body.problems }).toEqual({
      status: 400,
      problems: [{ field: 'max_overdue', message: 'must be a whole number from 0 to 100' }],
    })
    expect(checks()).toEqual([])
  })

  it('refuses a field that it does not know, so that no watch is blind for a slip of the pen', async () => {
    const { status, body } = await scene(0, 0).ask('?max_overdu=0')
    expect({ status, field: body.problems[0].field }).toEqual({ status: 400, field: 'max_overdu' })
  })
})

describe('an overdue job', () => {
  it.each([
    ['* * * * *', 119, 0],
    ['* * * * *', 121, 1],
    ['*/5 * * * *', 599, 0],
    ['*/5 * * * *', 601, 1],
    // Half past nine is long ago at noon, but only one tick has come since.
    ['0 9,11 * * *', 9_000, 0],
    ['0 9,11 * * *', 10_801, 1],
    // None is expected in a year.
    ['0 0 29 2 *', 86_400, 0],
  ])('was passed by by two ticks: at %s, %i s ago, it counts %i', async (cadence, seconds, count) => {
    const { ask } = scene(1, seconds, { SCHEDULER_CADENCE: cadence })
    expect((await ask('')).body.overdue_jobs).toBe(count)
  })

  it('is so by the minute in a lane with dwell', async () => {
    const { ask } = scene(1, 121, { SCHEDULER_CADENCE: '0 9 * * *', SCHEDULER_LANES: 'default:dwell' })
    expect((await ask('')).body.overdue_jobs).toBe(1)
  })
})
