import { describe, expect, test } from 'vitest'
import { pause } from '../../../functions/job/definition.ts'
import { type Job, runId } from '../../../functions/job/job.ts'
import { hear } from '../../../functions/job/lifecycle.ts'
import { type Plan, plan } from '../../../functions/job/plan.ts'
import { offsetOf } from '../../../functions/schedule/jitter.ts'
import {
  definition,
  LEASE,
  look,
  MINUTE,
  minutes,
  newMinutely,
  only,
  running,
  short,
  T0,
} from './fixtures.ts'

const at = (minute: number) => T0 + minute * MINUTE

/** A plan in short: the minute of what starts, the attempt, who died, what was skipped, what is next. */
function told({ attempt, deaths, skips, job }: Plan) {
  return {
    starts: minutes(attempt?.scheduled_for),
    attempt: attempt?.attempt ?? null,
    deaths: deaths.map(({ entry, fate }) => `${minutes(entry.scheduled_for)} ${fate}`),
    skips: skips.map(short),
    next: minutes(job.next_run_at),
  }
}

function planAt(job: Job, minute: number): ReturnType<typeof told> {
  return told(plan(job, look(at(minute))))
}

const NOTHING = { starts: null, attempt: null, deaths: [], skips: [] }

describe('an occurrence', () => {
  test('starts when it falls due, not before, and holds its slot for one lease', () => {
    expect(planAt(newMinutely(), 0.99)).toEqual({ ...NOTHING, next: 1 })
    const planned = plan(newMinutely(), look(at(1.5)))
    expect(told(planned)).toEqual({ ...NOTHING, starts: 1, attempt: 1, next: 2 })
    expect(only(planned.job)).toEqual({
      run: runId('digest', at(1)),
      state: 'running',
      fence: 1,
      attempt: 1,
      owner: 'a',
      path: 'tick',
      until: at(1.5) + LEASE,
      scheduled_for: at(1),
      began_at: at(1.5),
      give_backs: 0,
      died: false,
      trouble: null,
      token: null,
    })
  })

  test('is moved by the stable offset of its job', () => {
    const job = newMinutely({ jitter_seconds: 40 })
    const offset = offsetOf('digest', 40)
    expect(offset).toBeGreaterThan(0)
    const due = Math.ceil((T0 + 1 - offset) / MINUTE) * MINUTE + offset
    expect(job.next_run_at).toBe(due)
    expect(plan(job, look(due - 1)).attempt).toBeNull()
    expect(plan(job, look(due)).attempt?.scheduled_for).toBe(due)
  })

  test('of a one-off job starts however late it is, once, unless its window says otherwise', () => {
    const one = (policies = {}) =>
      newMinutely(policies, { kind: 'one_off', schedule: { kind: 'at', at: at(-600) } })
    const planned = plan(one(), look(at(5)))
    expect(told(planned)).toEqual({ ...NOTHING, starts: -600, attempt: 1, next: null })
    expect(planAt(one({ catchup_window_seconds: 60 }), 5)).toEqual({
      ...NOTHING,
      skips: ['expired -600--600 (1)'],
      next: null,
    })
  })

  test('found late: one run for all, at the latest, the others are coalesced', () => {
    expect(planAt(newMinutely(), 4.5)).toEqual({
      ...NOTHING,
      starts: 4,
      attempt: 1,
      skips: ['coalesced 1-3 (3)'],
      next: 5,
    })
  })

  test('found late, with `all`: each in order, as fast as slots come free', () => {
    const job = newMinutely({ misfire: 'all', catchup_limit: 2, max_instances: 2 })
    const first = plan(job, look(at(4.5)))
    expect(told(first)).toEqual({ ...NOTHING, starts: 3, attempt: 1, skips: ['coalesced 1-2 (2)'], next: 4 })
    const second = plan(first.job, look(at(4.5)))
    expect(told(second)).toEqual({ ...NOTHING, starts: 4, attempt: 1, next: 5 })
    expect(second.job.entries).toHaveLength(2)
    expect(told(plan(second.job, look(at(4.5))))).toEqual({ ...NOTHING, next: 5 })
  })

  test('counts what it skips', () => {
    expect(plan(newMinutely(), look(at(4.5))).job.totals).toMatchObject({ skipped: 3, runs: 0 })
  })
})

