import { getEventListeners } from 'node:events'
import { describe, expect, test } from 'vitest'
import { runId } from '../../../functions/job/job.ts'
import { start } from '../../../functions/job/lifecycle.ts'
import { toFields } from '../../../functions/job/stored.ts'
import { jobRef, runRef } from '../../../functions/lease/held.ts'
import type { Event } from '../../../functions/observe/events.ts'
import { liveClaimant } from '../../../functions/rollout/live.ts'
import { MOVED } from '../../../functions/rollout/stage.ts'
import type { Context, JobDefinition, JobOptions } from '../../../functions/target/handler.ts'
import type { TickReport } from '../../../functions/tick/report.ts'
import { tick } from '../../../functions/tick/tick.ts'
import { type EngineOptions, type Fresh, minutely, START, setup } from '../../support/engine.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND

/** Where the jobs of these tests do their work, and what they did: `name second` at each begin and end. */
interface Yard {
  readonly fresh: Fresh
  readonly begun: string[]
  readonly ended: string[]
  /** The most that were at work at once. */
  readonly most: () => number
}

type Works = Readonly<Record<string, { ms: number; options?: Partial<JobOptions<unknown>>; deaf?: boolean }>>

/** Jobs by name that work so long, and end early when told to, unless they are deaf. */
async function yard(works: Works, options: EngineOptions = {}): Promise<Yard> {
  const begun: string[] = []
  const ended: string[] = []
  let most = 0
  let living = 0
  const second = () => (fresh.clock.now() - START) / SECOND
  const work = async (name: string, ms: number, deaf: boolean, { signal }: Context<unknown>) => {
    begun.push(`${name} ${second()}`)
    most = Math.max(most, ++living)
    await (deaf ? fresh.clock.sleep(ms) : fresh.clock.sleep(ms, signal))
    living--
    ended.push(`${name} ${second()}`)
    if (!deaf) signal.throwIfAborted()
  }
  const jobs = Object.entries(works).map(([name, { ms, options: chosen = {}, deaf = false }]) =>
    minutely(name, (context) => work(name, ms, deaf, context), chosen),
  )
  const fresh = await setup(jobs, options)
  return { fresh, begun, ended, most: () => most }
}

/** So many jobs alike, called `job00` and so on. */
function alike(count: number, ms: number, options: Partial<JobOptions<unknown>> = {}): Works {
  const names = Array.from({ length: count }, (_, n) => `job${String(n).padStart(2, '0')}`)
  return Object.fromEntries(names.map((name) => [name, { ms, options }]))
}

/** Jobs that end at once, after one occurrence each. */
async function quick(count: number, options: EngineOptions = {}): Promise<Fresh> {
  const { fresh } = await yard(alike(count, 0), options)
  await fresh.clock.advanceTo(START + MINUTE)
  return fresh
}

function failing(name: string): JobDefinition {
  return minutely(name, async () => {
    throw new Error('no')
  })
}

function kinds(events: readonly Event[], kind: Event['kind']): Event[] {
  return events.filter((event) => event.kind === kind)
}

/** What is true of every report. */
function expectSound(report: TickReport): void {
  expect(report.jobs_due).toBeLessThanOrEqual(report.jobs_checked)
  expect(report.jobs_executed).toBe(report.jobs_succeeded + report.jobs_failed)
  const { lateness_p50_ms: p50, lateness_p95_ms: p95, lateness_p99_ms: p99 } = report
  expect([p50, p95, p99]).toEqual([p50, p95, p99].toSorted((a, b) => Number(a) - Number(b)))
}

