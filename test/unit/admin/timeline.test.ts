import { describe, expect, test } from 'vitest'
import { inOrder, type Known, type Range, rowOf } from '../../../functions/admin/timeline.ts'
import { runId } from '../../../functions/job/job.ts'
import type { Policies } from '../../../functions/job/policies.ts'
import { newRun, type Run, withOutcome } from '../../../functions/job/run.ts'
import { definition, HOUR, MINUTE, minutes, newMinutely, only, running, SECOND, T0 } from '../job/fixtures.ts'

const NOW = T0 + 10 * MINUTE
const WINDOW = { from: T0, to: NOW, now: NOW, judged_from: T0 }
const minutely = (policies: Partial<Policies> = {}, changes: Parameters<typeof newMinutely>[1] = {}) => ({
  ...newMinutely(policies, changes),
  next_run_at: NOW,
})

/** The record of the run of minute `n`, begun so much later, which took 20 s unless it still runs. */
function run(n: number, late = SECOND, ended: 'succeeded' | 'running' = 'succeeded'): Run {
  const [at, job] = [T0 + n * MINUTE, newMinutely()]
  const begun = newRun(job, only(running(job, at, at + late)), at + late)
  if (ended === 'running') return begun
  const outcome = { kind: 'succeeded', result: null, items: null } as const
  return withOutcome(begun, outcome, 'succeed', at + late + 20 * SECOND)
}

const runs = (...ns: number[]) => ns.map((n) => run(n))
const range = (reason: Range['reason'], first: number, last: number): Range => ({
  job: 'digest',
  reason,
  first_at: T0 + first * MINUTE,
  last_at: T0 + last * MINUTE,
  count: last - first + 1,
})

function rowOfJob(known: Partial<Known>, window = WINDOW) {
  return rowOf({ name: 'digest', job: minutely(), runs: [], skips: [], ...known }, window)
}

const missing = (known: Partial<Known>, window = WINDOW) =>
  rowOfJob(known, window)?.missing.map((at) => minutes(Date.parse(at))) ?? []

describe('an occurrence is missing', () => {
  test('when it fell due more than two minutes ago and has neither a run nor a reason', () => {
    expect(missing({ runs: runs(1, 2, 4, 5, 6, 9, 10), skips: [range('overlap', 7, 7)] })).toEqual([3, 8])
  })

  test('not while a tick may still come for it', () => {
    expect(missing({ runs: runs(1, 2, 3, 4, 5, 6, 7) })).toEqual([8])
  })

  test('not when a range of skips covers it, wherever that began', () => {
    expect(missing({ runs: runs(6, 7, 8), skips: [range('paused', -90, 5)] })).toEqual([])
  })

  test('not while every slot of its job is taken and its verdict is open', () => {
    const job = { ...running(newMinutely(), T0 + 3 * MINUTE), next_run_at: T0 + 4 * MINUTE }
    expect(missing({ job, runs: runs(1, 2) })).toEqual([])
    const free = { ...job, policies: { ...job.policies, max_instances: 2 } }
    expect(missing({ job: free, runs: runs(1, 2) })).toEqual([4, 5, 6, 7, 8])
  })

  test('not before the job stood as it is defined', () => {
    expect(missing({ job: { ...minutely(), defined_at: T0 + 6 * MINUTE } })).toEqual([7, 8])
  })

  test('not where the records were not read', () => {
    expect(missing({}, { ...WINDOW, judged_from: T0 + 7.5 * MINUTE })).toEqual([8])
  })

  test.each(['reported', 'backfill'] as const)('never of a %s job', (kind) => {
    expect(missing({ job: { ...minutely(), kind } })).toEqual([])
  })

  test('never of a job that is paused', () => {
    expect(missing({ job: { ...minutely(), enabled: false } })).toEqual([])
  })

  test('at the instant that the job’s own jitter gives it', () => {
    const job = minutely({ jitter_seconds: 50 }, { schedule: { kind: 'every', seconds: 240, anchor_at: 0 } })
    const [first, second, ...rest] = rowOfJob({ job })?.missing.map((at) => Date.parse(at)) ?? []
    expect(rest).toEqual([])
    expect(second! - first!).toBe(4 * MINUTE)
    expect((first! - T0) % (4 * MINUTE)).not.toBe(0)
  })

  test('also of a one-off job that fell due before it was made', () => {
    const at = T0 - HOUR
    const job = { ...minutely({}, { kind: 'one_off', schedule: { kind: 'at', at } }), next_run_at: at }
    expect(missing({ job }, { ...WINDOW, from: at, judged_from: at })).toEqual([-60])
  })

  test('a hundred times at most in one row', () => {
    const job = minutely({}, { schedule: { kind: 'every', seconds: 1, anchor_at: 0 } })
    expect(missing({ job }).length).toBe(100)
  })
})

