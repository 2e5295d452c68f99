import { afterEach, describe, expect, it } from 'vitest'
import { bunchesOf } from '../../functions/jobs/examples/transit/bunching-detection.ts'
import { transitJobs } from '../../functions/jobs/examples/transit/jobs.ts'
import { parseSchedule } from '../../functions/schedule/schedule.ts'
import { systemNamed } from './facts.ts'
import { world } from './world.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const SHORT = ['route-broadcast', 'score-tick']

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})

async function setup(options: Parameters<typeof world>[0]) {
  const made = await world(options)
  open.push(made)
  return made
}

function ms(value: number): string {
  return `${Math.round(value)} ms`
}

/** Prints how late the jobs were. */
function show(lateness: Awaited<ReturnType<typeof setup>>['lateness'], jobs: readonly string[]): void {
  for (const job of jobs) {
    const { count, p50, p95, p99 } = lateness(job)
    process.stdout.write(`${job}: ${count} runs, late p50 ${ms(p50)}, p95 ${ms(p95)}, p99 ${ms(p99)}\n`)
  }
}

describe('the jobs of the transit system', () => {
  const transit = systemNamed('transit')
  const jobs = transitJobs({ baseUrl: 'http://demo.example' })

  it('are all there, each on its own schedule', () => {
    const defaults = { time_zone: 'America/New_York', anchor_at: 0 }
    for (const { name, cron, every_seconds } of transit.jobs) {
      const job = jobs.find((one) => one.name === name)
      const expected =
        cron === undefined ? { every_seconds: every_seconds! } : { cron, time_zone: transit.time_zone }
      expect(parseSchedule(job!.schedule!, defaults), name).toEqual(parseSchedule(expected, defaults))
    }
    expect(jobs.length).toBe(transit.jobs.length)
  })

  it('are in their lanes', () => {
    for (const [lane, names] of Object.entries(transit.lanes)) {
      expect(
        jobs
          .filter((job) => job.lane === lane)
          .map(({ name }) => name)
          .toSorted(),
      ).toEqual(names.toSorted())
    }
  })
})

describe('while arrivals are logged for ten minutes', () => {
  it('nothing else is late: not in the same lane, and not the weather on the hour', async () => {
    const { clock, startTriggers, of, lateness, memory, feeds } = await setup({
      start: '2026-03-02T05:51:42Z',
    })
    startTriggers()
    await clock.advance(10 * MINUTE)
    expect(feeds.open).toBe(1)
    await clock.advance(3 * MINUTE)
    show(lateness, [...SHORT, 'weather-collection'])

    const [logged] = of('run_settled', 'arrival-logging')
    expect(logged).toMatchObject({ outcome: 'succeeded' })
    expect(logged!.duration_ms).toBeGreaterThan(10 * MINUTE - 1)
    expect(lateness('route-broadcast')).toMatchObject({ count: 13 * 12 })
    expect(lateness('score-tick')).toMatchObject({ count: 13 * 2 })
    for (const job of SHORT) expect(lateness(job).most, job).toBeLessThan(1000)
    // Its lane does not dwell: it starts when the tick of the full hour comes, which is sent up to 3 s late.
    expect(lateness('weather-collection')).toMatchObject({ count: 1 })
    expect(lateness('weather-collection').most).toBeLessThan(3100)
    expect(memory.summary(0).counts).toMatchObject({ broadcasts: 13 * 12, scores: 13 * 2 })
  })

  it('a second logging never begins: what falls due meanwhile is recorded as skipped', async () => {
    const { clock, startTriggers, of, feeds, memory } = await setup({ start: '2026-03-02T05:51:40Z' })
    startTriggers()
    await clock.advance(HOUR)
    expect(feeds.most).toBe(1)
    expect(of('job_claimed', 'arrival-logging').length).toBeGreaterThan(3)
    const skips = of('occurrences_skipped', 'arrival-logging')
    expect(new Set(skips.map(({ reason }) => reason))).toEqual(new Set(['overlap']))
    expect(skips[0]).toMatchObject({ count: 5, first_at: Date.parse('2026-03-02T05:54:00Z') })
    const ids = memory.all('arrivals').map(({ body }) => (body as { id: string }).id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.length).toBeGreaterThan(400)
  })

  it('the end of the process ends the logging, which is given back and goes on elsewhere', async () => {
    const { clock, startTriggers, of, stopInstances, tickLane, feeds } = await setup({
      start: '2026-03-02T05:51:40Z',
    })
    startTriggers()
    await clock.advance(5 * MINUTE)
    stopInstances()
    await clock.advance(1000)
    expect(feeds.open).toBe(0)
    expect(of('run_settled', 'arrival-logging')).toMatchObject([{ outcome: 'cancelled' }])
    void tickLane('high')
    await clock.advance(1000)
    expect(of('job_claimed', 'arrival-logging').map(({ run }) => run.slice(-24))).toEqual([
      '2026-03-02T05:52:00.000Z',
      '2026-03-02T05:52:00.000Z',
    ])
  })
})

describe('under triggers of one minute that come 0 to 3 s late', () => {
  it.each([1, 2, 3])(
    'jobs of 5 and 30 s run in time, each occurrence once, for an hour (seed %i)',
    async (seed) => {
      const { clock, startTriggers, of, lateness } = await setup({
        start: '2026-03-02T06:00:20Z',
        seed,
        only: SHORT,
      })
      startTriggers()
      // And a moment more: the last occurrence falls due at the very end of the hour.
      await clock.advance(HOUR + 1000)
      show(lateness, SHORT)

      expect(of('occurrences_skipped')).toEqual([])
      expect(lateness('route-broadcast').count).toBe(720)
      expect(lateness('score-tick').count).toBe(120)
      for (const job of SHORT) {
        expect(lateness(job).p99, job).toBeLessThanOrEqual(1000)
        const runs = of('job_claimed', job).map(({ run }) => run)
        expect(new Set(runs).size).toBe(runs.length)
      }
    },
  )
})

function at(vehicle: string, minutes: number, stop = 'Opera') {
  return {
    id: `${vehicle} ${minutes} ${stop}`,
    vehicle,
    route: 'Hill',
    stop,
    at: new Date(minutes * MINUTE).toISOString(),
  }
}

describe('two vehicles', () => {
  it('are a bunch when they come to one stop within two minutes', () => {
    expect(bunchesOf([at('b', 11), at('a', 10)])).toEqual([at('b', 11)])
    expect(bunchesOf([at('a', 10), at('b', 12)])).toEqual([])
    expect(bunchesOf([at('a', 10), at('b', 11, 'Library')])).toEqual([])
    expect(bunchesOf([at('a', 10), at('a', 11)])).toEqual([])
  })
})