describe('a tick', () => {
  test('executes what is due, settles it and tells of it', async () => {
    const fresh = await quick(3)
    await fresh.clock.advance(2500)
    const { status, report } = await fresh.passing(fresh.tick())
    expect(status).toBe('ok')
    expect(report).toMatchObject({
      lane: 'default',
      jobs_checked: 3,
      jobs_due: 3,
      jobs_executed: 3,
      jobs_succeeded: 3,
      jobs_failed: 0,
      jobs_skipped: 0,
      leases_lost: 0,
      claims_lost: 0,
      lateness_p50_ms: 2500,
      lateness_p99_ms: 2500,
      event_loop_delay_ms: 3,
    })
    expectSound(report)
    expect((await fresh.run('job01', START + MINUTE)).status).toBe('succeeded')
    expect((await fresh.job('job02')).entries).toEqual([])
  })

  test('is cheap: a batch is one query and one commit to claim, one commit to settle', async () => {
    const fresh = await quick(5)
    const { report } = await fresh.passing(fresh.tick())
    // The second query finds nothing more.
    expect(fresh.documents.asked.map((changes) => changes.length)).toEqual([10, 10, 1])
    expect(report).toMatchObject({ store_calls: 4, store_writes: 20 })
  })

  test('with nothing due ends at once', async () => {
    const { fresh } = await yard(alike(1, 0))
    const { status, report } = await fresh.tick()
    expect([status, report.jobs_checked, report.lateness_p50_ms, report.duration_ms]).toEqual([
      'ok',
      0,
      null,
      0,
    ])
    expect(report.store_calls).toBe(1)
  })

  test('is recorded, under its own id, as it answered', async () => {
    const fresh = await quick(1)
    const { report } = await fresh.passing(fresh.tick())
    const [recorded] = (await fresh.store.get([{ collection: 'scheduler_ticks', id: 'p0.0' }])).value
    expect(recorded?.fields).toMatchObject({ ...report, status: 'ok', started_at: START + MINUTE })
    expect(fresh.events.map(({ kind }) => kind)).toEqual([
      'tick_started',
      'job_claimed',
      'run_settled',
      'tick_completed',
    ])
  })

  test('answers also when it cannot be recorded, and tells of that', async () => {
    const { fresh } = await yard({})
    fresh.documents.commits.push('unreachable')
    expect((await fresh.tick()).status).toBe('ok')
    expect(kinds(fresh.events, 'store_trouble')).toMatchObject([{ action: 'record the tick' }])
  })

  test('leaves nothing behind in its process, also when it fails', async () => {
    const fresh = await quick(1)
    await fresh.passing(fresh.tick())
    fresh.documents.reads.push('unreachable')
    await expect(fresh.tick()).rejects.toThrow('out of reach')
    expect([fresh.clock.sleepers(), getEventListeners(fresh.engine.stop, 'abort')]).toEqual([0, []])
  })

  test('takes only its own lane', async () => {
    const { fresh, begun } = await yard({
      mine: { ms: 0, options: { lane: 'slow' } },
      other: { ms: 0, options: { lane: 'default' } },
    })
    await fresh.clock.advanceTo(START + MINUTE)
    await fresh.passing(fresh.tick({ lane: 'slow' }))
    expect(begun).toEqual(['mine 60'])
  })

  test('counts failures, skips, damaged jobs and duplicates apart', async () => {
    const fresh = await setup([failing('a'), failing('b'), failing('c')])
    await fresh.edit('b', { policies: null })
    const ref = runRef(runId('c', START + 3 * MINUTE))
    await fresh.store.commit([{ kind: 'create', ref, fields: { by: 'another path' } }])
    await fresh.clock.advanceTo(START + 3 * MINUTE)
    const { report } = await fresh.passing(fresh.tick())
    expect(report).toMatchObject({
      jobs_due: 3,
      jobs_executed: 1,
      jobs_failed: 1,
      jobs_skipped: 4,
      jobs_damaged: 1,
      duplicates_suppressed: 1,
    })
    expectSound(report)
    expect(kinds(fresh.events, 'job_damaged')).toMatchObject([{ job: 'b' }])
    expect(kinds(fresh.events, 'occurrences_skipped')).toMatchObject([
      { job: 'a', reason: 'coalesced', count: 2 },
      { job: 'c', reason: 'coalesced', count: 2 },
    ])
    expect(kinds(fresh.events, 'run_settled')).toMatchObject([
      { job: 'a', outcome: 'retry', error: 'no', retry_at: expect.any(Number) },
    ])
  })

  test('tells of a dead holder once, when its death is written', async () => {
    const { fresh } = await yard({ job: { ms: 0 } })
    const run = runId('job', START)
    const held = start(
      await fresh.job('job'),
      run,
      START,
      { owner: 'dead', path: 'tick', now: START },
      START + SECOND,
    )
    await fresh.edit('job', toFields({ ...held, policies: { ...held.policies, max_attempts: 1 } }))
    // The slot that it leaves would take an occurrence which has its run already.
    const ref = runRef(runId('job', START + MINUTE))
    await fresh.store.commit([{ kind: 'create', ref, fields: { by: 'another path' } }])
    await fresh.clock.advanceTo(START + MINUTE)
    await fresh.passing(fresh.tick())
    expect(kinds(fresh.events, 'holder_died')).toMatchObject([{ run, fate: 'failed' }])
    expect((await fresh.job('job')).totals).toMatchObject({ failed: 1, duplicates_suppressed: 1 })
  })
})

