import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Event } from '../../../functions/observe/events.ts'
import { defineJob } from '../../../functions/target/handler.ts'
import { type Fresh, minutely, setup } from '../../support/engine.ts'

const MINUTE = 60_000

type Kind = Event['kind']

function told<K extends Kind>({ events }: Fresh, kind: K) {
  return events.filter((event): event is Extract<Event, { kind: K }> => event.kind === kind)
}

/** A process whose tick has made the one run that was due, which took so long. */
async function tickOf(lasts_ms: number): Promise<Fresh> {
  const fresh: Fresh = await setup([
    defineJob({
      name: 'long',
      schedule: { every_seconds: 3600 },
      payload: z.object({}),
      policies: { timeout_seconds: 1200 },
      run: async ({ signal }) => fresh.clock.sleep(lasts_ms, signal),
    }),
  ])
  await fresh.clock.advance(60 * MINUTE)
  await fresh.passing(fresh.tick())
  return fresh
}

/** What the runs of a tick told that found a job of this schedule due. */
async function settledAt(schedule: string) {
  const fresh = await setup([minutely('job', async () => null, { schedule })])
  await fresh.clock.advance(24 * 60 * MINUTE)
  await fresh.passing(fresh.tick())
  return told(fresh, 'run_settled')
}

describe('a tick', () => {
  it('that waits for a quarter of an hour tells every two minutes that it is alive', async () => {
    const fresh = await tickOf(15 * MINUTE)
    const alive = told(fresh, 'tick_alive')
    expect(alive).toHaveLength(7)
    expect(new Set(alive.map(({ lane }) => lane))).toEqual(new Set(['default']))
    expect(new Set(alive.map(({ tick }) => tick))).toEqual(
      new Set(told(fresh, 'tick_started').map(({ tick }) => tick)),
    )
  })

  it('of usual length tells that it began, and no more', async () => {
    const fresh = await tickOf(80_000)
    expect(told(fresh, 'tick_started')).toHaveLength(1)
    expect(told(fresh, 'tick_alive')).toEqual([])
  })

  it('does not count the time of its runs as its own', async () => {
    const [ended] = told(await tickOf(8_000), 'tick_completed')
    expect(ended?.report).toMatchObject({ jobs_executed: 1 })
    expect(ended?.report.duration_ms).toBeGreaterThanOrEqual(8_000)
    expect(ended?.report.own_ms).toBeLessThan(1_000)
  })

  it('counts runs that live side by side once, and each stretch of them', async () => {
    const fresh: Fresh = await setup(
      [4_000, 6_000].map((ms) => minutely(`takes-${ms}`, async () => fresh.clock.sleep(ms))),
    )
    await fresh.clock.advance(MINUTE)
    await fresh.passing(fresh.tick({ dwell_seconds: 75 }))
    const [ended] = told(fresh, 'tick_completed')
    expect(ended?.report).toMatchObject({ jobs_executed: 4, duration_ms: 75_000 })
    expect(ended?.report.own_ms).toBe(75_000 - 2 * 6_000)
  })
})

describe('a run', () => {
  it.each([
    ['@every 900s', false],
    ['@every 901s', true],
    ['0 3 * * *', true],
  ])('of a job that is due %s is called seldom: %s', async (schedule, seldom) => {
    expect(await settledAt(schedule)).toMatchObject([{ outcome: 'succeeded', seldom }])
  })
})
