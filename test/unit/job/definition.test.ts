import { describe, expect, test } from 'vitest'
import {
  closeAccounts,
  isDefinedAs,
  newJob,
  pause,
  redefine,
  unpause,
} from '../../../functions/job/definition.ts'
import { isFinished, type Job } from '../../../functions/job/job.ts'
import { remove } from '../../../functions/job/lifecycle.ts'
import { closeAll } from '../../../functions/job/occurrences.ts'
import { plan } from '../../../functions/job/plan.ts'
import { definition, look, MINUTE, minutes, newMinutely, only, running, short, T0 } from './fixtures.ts'

const at = (minute: number) => T0 + minute * MINUTE

function told({ job, skips }: ReturnType<typeof closeAccounts>) {
  return { next: minutes(job.next_run_at), skips: skips.map(short), entries: job.entries.length }
}

describe('a new job', () => {
  test('is due at its first occurrence after it was made', () => {
    expect(newMinutely()).toMatchObject({ enabled: true, next_run_at: at(1), fence: 0, entries: [] })
    expect(newJob(definition(), T0 + 1).next_run_at).toBe(at(1))
  })

  test('with an instant of its own is due at that, past or not', () => {
    const past = definition({ schedule: { kind: 'at', at: at(-5) } })
    expect(newJob(past, T0).next_run_at).toBe(at(-5))
  })
})

test('a job stands as defined when all that a definition says is equal, and only then', () => {
  const job = running(newMinutely(), at(1))
  expect(isDefinedAs(job, definition())).toBe(true)
  expect(isDefinedAs(pause(job, at(2)), definition())).toBe(true)
  const changes = [
    { description: 'new' },
    { job_type: 'other' },
    { lane: 'slow' },
    { payload: '{"a":1}' },
    { schedule: { kind: 'every', seconds: 61, anchor_at: 0 } as const },
    { policies: { max_attempts: 4 } },
  ]
  for (const change of changes)
    expect(isDefinedAs(job, definition(change)), JSON.stringify(change)).toBe(false)
})

describe('before a definition changes', () => {
  test('nothing is closed while nothing is due', () => {
    expect(told(closeAccounts(newMinutely(), at(0.5)))).toEqual({ next: 1, skips: [], entries: 0 })
  })

  test('what would start now is owed: it keeps a slot and starts at the next look', () => {
    const closed = closeAccounts(newMinutely(), at(2.5))
    expect(told(closed)).toEqual({ next: 3, skips: ['coalesced 1-1 (1)'], entries: 1 })
    expect(only(closed.job)).toMatchObject({ state: 'retry', attempt: 0, scheduled_for: at(2) })
    const planned = plan(closed.job, look(at(2.6)))
    expect(planned.attempt).toMatchObject({ attempt: 1, scheduled_for: at(2), fence: 1 })
  })

  test('what waits for a slot is skipped as overlap', () => {
    const job = running(newMinutely({ overlap: 'queue' }), at(1))
    expect(told(closeAccounts(job, at(3.5)))).toEqual({
      next: 4,
      skips: ['coalesced 2-2 (1)', 'overlap 3-3 (1)'],
      entries: 1,
    })
  })

  test('what fell due while every slot was taken is an overlap', () => {
    expect(told(closeAccounts(running(newMinutely(), at(1)), at(3.5)))).toEqual({
      next: 4,
      skips: ['overlap 2-3 (2)'],
      entries: 1,
    })
  })

  test('the skips are counted', () => {
    expect(closeAccounts(newMinutely(), at(4.5)).job.totals.skipped).toBe(3)
  })

  test('what fell due while the job was paused is one `paused` range', () => {
    const paused = pause(newMinutely(), at(0.5))
    expect(told(closeAccounts(paused, at(3.5)))).toEqual({ next: 4, skips: ['paused 1-3 (3)'], entries: 0 })
  })
})