describe('slots', () => {
  test('are never more than the concurrency, and are taken again as they come free', async () => {
    const { fresh, begun, most } = await yard(alike(10, 10 * SECOND), { settings: { concurrency: 3 } })
    await fresh.clock.advanceTo(START + MINUTE)
    const { report } = await fresh.passing(fresh.tick())
    expect([report.jobs_executed, most()]).toEqual([10, 3])
    expect(begun.map((one) => one.split(' ')[1])).toEqual([
      '60',
      '60',
      '60',
      '70',
      '70',
      '70',
      '80',
      '80',
      '80',
      '90',
    ])
    expectSound(report)
  })

  test('are as many as the request asks for', async () => {
    const { fresh, most } = await yard(alike(4, 10 * SECOND), { settings: { concurrency: 1 } })
    await fresh.clock.advanceTo(START + MINUTE)
    await fresh.passing(fresh.tick({ concurrency: 2 }))
    expect(most()).toBe(2)
  })

  test('are filled by no more than a batch at once', async () => {
    const fresh = await quick(7, { settings: { concurrency: 10, batch_size: 3 } })
    await fresh.passing(fresh.tick())
    const claims = fresh.documents.asked.filter((changes) => changes.some(({ kind }) => kind === 'create'))
    expect(claims.map((changes) => changes.length)).toEqual([6, 6, 2, 1])
  })

  test('are claimed anew while a long run lives: it never holds up a short one', async () => {
    const { fresh, begun } = await yard(
      { long: { ms: 4 * MINUTE }, short: { ms: 1000, options: { schedule: '@every 5s' } } },
      { settings: { concurrency: 2 } },
    )
    await fresh.clock.advanceTo(START + MINUTE)
    await fresh.passing(fresh.tick())
    const shorts = begun.filter((one) => one.startsWith('short')).map((one) => Number(one.split(' ')[1]))
    const expected = Array.from({ length: 4 * 12 + 1 }, (_, n) => 60 + 5 * n)
    expect(shorts).toEqual(expected.filter((second) => second < 60 + 240))
  })

  test('are not more than the request’s limit in all', async () => {
    const { fresh, begun } = await yard(alike(5, 1000))
    await fresh.clock.advanceTo(START + MINUTE)
    const { report } = await fresh.passing(fresh.tick({ limit: 2 }))
    expect([report.jobs_executed, begun.length]).toEqual([2, 2])
    const dwelling = await fresh.passing(fresh.tick({ limit: 2, dwell_seconds: 50 }))
    expect([dwelling.report.jobs_executed, dwelling.report.duration_ms]).toEqual([2, 1000])
  })
})