const busy = (policies = {}) => running(newMinutely(policies), at(1))

describe('while every slot is taken', () => {
  test('`skip` records what falls due as overlap and waits for the next', () => {
    expect(planAt(busy(), 3.5)).toEqual({ ...NOTHING, skips: ['overlap 2-3 (2)'], next: 4 })
  })

  test('`queue` keeps the latest open, and coalesces the others', () => {
    expect(planAt(busy({ overlap: 'queue' }), 3.5)).toEqual({
      ...NOTHING,
      skips: ['coalesced 2-2 (1)'],
      next: 3,
    })
  })

  test('`replace` takes the slot: the old holder’s run is cancelled', () => {
    const planned = plan(busy({ overlap: 'replace' }), look(at(3.5)))
    expect(told(planned)).toEqual({
      starts: 3,
      attempt: 1,
      deaths: ['1 replaced'],
      skips: ['coalesced 2-2 (1)'],
      next: 4,
    })
    expect(only(planned.job)).toMatchObject({ fence: 2, scheduled_for: at(3) })
    expect(planned.job.last_run).toMatchObject({ run: runId('digest', at(1)), outcome: 'cancelled' })
    expect(planned.job.totals).toMatchObject({ runs: 1, succeeded: 0, failed: 0, skipped: 1 })
  })

  test('`replace` takes the slot of the oldest attempt', () => {
    const two = running(running(newMinutely({ overlap: 'replace', max_instances: 2 }), at(1)), at(2))
    const planned = plan(two, look(at(3)))
    expect(told(planned)).toMatchObject({ starts: 3, deaths: ['1 replaced'] })
    expect(planned.job.entries.map(({ scheduled_for }) => minutes(scheduled_for))).toEqual([2, 3])
  })

  test('a slot that is left takes the occurrence beside the others', () => {
    const job = running(newMinutely({ max_instances: 2 }), at(1))
    expect(planAt(job, 2)).toEqual({ ...NOTHING, starts: 2, attempt: 1, next: 3 })
  })
})

describe('after a crash', () => {
  test('nothing happens before the lease has run out', () => {
    const job = running(newMinutely(), at(1))
    expect(planAt(job, 1.9)).toEqual({ ...NOTHING, next: 2 })
  })

  test('the run is taken up by a new attempt under a new fence, and the slot counts as taken until then', () => {
    const planned = plan(running(newMinutely(), at(1)), look(at(6), 'b'))
    expect(told(planned)).toEqual({
      starts: 1,
      attempt: 2,
      deaths: ['1 retry'],
      skips: ['overlap 2-6 (5)'],
      next: 7,
    })
    expect(only(planned.job)).toMatchObject({ fence: 2, owner: 'b', until: at(11) })
  })

  test('what fell due after the lease ran out is no overlap: it waits for the slot', () => {
    const planned = plan(running(newMinutely(), at(1)), look(at(8.5), 'b'))
    expect(told(planned)).toMatchObject({
      starts: 1,
      skips: ['overlap 2-6 (5)', 'coalesced 7-7 (1)'],
      next: 8,
    })
  })

  test('a run that has used up its attempts ends as failed, and its slot takes the next occurrence', () => {
    const planned = plan(running(newMinutely({ max_attempts: 1 }), at(1)), look(at(7)))
    expect(told(planned)).toEqual({
      starts: 7,
      attempt: 1,
      deaths: ['1 failed'],
      skips: ['overlap 2-6 (5)'],
      next: 8,
    })
    expect(planned.job.last_run).toMatchObject({ outcome: 'failed', ended_at: at(7) })
    expect(planned.job.last_run?.error).toMatch(/^Its holder a did not come back/)
    expect(planned.job.totals).toMatchObject({ runs: 1, failed: 1, skipped: 5 })
  })

  test('an attempt that was left as unresponsive ends with what its holder knew', () => {
    const job = running(newMinutely({ max_attempts: 1 }), at(1))
    const left = hear(job, only(job).run, 1, { kind: 'abandon', error: 'unresponsive: why' }, at(2))!
    expect(plan(left, look(at(6))).job.last_run?.error).toBe('unresponsive: why')
  })

  test('several dead holders are found in one look, one of them is taken up, the next look takes the other', () => {
    const two = running(running(newMinutely({ max_instances: 2 }), at(1)), at(2))
    const first = plan(two, look(at(9), 'b'))
    expect(told(first)).toMatchObject({ starts: 1, attempt: 2, deaths: ['1 retry', '2 retry'] })
    const second = plan(first.job, look(at(9), 'b'))
    expect(told(second)).toMatchObject({ starts: 2, attempt: 2, deaths: [] })
  })

  test('a run that would be replaced at once is not taken up first', () => {
    const planned = plan(running(newMinutely({ overlap: 'replace' }), at(1)), look(at(6)))
    expect(told(planned)).toMatchObject({ starts: 6, attempt: 1, deaths: ['1 retry', '1 replaced'] })
    expect(planned.job.totals.runs).toBe(1)
  })
})