describe('a job under another definition', () => {
  const hourly = { kind: 'every', seconds: 3600, anchor_at: 0 } as const

  test('keeps its state and is next due by its new schedule', () => {
    const job = pause(running(newMinutely(), at(1)), at(1.5))
    const next = redefine(job, definition({ schedule: hourly, description: 'new' }), at(2))
    expect(next).toMatchObject({ description: 'new', enabled: false, next_run_at: at(60), fence: 1 })
    expect(next.entries).toEqual(job.entries)
    expect(next.created_at).toBe(job.created_at)
  })

  test('whose instant has had its run is not due again, as long as the instant is the same', () => {
    const once = definition({ schedule: { kind: 'at', at: at(1) } })
    const begun = plan(newJob(once, T0), look(at(1))).job
    const done = remove(begun, only(begun).run, at(2))
    expect(isFinished(done)).toBe(true)
    expect(isFinished(redefine(done, { ...once, description: 'new' }, at(3)))).toBe(true)
  })

  test('that gives it more slots, made while all were taken, starts its next occurrence beside the old run', () => {
    const job = running(newMinutely(), at(1))
    const wider = redefine(job, definition({ policies: { max_instances: 2 } }), at(1.5))
    const planned = plan(wider, look(at(2)))
    expect([minutes(planned.attempt?.scheduled_for), planned.skips.map(short)]).toEqual([2, []])
  })

  test('that gives it more slots, made while all were taken, still runs after that run has ended', () => {
    const job = running(newMinutely(), at(1))
    const wider = redefine(job, definition({ policies: { max_instances: 2 } }), at(1.5))
    const planned = plan(remove(wider, only(wider).run, at(1.7)), look(at(10)))
    expect(minutes(planned.attempt?.scheduled_for)).toBe(10)
  })

  test('that takes slots away, so that none is free, lets what falls due meanwhile be an overlap', () => {
    const job = running(newMinutely({ max_instances: 2 }), at(1))
    const narrower = redefine(job, definition(), at(1.5))
    expect(plan(narrower, look(at(3.5))).skips.map(short)).toEqual(['overlap 2-3 (2)'])
  })
})

describe('a pause', () => {
  test('ends with all occurrences meanwhile as one range, and the next one still to come', () => {
    const { job, skips } = unpause(pause(newMinutely(), at(0.5)), at(3))
    expect([skips.map(short), minutes(job.next_run_at), job.enabled]).toEqual([['paused 1-3 (3)'], 4, true])
    expect(job.totals.skipped).toBe(3)
  })

  test('in which nothing fell due leaves no trace', () => {
    const { job, skips } = unpause(pause(newMinutely(), at(0.5)), at(0.7))
    expect([skips, minutes(job.next_run_at), job.totals.skipped]).toEqual([[], 1, 0])
  })
})

test('another schedule begins behind what was claimed before its time: no occurrence has two outcomes', () => {
  const early = { ...running(newMinutely(), at(1), at(0.9)), next_run_at: at(2) }
  const moved = { schedule: { kind: 'every', seconds: 60, anchor_at: T0 } } as const
  expect(minutes(redefine(early, definition(moved), at(0.95)).next_run_at)).toBe(2)
  const ended = remove(early, only(early).run, at(0.93))
  expect(minutes(redefine(ended, definition(moved), at(0.95)).next_run_at)).toBe(2)
  expect(minutes(redefine(newMinutely(), definition(moved), at(0.95)).next_run_at)).toBe(1)
})

const fast = (): Job => newJob(definition({ schedule: { kind: 'every', seconds: 1, anchor_at: 0 } }), T0)

describe('closing everything up to an instant', () => {
  test('is one range, also over more occurrences than one list holds', () => {
    const { skips, next_run_at } = closeAll(fast(), T0 + 25_000_000, 'paused')
    expect(skips).toEqual([
      { reason: 'paused', first_at: T0 + 1000, last_at: T0 + 25_000_000, count: 25_000 },
    ])
    expect(next_run_at).toBe(T0 + 25_001_000)
  })

  test('of a schedule that ends leaves nothing to come', () => {
    const once = newJob(definition({ schedule: { kind: 'at', at: at(-5) } }), T0)
    expect(closeAll(once, T0, 'paused')).toEqual({
      start: null,
      skips: [{ reason: 'paused', first_at: at(-5), last_at: at(-5), count: 1 }],
      next_run_at: null,
    })
  })

  test('never tells of a range without an occurrence', () => {
    const moved = { ...newMinutely(), next_run_at: at(1) + 7 }
    const { skips, next_run_at } = closeAll(moved, at(1) + 8, 'paused')
    expect([skips.filter(({ count }) => count === 0), minutes(next_run_at)]).toEqual([[], 2])
  })
})