describe('a tick of a lane with dwell', () => {
  test('wakes at the next due instant, until its time is over', async () => {
    const { fresh, begun } = await yard({ often: { ms: 100, options: { schedule: '@every 7s' } } })
    const { report } = await fresh.passing(fresh.tick({ dwell_seconds: 55 }))
    // Its slots count from 1970, so the first is 1 s after the start.
    const first = 7 - ((START / SECOND) % 7)
    expect(begun).toEqual(
      Array.from({ length: 8 }, (_, n) => `often ${first + 7 * n}`).filter(
        (one) => Number(one.split(' ')[1]) < 55,
      ),
    )
    expect(report.lateness_p99_ms).toBe(0)
    expect(report.duration_ms).toBe(55 * SECOND)
    expectSound(report)
    expect(fresh.events.at(-1)).toMatchObject({ kind: 'tick_completed', report: { dwells: true } })
  })

  test('finds a job that comes while it sleeps within 10 s', async () => {
    const { fresh, begun } = await yard({ job: { ms: 0 } })
    const { schedule } = await fresh.job('job')
    await fresh.edit('job', { next_run_at: START + 10 * MINUTE, claimable_at: START + 10 * MINUTE })
    const ticking = fresh.tick({ dwell_seconds: 55 })
    await fresh.clock.advance(12 * SECOND)
    expect(schedule).toMatchObject({ kind: 'every' })
    await fresh.edit('job', {
      schedule: { kind: 'every', seconds: 1, anchor_at: 0 },
      next_run_at: START + 13 * SECOND,
      claimable_at: START + 13 * SECOND,
    })
    await fresh.passing(ticking)
    expect(begun[0]).toBe('job 20')
  })

  test('waits for its runs also past its time', async () => {
    const { fresh, ended } = await yard({ job: { ms: MINUTE } })
    await fresh.clock.advanceTo(START + MINUTE)
    const { report } = await fresh.passing(fresh.tick({ dwell_seconds: 10 }))
    expect([ended, report.jobs_succeeded]).toEqual([['job 120'], 1])
  })

  test('does not wait with a clock that is off', async () => {
    const { fresh } = await yard({ job: { ms: 0 } }, { ahead_ms: 11 * SECOND })
    const { status, report } = await fresh.tick({ dwell_seconds: 55 })
    expect([status, report.duration_ms]).toEqual(['clock_skew', 0])
  })
})

describe('the budget', () => {
  test('ends the claims of a backlog, and leaves the rest to the next tick', async () => {
    const { fresh, begun } = await yard(alike(10, 20 * SECOND), { settings: { concurrency: 1 } })
    await fresh.clock.advanceTo(START + MINUTE)
    const { report } = await fresh.passing(fresh.tick())
    expect(begun.map((one) => one.split(' ')[1])).toEqual(['60', '80', '100'])
    expect(report.jobs_executed).toBe(3)
  })

  test('is used for all that one job has missed, one run after another', async () => {
    const policies = { misfire: 'all', catchup_limit: 20 } as const
    const { fresh } = await yard({ job: { ms: 10, options: { policies } } })
    await fresh.clock.advanceTo(START + 12 * MINUTE)
    const { report } = await fresh.passing(fresh.tick())
    expect([report.jobs_succeeded, report.jobs_skipped]).toEqual([12, 0])
    expect(report.duration_ms).toBeLessThan(12 * SECOND)
  })

  test('is stretched by a run begun within it, not by those begun after', async () => {
    const works = { ...alike(10, 30 * SECOND), long: { ms: 80 * SECOND } }
    const { fresh, begun } = await yard(works, { settings: { concurrency: 2 } })
    await fresh.edit('long', { claimable_at: START + MINUTE - 1 })
    await fresh.clock.advanceTo(START + MINUTE)
    await fresh.passing(fresh.tick())
    expect(begun).toEqual(['long 60', 'job00 60', 'job01 90', 'job02 120'])
  })

  test('never goes beyond the request’s time less the grace', async () => {
    const { fresh, begun } = await yard(
      {
        long: { ms: 10 * MINUTE, options: { policies: { timeout_seconds: 3600 } } },
        short: { ms: 0, options: { schedule: '@every 30s' } },
      },
      { settings: { request_timeout_seconds: 100, grace_seconds: 10 } },
    )
    await fresh.clock.advanceTo(START + MINUTE)
    await fresh.passing(fresh.tick())
    expect(begun.filter((one) => one.startsWith('short'))).toEqual(['short 60', 'short 90', 'short 120'])
  })
})

