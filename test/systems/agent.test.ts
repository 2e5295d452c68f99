import { afterEach, describe, expect, it } from 'vitest'
import { oneOffDefinition } from '../../functions/http/one-off.ts'
import { parseJob } from '../../functions/job/parse.ts'
import { agentJobs } from '../../functions/jobs/examples/agent/jobs.ts'
import { enqueue } from '../../functions/lease/enqueue.ts'
import { jobRef } from '../../functions/lease/held.ts'
import { parseSchedule } from '../../functions/schedule/schedule.ts'
import { systemNamed } from './facts.ts'
import { world } from './world.ts'

const START = '2026-03-02T12:00:10Z'
const NOW = Date.parse(START)
const MINUTE = 60_000
const POST = { platform: 'x', content: 'Hello', campaign_id: 'abc' }

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

async function setup() {
  const made = await world({ start: START, only: ['post_content', 'collect_metrics', 'heartbeat'] })
  open.push(made)
  const { done, documents, registry, clock, tickLane } = made
  return {
    ...made,
    send: async (job_type: string, payload: unknown, schedule_at = NOW) => {
      const name = `00000000-0000-4000-8000-${String(schedule_at).slice(-12).padStart(12, '0')}`
      const definition = oneOffDefinition({ job_type, schedule_at, payload }, registry, {
        name,
        lane: 'high',
      })
      await done(enqueue(documents, definition, NOW))
      return name
    },
    job: async (name: string) => {
      const { value } = await done(documents.get([jobRef(name)]))
      const parsed = parseJob(value[0]!)
      if (!parsed.ok) throw new Error(parsed.reason)
      return { ...parsed.value, status: value[0]!.fields.status }
    },
    /** A tick of the lane that takes one-off jobs; it dwells, and so does not end at once. */
    tick: async () => {
      void tickLane('high')
      await clock.advance(1000)
    },
  }
}

describe('the jobs of the agent', () => {
  it('are all there, each on its own schedule and with its own payload', () => {
    const agent = systemNamed('agent')
    const jobs = agentJobs({ baseUrl: 'http://demo.example' })
    const defaults = { time_zone: 'UTC', anchor_at: 0 }
    for (const { name, cron, payload } of agent.jobs) {
      const job = jobs.find((one) => one.name === name)!
      expect(job.payload.safeParse(payload).success, name).toBe(true)
      if (cron === undefined) expect(job.schedule).toBeNull()
      else {
        const expected = parseSchedule({ cron, time_zone: agent.time_zone }, defaults)
        expect(parseSchedule(job.schedule!, defaults)).toEqual(expected)
        expect(job.with).toEqual(payload)
      }
    }
    expect(jobs.length).toBe(agent.jobs.length)
  })
})

describe('a one-off job', () => {
  it('that is overdue by ten minutes runs on the next tick, once', async () => {
    const { send, tick, job, memory, clock } = await setup()
    const name = await send('post_content', POST, NOW - 10 * MINUTE)
    await tick()
    await clock.advance(2 * MINUTE)
    await tick()
    expect(await job(name)).toMatchObject({ status: 'completed', totals: { runs: 1, skipped: 0 } })
    expect(memory.all('posts').map(({ body }) => body)).toEqual([POST])
  })

  it('is run once by two ticks at once', async () => {
    const { send, tick, of, memory } = await setup()
    await send('post_content', POST)
    await Promise.all([tick(), tick()])
    expect(of('job_already_claimed').length).toBe(1)
    expect(of('run_settled').map(({ outcome }) => outcome)).toEqual(['succeeded'])
    expect(memory.summary(0)).toMatchObject({ counts: { posts: 1 }, repeated: 0 })
  })

  it('that fails is tried again five minutes later, three times in all', async () => {
    const { send, startTriggers, job, of, clock, breakDemo } = await setup()
    breakDemo(503)
    const name = await send('post_content', POST)
    startTriggers()
    await clock.advance(20 * MINUTE)
    const begun = of('job_claimed', name).map(({ now }) => now)
    expect(begun.length).toBe(3)
    for (const [n, at] of begun.slice(1).entries()) {
      expect(at - begun[n]!).toBeGreaterThanOrEqual(5 * MINUTE)
      expect(at - begun[n]!).toBeLessThan(5 * MINUTE + 1000)
    }
    const { status, last_run } = await job(name)
    expect({ status, error: last_run?.error }).toEqual({
      status: 'failed',
      error: '/posts answered 503: broken',
    })
  })

  it('that the service refuses is not tried again', async () => {
    const { send, tick, job, of, breakDemo } = await setup()
    breakDemo(422)
    const name = await send('post_content', POST)
    await tick()
    expect(of('job_claimed', name).length).toBe(1)
    expect((await job(name)).status).toBe('failed')
  })

  it('publishes once although its first attempt broke after the post', async () => {
    const { send, startTriggers, job, clock, loseAnswers, memory } = await setup()
    loseAnswers(1)
    const name = await send('post_content', POST)
    startTriggers()
    await clock.advance(7 * MINUTE)
    expect((await job(name)).status).toBe('completed')
    expect(memory.summary(0)).toMatchObject({ counts: { posts: 1 }, repeated: 1 })
  })

  it('of a type without a handler fails and says so', async () => {
    const { send, startTriggers, job, of, clock } = await setup()
    const name = await send('send_postcard', {})
    startTriggers()
    await clock.advance(15 * MINUTE)
    const { status, last_run } = await job(name)
    const error = 'No handler registered for job type: send_postcard'
    expect({ status, error: last_run?.error }).toEqual({ status: 'failed', error })
    expect(of('run_settled', name).length).toBe(3)
  })
})

describe('the heartbeat', () => {
  it('beats on the half hour with its payload', async () => {
    const { startTriggers, memory, clock } = await setup()
    startTriggers()
    await clock.advance(61 * MINUTE)
    const texts = memory.all('messages').map(({ body }) => (body as { text: string }).text)
    expect(texts).toEqual(['Here at 2026-03-02T12:30:00.000Z', 'Here at 2026-03-02T13:00:00.000Z'])
    expect(memory.all('messages')[0]?.body).toMatchObject({ space_name: 'spaces/AAA', bot_root: 'bots/main' })
  })
})