describe('a run is late', () => {
  test.each([
    ['minutely', 60, 60, 61],
    ['each five minutes', 300, 150, 151],
    ['hourly', 3600, 300, 301],
  ])('%s, half the way to the next, a minute at least and five at most', (_, seconds, fine, late) => {
    const job = minutely({}, { schedule: { kind: 'every', seconds, anchor_at: 0 } })
    const row = rowOfJob({ job, runs: [run(1, fine * SECOND), run(2, late * SECOND)] })
    expect(row?.runs.map(({ is_late }) => is_late)).toEqual([false, true])
  })

  test('never when somebody asked for it', () => {
    const asked = { ...run(1, 5 * MINUTE), triggered_by: 'manual' as const }
    expect(rowOfJob({ runs: [asked] })?.runs.map(({ is_late }) => is_late)).toEqual([false])
  })
})

/** The row of a job that ran once, at minute `n`. */
const once = (name: string, n: number) => {
  const job = { ...minutely({}, { kind: 'one_off', schedule: { kind: 'at', at: T0 } }), enabled: false }
  return rowOf({ name, job, runs: [run(n)], skips: [] }, WINDOW)!
}

describe('a row', () => {
  test('shows what reaches into the window, in the order in which it began', () => {
    const before = run(-5)
    const across = { ...run(-2), id: 'across', finished_at: T0 + SECOND }
    const open = { ...run(-3, SECOND, 'running'), id: 'open' }
    const after = run(11)
    const row = rowOfJob({ runs: [after, across, before, run(2), open] })
    expect(row?.runs.map(({ id }) => id)).toEqual(['open', 'across', runId('digest', T0 + 2 * MINUTE)])
    expect(row?.runs[0]).toMatchObject({ status: 'running', finished_at: null })
  })

  test('is none when nothing belongs into the window', () => {
    expect(rowOfJob({ job: { ...minutely(), enabled: false }, runs: [run(-5)] })).toBeNull()
  })

  test('of a job that is gone still shows its runs, under its name', () => {
    expect(rowOfJob({ job: null, runs: runs(1) })).toMatchObject({
      name: 'digest',
      displayName: 'digest',
      enabled: false,
      every_seconds: null,
      missing: [],
    })
  })

  test('tells the typical distance of a cron job in spite of its nights', () => {
    const schedule = { kind: 'cron', expression: '*/10 9-17 * * *', time_zone: 'UTC' } as const
    expect(rowOfJob({ job: minutely({}, { schedule }), runs: runs(1) })?.every_seconds).toBe(600)
  })

  test('of a job that runs once comes after those that recur, by when it ran', () => {
    const rows = [once('a', 3), once('b', 1), rowOfJob({ name: 'zeta' })!, rowOfJob({ name: 'eta' })!]
    expect(inOrder(rows).map(({ name }) => name)).toEqual(['eta', 'zeta', 'b', 'a'])
  })

  test('has the name that people gave the job', () => {
    const job = minutely({}, definition({ display_name: 'The digest' }))
    expect(rowOfJob({ job })?.displayName).toBe('The digest')
  })
})