describe('a clock that is off', () => {
  test.each([
    [11 * SECOND, 'clock_skew', 0],
    [-11 * SECOND, 'clock_skew', 0],
    [9 * SECOND, 'ok', 1],
    [-9 * SECOND, 'ok', 1],
  ])('by %i ms: %s, %i runs', async (ahead_ms, status, runs) => {
    const { fresh, begun } = await yard({ job: { ms: 0 } }, { ahead_ms })
    await fresh.clock.advanceTo(START + 2 * MINUTE)
    const end = await fresh.passing(fresh.tick())
    expect([end.status, begun.length, (await fresh.job('job')).totals.runs]).toEqual([status, runs, runs])
  })

  test('less than that plans by the store’s time: nothing starts early', async () => {
    const { fresh, begun } = await yard({ job: { ms: 0 } }, { ahead_ms: 9 * SECOND })
    await fresh.clock.advanceTo(START + MINUTE + 8 * SECOND)
    await fresh.passing(fresh.tick())
    expect((await fresh.job('job')).last_run?.run).toBe(runId('job', START))
    await fresh.clock.advanceTo(START + MINUTE + 9 * SECOND)
    const { report } = await fresh.passing(fresh.tick())
    expect([begun.length, report.lateness_p50_ms]).toEqual([2, 0])
  })
})

describe('with the store out of reach', () => {
  test('a tick fails with a code that stands for 503', async () => {
    const fresh = await quick(1)
    fresh.documents.reads.push('unreachable')
    await expect(fresh.tick()).rejects.toMatchObject({ code: 'store_unreachable', status: 503 })
    expect((await fresh.passing(fresh.tick())).report.jobs_executed).toBe(1)
  })

  test('for writing, a tick that could not claim fails too', async () => {
    const fresh = await quick(1)
    fresh.documents.commits.push('unreachable', 'unreachable')
    await expect(fresh.passing(fresh.tick())).rejects.toMatchObject({ code: 'store_unreachable' })
  })

  test('for one look, the runs under way go on and are settled', async () => {
    const { fresh } = await yard({
      a: { ms: 50 * SECOND },
      b: { ms: 0, options: { schedule: '@every 90s' } },
    })
    await fresh.clock.advanceTo(START + MINUTE)
    fresh.documents.reads.push(() => undefined, 'unreachable')
    const { status, report } = await fresh.passing(fresh.tick())
    expect([status, report.jobs_succeeded]).toEqual(['ok', 2])
    expect(kinds(fresh.events, 'store_trouble')).toMatchObject([{ action: 'claim' }])
  })

  test('for a claim, the reason is told', async () => {
    const works = { a: { ms: 50 * SECOND }, b: { ms: 0, options: { schedule: '@every 90s' } } }
    // The lease is long enough not to be renewed meanwhile.
    const { fresh } = await yard(works, { settings: { lease_seconds: 300 } })
    await fresh.clock.advanceTo(START + MINUTE)
    const ticking = fresh.tick()
    await fresh.clock.advance(1000)
    fresh.documents.commits.push('unreachable')
    await fresh.passing(ticking)
    expect(kinds(fresh.events, 'store_trouble')).toMatchObject([
      { reason: expect.stringMatching('Nothing could be claimed: .*out of reach') },
    ])
  })

  test('until the lease has run out, an attempt that ended stays unsettled, and that is told', async () => {
    const { fresh } = await yard({ job: { ms: SECOND } })
    await fresh.clock.advanceTo(START + MINUTE)
    const ticking = fresh.tick()
    await fresh.clock.advance(500)
    fresh.documents.commits.push(...Array.from({ length: 100 }, () => 'unreachable' as const))
    const { report } = await fresh.passing(ticking)
    expect(report).toMatchObject({ jobs_executed: 0, jobs_succeeded: 0, leases_lost: 0 })
    expect(kinds(fresh.events, 'store_trouble').length).toBeGreaterThan(0)
    expect(kinds(fresh.events, 'store_trouble')[0]).toMatchObject({
      action: `settle ${runId('job', START + MINUTE)}`,
    })
  })
})