const waiting = (policies = {}) => {
  const job = running(newMinutely(policies), at(1))
  return hear(job, only(job).run, 1, { kind: 'retry', error: 'no', at: at(1.8) }, at(1.2))!
}

describe('a retry', () => {
  test('is made when its instant has come, not before', () => {
    expect(planAt(waiting(), 1.7)).toEqual({ ...NOTHING, next: 2 })
    expect(planAt(waiting(), 1.8)).toEqual({ ...NOTHING, starts: 1, attempt: 2, next: 2 })
  })

  test('goes before a new occurrence, also where a slot is left for that; the next look takes it', () => {
    const first = plan(waiting({ max_instances: 2 }), look(at(2)))
    expect(told(first)).toEqual({ ...NOTHING, starts: 1, attempt: 2, next: 2 })
    expect(told(plan(first.job, look(at(2))))).toEqual({ ...NOTHING, starts: 2, attempt: 1, next: 3 })
  })

  test('of two the one that has waited longer is made first', () => {
    const two = running(waiting({ max_instances: 2 }), at(2))
    const run = two.entries[1]!.run
    const both = hear(two, run, 2, { kind: 'retry', error: 'no', at: at(1.5) }, at(2))!
    expect(planAt(both, 3)).toMatchObject({ starts: 2, attempt: 2 })
  })
})

describe('a paused job', () => {
  test('starts nothing, closes nothing, and lets retries wait', () => {
    const job = running(newMinutely(), at(1))
    const waiting = hear(job, only(job).run, 1, { kind: 'retry', error: 'no', at: at(2) }, at(1.5))!
    expect(planAt(pause(newMinutely(), at(0.5)), 5)).toEqual({ ...NOTHING, next: 1 })
    expect(planAt(pause(waiting, at(1.5)), 5)).toEqual({ ...NOTHING, next: 2 })
  })

  test('still gives up holders that have died', () => {
    const planned = plan(pause(running(newMinutely(), at(1)), at(2)), look(at(6)))
    expect(told(planned)).toEqual({ ...NOTHING, deaths: ['1 retry'], next: 2 })
  })
})

test('more occurrences than one look closes are closed by several, and one run is made in the end', () => {
  const job = newMinutely({}, { ...definition(), schedule: { kind: 'every', seconds: 1, anchor_at: 0 } })
  const now = T0 + 25_000 * 1000
  const first = plan(job, look(now))
  const second = plan(first.job, look(now))
  const third = plan(second.job, look(now))
  expect(
    [first, second, third].map(({ skips, attempt }) => [
      skips.map(({ count }) => count),
      attempt?.scheduled_for,
    ]),
  ).toEqual([
    [[9_000], undefined],
    [[9_000], undefined],
    [[6_999], now],
  ])
})

test('of more occurrences than one look closes, `all` still makes up for the last few', () => {
  const schedule = { kind: 'every', seconds: 1, anchor_at: 0 } as const
  const job = newMinutely({ misfire: 'all', catchup_limit: 100 }, { ...definition(), schedule })
  const now = T0 + 10_001 * 1000
  const first = plan(job, look(now))
  const second = plan(first.job, look(now))
  expect(second.attempt?.scheduled_for).toBe(now - 99_000)
  expect(second.job.next_run_at).toBe(now - 98_000)
})

test('a stored instant that is no occurrence of the schedule any more still leads on', () => {
  const planned = plan({ ...newMinutely(), next_run_at: at(1) + 7 }, look(at(1) + 8))
  expect(planned.job.next_run_at).toBe(at(2))
})