describe('when the process stops', () => {
  test('nothing more is claimed, what runs is told to end and is given back, free for the next tick at once', async () => {
    const { fresh, begun, ended } = await yard(alike(4, MINUTE), { settings: { concurrency: 2 } })
    await fresh.clock.advanceTo(START + MINUTE)
    const ticking = fresh.tick()
    await fresh.clock.advance(5 * SECOND)
    fresh.stop()
    const { status, report } = await fresh.passing(ticking)
    expect([status, begun.length, ended]).toEqual(['stopping', 2, ['job00 65', 'job01 65']])
    expect(report).toMatchObject({ jobs_executed: 0, duration_ms: 5 * SECOND })
    const [entry] = (await fresh.job('job00')).entries
    expect(entry).toMatchObject({ state: 'retry', until: START + 65 * SECOND, attempt: 0, give_backs: 1 })
    const next = await fresh.passing(fresh.beside().tick())
    expect(next.report.jobs_succeeded).toBe(4)
  })

  test('a handler that still acts keeps its lease, which is not given back', async () => {
    const { fresh } = await yard({ deaf: { ms: 10 * MINUTE, deaf: true } })
    await fresh.clock.advanceTo(START + MINUTE)
    const ticking = fresh.tick()
    await fresh.clock.advance(5 * SECOND)
    fresh.stop()
    const { report } = await fresh.passing(ticking)
    expect(report).toMatchObject({ jobs_executed: 0, duration_ms: 10 * SECOND })
    expect(kinds(fresh.events, 'run_left')).toMatchObject([{ job: 'deaf', attempt: 1 }])
    expect((await fresh.job('deaf')).entries).toMatchObject([{ state: 'running', until: START + 2 * MINUTE }])
  })

  test('a tick that comes then claims nothing', async () => {
    const fresh = await quick(1)
    fresh.stop()
    const { status, report } = await fresh.tick()
    expect([status, report.jobs_checked]).toEqual(['stopping', 0])
  })

  test('a tick that waits for what falls due ends at once', async () => {
    const { fresh } = await yard({ job: { ms: 0 } })
    const ticking = fresh.tick({ dwell_seconds: 55 })
    await fresh.clock.advance(5 * SECOND)
    fresh.stop()
    const { report } = await fresh.passing(ticking)
    expect(report.duration_ms).toBe(5 * SECOND)
  })
})

describe('a run', () => {
  test('that takes too long and does not end is counted as failed and keeps its slot until its lease has run out', async () => {
    const { fresh, begun } = await yard({
      deaf: { ms: 10 * MINUTE, deaf: true, options: { policies: { timeout_seconds: 10, max_attempts: 1 } } },
    })
    await fresh.clock.advanceTo(START + MINUTE)
    const { report } = await fresh.passing(fresh.tick())
    expect(report).toMatchObject({ jobs_executed: 1, jobs_failed: 1, duration_ms: 15 * SECOND })
    expect((await fresh.run('deaf', START + MINUTE)).status).toBe('running')
    await fresh.clock.advanceTo(START + 2 * MINUTE)
    await fresh.passing(fresh.tick())
    expect((await fresh.run('deaf', START + MINUTE)).error).toMatch(/^unresponsive: /)
    expect((await fresh.run('deaf', START + MINUTE)).status).toBe('failed')
    expect(begun[1]).toBeUndefined()
  })

  test('whose lease another has taken is counted as lost, once', async () => {
    const { fresh } = await yard({
      job: { ms: 10 * MINUTE, options: { policies: { overlap: 'replace', timeout_seconds: 3600 } } },
    })
    await fresh.clock.advanceTo(START + MINUTE)
    const losing = fresh.tick({ limit: 1 })
    await fresh.clock.advanceTo(START + 2 * MINUTE)
    const taking = fresh.beside()
    void taking.tick({ limit: 1 })
    const { report } = await fresh.passing(losing)
    expect(report).toMatchObject({ leases_lost: 1, jobs_executed: 0 })
    expect(kinds(fresh.events, 'lease_lost')).toMatchObject([{ job: 'job', attempt: 1 }])
    expect(kinds(taking.events, 'holder_died')).toMatchObject([{ job: 'job', fate: 'replaced' }])
  })

  test('that loses its lease while it settles is counted as lost', async () => {
    const { fresh } = await yard({ job: { ms: 1000 } })
    await fresh.clock.advanceTo(START + MINUTE)
    const ticking = fresh.tick()
    await fresh.clock.advance(500)
    const { ref, version } = await fresh.stored('job')
    await fresh.store.commit([{ kind: 'delete', ref, version }])
    const { report } = await fresh.passing(ticking)
    expect(report).toMatchObject({ leases_lost: 1, jobs_executed: 0 })
  })

  test('is tried again by a tick after its pause, and its lateness is told of the first attempt only', async () => {
    let attempts = 0
    const flaky = minutely(
      'flaky',
      async () => {
        if (++attempts === 1) throw new Error('no')
      },
      { policies: { retry: { base_seconds: 20, factor: 1, cap_seconds: 20, jitter: 0 } } },
    )
    const fresh = await setup([flaky])
    await fresh.clock.advanceTo(START + MINUTE)
    expect((await fresh.passing(fresh.tick())).report).toMatchObject({ jobs_failed: 1, lateness_p50_ms: 0 })
    await fresh.clock.advanceTo(START + 80 * SECOND)
    expect((await fresh.passing(fresh.tick())).report).toMatchObject({
      jobs_succeeded: 1,
      lateness_p50_ms: null,
    })
    expect((await fresh.run('flaky', START + MINUTE)).attempts.map(({ outcome }) => outcome)).toEqual([
      'failed',
      'succeeded',
    ])
  })
})

describe('two ticks at once', () => {
  test('run each occurrence once; what one wanted and the other took is counted, not reported lost', async () => {
    const { fresh, begun } = await yard(alike(20, 1000), { settings: { concurrency: 4 } })
    await fresh.clock.advanceTo(START + MINUTE)
    const other = fresh.beside({ settings: { concurrency: 4 }, random: () => 0.5 })
    const [one, two] = await fresh.passing(Promise.all([fresh.tick(), other.tick()]))
    expect(one.report.jobs_executed + two.report.jobs_executed).toBe(20)
    expect(new Set(begun).size).toBe(20)
    const lost = one.report.claims_lost + two.report.claims_lost
    expect(lost).toBeGreaterThan(0)
    expect(kinds([...fresh.events, ...other.events], 'job_already_claimed')).toHaveLength(lost)
    expect([one.report.leases_lost, two.report.leases_lost]).toEqual([0, 0])
  })

  test('part ways: the one that was outrun takes its next jobs from a random place', async () => {
    const { fresh, begun } = await yard(alike(12, 10 * SECOND), {
      settings: { concurrency: 2 },
      random: () => 0.99,
    })
    await fresh.clock.advanceTo(START + MINUTE)
    const faster = fresh.beside({ settings: { concurrency: 2 } })
    fresh.documents.commits.push(async () => {
      void faster.tick({ limit: 2 })
      for (let turns = 0; turns < 20; turns++) await Promise.resolve()
    })
    const { report } = await fresh.passing(fresh.tick({ limit: 2 }))
    expect(report.claims_lost).toBe(2)
    expect(begun.slice(0, 4)).toEqual(['job00 60', 'job01 60', 'job10 60', 'job11 60'])
  })
})

test('a job is gone while it is claimed: the tick goes on', async () => {
  const { fresh, begun } = await yard({ a: { ms: 0 }, b: { ms: 0 } })
  await fresh.clock.advanceTo(START + MINUTE)
  fresh.documents.commits.push(async () => {
    const { value } = await fresh.store.get([jobRef('a')])
    const stored = value[0]!
    await fresh.store.commit([{ kind: 'delete', ref: stored.ref, version: stored.version }])
  })
  const { report } = await fresh.passing(fresh.tick())
  expect([begun, report.jobs_executed]).toEqual([['b 60'], 1])
})

test('a pass of the loop that found only what the ticks have leaves no document and says nothing', async () => {
  const { fresh } = await yard({ a: { ms: 0 } })
  await fresh.clock.advanceTo(START + MINUTE)
  const claimant = liveClaimant('legacy', { ...MOVED, stage: 3, canary_jobs: ['a'] })
  const { report } = await tick({ ...fresh.engine, claimant }, { lane: 'default', dwell_seconds: null })
  expect([report.jobs_checked, report.jobs_due]).toEqual([1, 0])
  expect([fresh.documents.asked, fresh.events]).toEqual([[], []])
})
