import { beforeEach, describe, expect, it } from 'vitest'
import { loadConfig } from '../../../functions/config.ts'
import { newJob } from '../../../functions/job/definition.ts'
import type { Job } from '../../../functions/job/job.ts'
import { newRun, type Run, runFields } from '../../../functions/job/run.ts'
import { toFields } from '../../../functions/job/stored.ts'
import { jobRef, runRef } from '../../../functions/lease/held.ts'
import { type Evidence, parseEvidence, withProbes } from '../../../functions/rollout/evidence.ts'
import { judge } from '../../../functions/rollout/gate.ts'
import { gather } from '../../../functions/rollout/gather.ts'
import { epochOf } from '../../../functions/rollout/stage.ts'
import type { Collection, Documents, Fields, Query, Stored } from '../../../functions/store/documents.ts'
import { type Initial, memoryDocuments } from '../../../functions/store/memory.ts'
import { virtualClock } from '../../support/virtual-clock.ts'
import { definition, HOUR, MINUTE, only, running, SECOND, T0 } from '../job/fixtures.ts'
import { goodEvidence } from './evidence.ts'

const DAY = 24 * HOUR
let made = 0
let stored: Initial[] = []
beforeEach(() => {
  stored = []
})

function put(collection: Collection, fields: Fields): void {
  made += 1
  stored.push({ ref: { collection, id: `d${made}` }, fields })
}

/** A tick as it reports 100 ms after it began, with nothing to do. */
function tick(started_at: number, changes: Fields = {}): void {
  put('scheduler_ticks', {
    lane: 'default',
    stage: 4,
    path: 'tick',
    revision: 'r-2',
    status: 'ok',
    started_at,
    ended_at: started_at + 100,
    duration_ms: 100,
    jobs_checked: 1,
    jobs_due: 0,
    jobs_executed: 0,
    jobs_succeeded: 0,
    jobs_failed: 0,
    duplicates: 0,
    effects_repeated: 0,
    store_calls: 3,
    store_errors: 0,
    ...changes,
  })
}

/** A tick a minute, as Cloud Scheduler posts them. */
function ticks(from: number, to: number, changes: Fields = {}): void {
  for (let at = from; at <= to; at += MINUTE) tick(at + SECOND, changes)
}

/** A run of `digest` that began at once and ended as `changes` say. */
function run(scheduled_for: number, changes: Partial<Run> = {}, path: 'legacy' | 'tick' = 'tick'): void {
  const job = running(newJob(definition(), T0), scheduled_for)
  const begun = newRun(job, { ...only(job), path }, scheduled_for)
  const outcome = changes.status === 'failed' ? 'failed' : 'succeeded'
  const attempts = begun.attempts.map(
    (one) => ({ ...one, outcome, ended_at: scheduled_for + SECOND }) as const,
  )
  const ended = { status: 'succeeded', finished_at: scheduled_for + SECOND, attempts } as const
  stored.push({ ref: runRef(begun.id), fields: runFields({ ...begun, ...ended, ...changes }) })
}

function keep(job: Job): void {
  stored.push({ ref: jobRef(job.name), fields: toFields(job) })
}

/** What is gathered at `now` from what was put, at stage 4. */
function evidenceAt(
  now: number,
  { from = null, env = {}, documents }: { from?: number | null; env?: object; documents?: Documents } = {},
) {
  const clock = virtualClock(now)
  const config = loadConfig({ ROLLOUT_STAGE: '4', K_REVISION: 'r-2', ...env })
  const sources = { config, clock, handlers: ['digest'] }
  return gather({ ...sources, documents: documents ?? memoryDocuments(clock, stored) }, from)
}

const windowFrom = async (from: number) => (await evidenceAt(T0 + 21 * MINUTE, { from })).window.since
const counted = async (now: number, options: Parameters<typeof evidenceAt>[1] = {}) =>
  (await evidenceAt(now, { from: T0, ...options })).ticks
const lateAt = async (now: number) => (await evidenceAt(now)).runs?.tick.late

describe('the age of a stage', () => {
  it('counts from the first tick after the last one of another stage', async () => {
    ticks(T0, T0 + 9 * MINUTE, { stage: 3 })
    ticks(T0 + 10 * MINUTE, T0 + 20 * MINUTE)
    const { stage_since, window } = await evidenceAt(T0 + 21 * MINUTE)
    expect(stage_since).toBe(T0 + 10 * MINUTE + SECOND)
    expect(window).toEqual({ since: stage_since, until: T0 + 21 * MINUTE })
  })

  it('begins anew when another stage stood in between, though for one tick', async () => {
    ticks(T0, T0 + 9 * MINUTE)
    tick(T0 + 10 * MINUTE, { stage: 3 })
    ticks(T0 + 11 * MINUTE, T0 + 20 * MINUTE)
    tick(T0 + 15 * MINUTE, { stage: 3, path: 'legacy' })
    expect((await evidenceAt(T0 + 21 * MINUTE)).stage_since).toBe(T0 + 11 * MINUTE + SECOND)
  })

  it('is not told by the legacy loop, nor by ticks of another stage', async () => {
    tick(T0, { path: 'legacy' })
    expect((await evidenceAt(T0 + MINUTE)).stage_since).toBe(null)
    tick(T0, { stage: 3 })
    expect((await evidenceAt(T0 + MINUTE)).stage_since).toBe(null)
  })

  it('is looked for no further back than the day of another stage', async () => {
    tick(T0 - 2 * DAY, { revision: 'r-0' })
    tick(T0 - HOUR, { stage: 3, revision: 'r-1' })
    tick(T0)
    const { revisions } = await evidenceAt(T0 + MINUTE)
    expect(revisions.map(({ revision }) => revision)).toEqual(['r-1', 'r-2'])
  })

  it('is found over many days, and no further back than 31', async () => {
    for (let day = 0; day <= 40; day++) tick(T0 + day * DAY)
    expect((await evidenceAt(T0 + 40 * DAY + HOUR)).stage_since).toBe(T0 + 10 * DAY)
    tick(T0 + 20 * DAY + MINUTE, { stage: 3 })
    expect((await evidenceAt(T0 + 40 * DAY + HOUR)).stage_since).toBe(T0 + 21 * DAY)
  })

  it('is asked of whichever lane ticked in an hour, also where passes of the loop come before', async () => {
    const now = T0 + 5 * HOUR
    for (const hour of [0, 1, 3, 4]) tick(T0 + hour * HOUR + 30 * MINUTE)
    for (let n = 1; n <= 9; n++) tick(T0 + 2 * HOUR + n * MINUTE, { lane: 'live', path: 'legacy' })
    tick(T0 + 2 * HOUR + 30 * MINUTE, { lane: 'live', stage: 3 })
    const env = { SCHEDULER_LANES: 'default,live' }
    const { stage_since } = await evidenceAt(now, { from: now - MINUTE, env })
    expect(stage_since).toBe(T0 + 3 * HOUR + 30 * MINUTE)
  })

  it('bounds the window that is asked for', async () => {
    ticks(T0, T0 + 9 * MINUTE, { stage: 3 })
    ticks(T0 + 10 * MINUTE, T0 + 20 * MINUTE)
    expect(await windowFrom(T0)).toBe(T0 + 10 * MINUTE + SECOND)
    expect(await windowFrom(T0 + 15 * MINUTE)).toBe(T0 + 15 * MINUTE)
    stored = []
    expect(await windowFrom(T0)).toBe(T0)
    expect(await windowFrom(T0 - 40 * DAY)).toBe(T0 + 21 * MINUTE - 31 * DAY)
    expect((await evidenceAt(T0 + 21 * MINUTE)).window.since).toBe(T0 + 21 * MINUTE)
  })
})

describe('expected ticks', () => {
  it('are all recorded when each left a document', async () => {
    ticks(T0 - MINUTE, T0 + HOUR)
    expect(await counted(T0 + HOUR + 66 * SECOND)).toEqual([
      { lane: 'default', expected: 61, recorded: 61, failed: 0, failed_last: 0 },
    ])
  })

  it('count as failed when they left none: killed, or never begun', async () => {
    ticks(T0 - MINUTE, T0 + HOUR)
    stored.splice(30, 2)
    expect(await counted(T0 + HOUR + 66 * SECOND)).toEqual([
      { lane: 'default', expected: 61, recorded: 59, failed: 2, failed_last: 0 },
    ])
  })

  it('count as failed when their document says so, and when only the loop left one', async () => {
    ticks(T0 - MINUTE, T0 + 3 * MINUTE)
    tick(T0 + 4 * MINUTE, { status: 'clock_skew' })
    tick(T0 + 5 * MINUTE, { path: 'legacy' })
    expect(await counted(T0 + 5 * MINUTE + 66 * SECOND)).toMatchObject([{ expected: 6, failed: 2 }])
  })

  it('tell how many of the last ones failed, one after the other', async () => {
    ticks(T0 - MINUTE, T0 + 6 * MINUTE)
    stored.splice(2, 1)
    expect(await counted(T0 + 9 * MINUTE + 66 * SECOND)).toMatchObject([{ failed: 4, failed_last: 3 }])
    stored = []
    expect(await counted(T0 + 9 * MINUTE + 66 * SECOND)).toMatchObject([{ expected: 10, failed_last: 10 }])
  })

  it('are served by a retry, or by one that is a second early, and not by the second document of another', async () => {
    ticks(T0 - MINUTE, T0)
    tick(T0 + 2 * SECOND)
    tick(T0 + MINUTE + 35 * SECOND)
    tick(T0 + 2 * MINUTE)
    tick(T0 + 3 * MINUTE - SECOND)
    expect(await counted(T0 + 4 * MINUTE + 66 * SECOND)).toMatchObject([{ expected: 5, recorded: 4 }])
  })

  it('are not expected yet while they may still be under way', async () => {
    ticks(T0 - MINUTE, T0 + MINUTE)
    expect(await counted(T0 + 2 * MINUTE + 64 * SECOND)).toMatchObject([{ expected: 2, failed: 0 }])
    keep({ ...running(newJob(definition(), T0), T0 + 2 * MINUTE), name: 'digest' })
    expect(await counted(T0 + 3 * MINUTE + 30 * SECOND)).toMatchObject([{ expected: 2, failed: 0 }])
    expect(await counted(T0 + 8 * MINUTE)).toMatchObject([{ expected: 7, failed: 5 }])
  })

  it('come every minute in a lane with dwell, whatever the cadence', async () => {
    ticks(T0 - MINUTE, T0 + 9 * MINUTE, { lane: 'live', duration_ms: 75_000 })
    ticks(T0 - MINUTE, T0 + 9 * MINUTE, { jobs_due: 1 })
    const env = { SCHEDULER_LANES: 'default,live:dwell', SCHEDULER_CADENCE: '*/5 * * * *' }
    expect(await counted(T0 + 9 * MINUTE + 91 * SECOND, { env })).toEqual([
      { lane: 'default', expected: 2, recorded: 2, failed: 0, failed_last: 0 },
      { lane: 'live', expected: 10, recorded: 10, failed: 0, failed_last: 0 },
    ])
  })
})

describe('what ticks tell', () => {
  it('is the duration of those without dwell, their sums, and what they asked of the store', async () => {
    ticks(T0, T0 + 98 * MINUTE)
    tick(T0 + 99 * MINUTE, { duration_ms: 2_000, store_errors: 1, jobs_due: 2 })
    tick(T0 + 99 * MINUTE, { lane: 'live', duration_ms: 75_000, jobs_executed: 2, jobs_succeeded: 1 })
    const env = { SCHEDULER_LANES: 'default,live:dwell' }
    expect(await evidenceAt(T0 + 100 * MINUTE, { env })).toMatchObject({
      tick_durations: { samples: 100, p50_ms: 100, p99_ms: 100, over_2_s: 1 },
      tick_sums: { samples: 101, broken: 2 },
      store: { calls: 303, errors: 1 },
    })
  })

  it('is each revision, with the end of the last tick in which it claimed', async () => {
    tick(T0, { revision: 'r-1', jobs_executed: 1, jobs_succeeded: 1 })
    tick(T0 + MINUTE, { revision: 'r-1' })
    tick(T0 + MINUTE, { revision: 'r-2' })
    expect((await evidenceAt(T0 + 2 * MINUTE)).revisions).toEqual([
      { revision: 'r-1', last_tick_at: T0 + MINUTE + 100, last_claimed_at: T0 + 100 },
      { revision: 'r-2', last_tick_at: T0 + MINUTE + 100, last_claimed_at: null },
    ])
  })

  it('is a growing number of due jobs, 95 % sure, and none where they go up and down', async () => {
    for (let n = 0; n < 60; n++) tick(T0 + n * MINUTE, { jobs_due: n, jobs_checked: n })
    const growing = (await evidenceAt(T0 + HOUR)).backlog
    expect(growing).toMatchObject({ samples: 60 })
    expect(growing?.due_per_hour).toBeCloseTo(60)
    expect(growing?.due_per_hour_at_least).toBeGreaterThan(59)
    stored = []
    for (let n = 0; n < 60; n++) tick(T0 + n * MINUTE, { jobs_due: n % 5 })
    expect((await evidenceAt(T0 + HOUR)).backlog?.due_per_hour_at_least).toBeLessThan(0)
  })

  it('is every duplicate of either path, and every report refused after performing', async () => {
    tick(T0)
    tick(T0 + 1, { duplicates: 1 })
    tick(T0 + 2, { path: 'legacy', duplicates: 1, effects_repeated: 3 })
    const audit = { action: 'legacy_report_refused', actor: 'a', subject: 's', reason: 'late' }
    put('scheduler_audit', { ...audit, at: T0 + 3, performed: true })
    put('scheduler_audit', { ...audit, at: T0 + 4, performed: false })
    put('scheduler_audit', { ...audit, at: T0 - HOUR, performed: true })
    put('scheduler_audit', { ...audit, at: T0 + 5, action: 'advance', performed: true })
    expect((await evidenceAt(T0 + MINUTE)).duplicates).toEqual({ settled: 2, effects: 3, legacy_reports: 1 })
  })
})

describe('what runs and jobs tell', () => {
  it('is how they came out, by path', async () => {
    tick(T0)
    run(T0 + MINUTE)
    run(T0 + 2 * MINUTE, { status: 'failed', error: 'Error: no' })
    run(T0 + 3 * MINUTE, { status: 'failed', error: 'store_unreachable: The effect cannot be known.' })
    run(T0 + 4 * MINUTE, {}, 'legacy')
    run(T0 + 5 * MINUTE, { status: 'retry', finished_at: null })
    run(T0 - HOUR)
    const { runs } = await evidenceAt(T0 + HOUR)
    expect(runs?.tick).toMatchObject({
      ended: 3,
      succeeded: 1,
      failed: 2,
      store_failed: 1,
      first_attempts: 4,
    })
    expect(runs?.legacy).toMatchObject({
      ended: 1,
      succeeded: 1,
      first_attempts: 1,
      first_attempts_failed: 0,
    })
  })

  it('is which runs ended after a cadence and after their job had fallen due again', async () => {
    tick(T0)
    const hourly = definition({ schedule: { kind: 'every', seconds: 3600, anchor_at: 0 } })
    keep(newJob(hourly, T0))
    run(T0 + HOUR, { finished_at: T0 + 2 * HOUR })
    run(T0 + 2 * HOUR, { finished_at: T0 + 3 * HOUR + 1 })
    run(T0 + 3 * HOUR, { finished_at: T0 + 3 * HOUR + MINUTE })
    expect(await lateAt(T0 + 4 * HOUR)).toBe(1)
    stored = stored.filter(({ ref }) => ref.collection !== 'scheduler_jobs')
    expect(await lateAt(T0 + 4 * HOUR)).toBe(2)
  })

  it('is who holds what, what was left lying, and what is overdue', async () => {
    const at = T0 + 2 * HOUR
    const plain = (name: string) => newJob(definition({ name, schedule: { kind: 'at', at: at + DAY } }), T0)
    const held = (name: string, until: number, path: 'legacy' | 'tick') => {
      const job = running(plain(name), at, at, until)
      keep({ ...job, next_run_at: at + DAY, entries: [{ ...only(job), path }] })
    }
    held('a', at + MINUTE, 'tick')
    held('b', at + MINUTE, 'legacy')
    held('c', at - 10 * SECOND, 'legacy')
    keep({ ...plain('d'), next_run_at: at - 2 * MINUTE - 1 })
    keep({ ...plain('e'), next_run_at: at - 2 * MINUTE })
    keep({ ...plain('g'), kind: 'backfill', next_run_at: at - HOUR })
    keep(plain('f'))
    expect(await evidenceAt(at)).toMatchObject({
      leases: {
        legacy: { alive: 1, past_end: 1 },
        tick: { alive: 1, past_end: 0 },
        oldest_past_end_seconds: 10,
      },
      backlog: { overdue: 1 },
    })
  })

  it('is overdue also in a lane that is no more, as long as a recurring job names it', async () => {
    const at = T0 + 2 * HOUR
    for (const name of ['a', 'b'])
      keep({ ...newJob(definition({ name, lane: 'gone' }), T0), next_run_at: at - HOUR })
    expect(await evidenceAt(at)).toMatchObject({ backlog: { overdue: 2 } })
  })
})

describe('leases', () => {
  it('are known up to an hour ahead, and end by the store’s time', async () => {
    const at = T0 + 2 * HOUR
    const job = running(newJob(definition({ schedule: { kind: 'at', at: at + DAY } }), T0), at, at, at + HOUR)
    keep({ ...job, next_run_at: at + DAY })
    expect((await evidenceAt(at)).leases?.tick).toEqual({ alive: 1, past_end: 0 })
    const ahead = memoryDocuments(virtualClock(at + HOUR + MINUTE), stored)
    expect((await evidenceAt(at, { documents: ahead })).leases).toMatchObject({
      tick: { alive: 0, past_end: 1 },
      oldest_past_end_seconds: 60,
    })
  })
})

describe('the comparison of both paths', () => {
  const env = { ROLLOUT_STAGE: '3' }

  it('is summed up: what was compared, what differs, how late each began, how first attempts ended', async () => {
    tick(T0, { stage: 3 })
    for (let n = 1; n <= 4; n++) run(T0 + n * MINUTE, n === 2 ? { status: 'failed' } : {}, 'legacy')
    const live = stored
    stored = []
    for (let n = 2; n <= 4; n++) run(T0 + n * MINUTE, { started_at: T0 + n * MINUTE + SECOND })
    const shadow = stored.map(({ ref: { id }, fields }) => ({
      ref: { collection: 'scheduler_shadow_runs', id } as const,
      fields,
    }))
    stored = [...live, ...shadow]
    stored.push({
      ref: { collection: 'scheduler_shadow_marks', id: 'default' },
      fields: { epoch: epochOf(loadConfig(env)), shadow_since: T0, synced_until: T0 },
    })
    expect((await evidenceAt(T0 + HOUR, { env })).shadow).toEqual({
      since: T0,
      compared: 4,
      pending: 0,
      mismatches: 1,
      agreement: 0.75,
      complete: true,
      legacy: { lateness_p99_ms: 0, ended: 4, failed: 1 },
      tick: { lateness_p99_ms: SECOND, ended: 0, failed: 0 },
    })
  })

  it('is null where no path runs in the shadow of the other', async () => {
    expect((await evidenceAt(T0)).shadow).toBe(null)
  })
})

/** A store of so many ticks and runs a minute, made as they are asked for, back to `begin`; counts what is read of each. */
function busy(now: number, begin: number, perMinute: { ticks: number; runs: number }) {
  tick(0)
  run(0)
  const [tickFields, runFields] = stored.slice(-2).map(({ fields }) => fields)
  const real = memoryDocuments(virtualClock(now), [])
  const reads = { ticks: 0, runs: 0, queries: 0 }
  const set: { stageAt: (at: number) => number } = { stageAt: () => 4 }
  const documents: Documents = {
    ...real,
    query: async (query) => {
      if (!('shape' in query) || (query.shape !== 'ticks' && query.shape !== 'runs')) return real.query(query)
      const { shape, after, upTo, limit } = query
      const step = MINUTE / perMinute[shape]
      const past = Math.max(Number(after?.value ?? 0), begin - 1)
      const value: Stored[] = []
      for (
        let at = (Math.floor(past / step) + 1) * step;
        at <= (upTo ?? now) && value.length < limit;
        at += step
      ) {
        const fields =
          shape === 'ticks'
            ? { ...tickFields, started_at: at, stage: set.stageAt(at) }
            : { ...runFields, scheduled_for: at, finished_at: at + SECOND }
        value.push({ ref: { collection: 'scheduler_runs', id: String(at) }, version: '1', fields })
      }
      reads[shape] += Math.max(1, value.length)
      reads.queries += 1
      return { value, time: now }
    },
  }
  return { documents, reads, set }
}

const lines = (evidence: Evidence, to: 5 | '30d') =>
  new Map(judge(evidence, to).map((line) => [line.id, line]))

describe('a busy service', () => {
  const now = T0 + 31 * DAY
  const production = {
    ENVIRONMENT: 'production',
    SCHEDULER_STORAGE: 'firestore',
    ROLLOUT_STAGE: '5',
    ROLLOUT_EXPECTED_JOBS: 'digest',
    SCHEDULER_OIDC_AUDIENCE: goodEvidence().audience,
    SCHEDULER_SERVICE_ACCOUNT: 'ticks@example.iam.gserviceaccount.com',
  }

  it('can pass the review after 30 days: of its ticks all are read, and of its runs the newest days', async () => {
    const { documents, reads, set } = busy(now, T0, { ticks: 1, runs: 6 })
    set.stageAt = () => 5
    const evidence = await evidenceAt(now, { documents, env: production })
    expect(evidence).toMatchObject({ stage_since: T0, read_from: { ticks: T0 }, cut_off: [] })
    expect(reads.ticks).toBeLessThanOrEqual(50_000)
    expect(reads.runs).toBeLessThanOrEqual(50_000)
    const judged = lines(withProbes(evidence, goodEvidence().probes), '30d')
    expect([...judged.values()].filter(({ verdict }) => verdict !== 'pass')).toEqual([])
    expect(judged.get('runs_failed')?.measured).toMatch(/, over the last 5\.[0-9] days$/)
    expect(judged.get('ticks_failed')?.measured).not.toContain('over the last')
  })

  it('knows its stage’s age where not all ticks can be read, and is told what the review misses', async () => {
    const { documents, reads } = busy(now, T0, { ticks: 4, runs: 1 })
    const evidence = await evidenceAt(now, { documents })
    expect(evidence.stage_since).toBe(T0)
    expect(now - (evidence.read_from?.ticks ?? 0)).toBeGreaterThan(7 * DAY)
    expect(reads.ticks).toBeLessThanOrEqual(50_000 + 31 * 24 + 5_000)
    const judged = lines(evidence, '30d')
    expect(judged.get('stage_age')?.verdict).toBe('pass')
    expect(judged.get('ticks_failed')).toMatchObject({ verdict: 'pass' })
    expect(judged.get('duplicates')).toMatchObject({ verdict: 'inconclusive' })
    expect(judged.get('duplicates')?.measured).toContain('every tick of its 30 days')
    expect(lines(evidence, 5).get('duplicates')?.verdict).toBe('pass')
  })

  it('is not judged by less than a day of its runs', async () => {
    const { documents, reads } = busy(now, T0, { ticks: 1, runs: 60 })
    const evidence = await evidenceAt(now, { documents })
    expect(reads.runs).toBeLessThanOrEqual(50_000)
    expect(evidence.runs?.tick.ended).toBeGreaterThan(30_000)
    const line = lines(evidence, 5).get('runs_failed')
    expect(line?.verdict).toBe('inconclusive')
    expect(line?.measured).toMatch(/over the last 11.9 h; needs 24 h$/)
  })

  it('is asked no further where more is written than can be read', async () => {
    const { documents, reads } = busy(now, T0, { ticks: 1, runs: 60_000 })
    const evidence = await evidenceAt(now, { documents })
    expect(reads.runs).toBeLessThanOrEqual(50_000)
    expect(evidence).toMatchObject({ read_from: { runs: now }, runs: { tick: { ended: 0 } } })
  })

  it('has an uninterrupted stage whatever window is asked for, from the end of the last interruption of an hour', async () => {
    const { documents, reads, set } = busy(now, T0, { ticks: 1, runs: 1 })
    const from = now - 30 * MINUTE
    const probed = await evidenceAt(now, { documents, from })
    expect(probed).toMatchObject({ stage_since: T0, window: { since: from } })
    expect(reads.ticks).toBeLessThanOrEqual(31 * 24 + 100)
    const back = T0 + 20 * DAY + 17 * MINUTE
    set.stageAt = (at) => (at >= back - HOUR && at < back ? 3 : 4)
    expect(await evidenceAt(now, { documents, from })).toMatchObject({
      stage_since: back,
      window: { since: from },
    })
  })
})

describe('a gathering', () => {
  it('reads pages of a thousand to the end', async () => {
    tick(T0)
    for (let n = 1; n <= 2_500; n++) tick(T0 + n, { duplicates: 1 })
    expect((await evidenceAt(T0 + MINUTE)).duplicates?.settled).toBe(2_500)
  })

  it('reads a full day to its end, by shorter parts', async () => {
    const begin = T0 - 10 * HOUR
    tick(begin)
    for (let n = 1; n <= 5_500; n++) tick(begin + n * 5 * SECOND, { duplicates: 1 })
    const { duplicates, read_from } = await evidenceAt(T0)
    expect(duplicates?.settled).toBe(5_500)
    expect(read_from?.ticks).toBe(T0 - 31 * DAY)
  })

  it('takes the records of refused reports for cut off only when they were', async () => {
    for (let n = 0; n <= 1_000; n++) tick(T0 + n)
    put('scheduler_audit', { action: 'legacy_report_refused', at: T0 + 3, performed: true })
    expect((await evidenceAt(T0 + MINUTE)).cut_off).toEqual([])
    const clock = virtualClock(T0 + MINUTE)
    const real = memoryDocuments(clock, stored)
    const [one] = (await real.query({ shape: 'audit', equals: 'legacy_report_refused', limit: 1 })).value
    const asked: Query[] = []
    const endless: Documents = {
      ...real,
      query: async (query) => {
        if (!('shape' in query) || query.shape !== 'audit') return real.query(query)
        asked.push(query)
        return { value: Array.from({ length: query.limit }, () => one!), time: clock.now() }
      },
    }
    expect((await evidenceAt(T0 + MINUTE, { documents: endless })).cut_off).toEqual(['audit'])
    expect(asked).toHaveLength(50)
  })

  it('is what can be sent as JSON and read again', async () => {
    ticks(T0, T0 + MINUTE)
    run(T0 + MINUTE)
    const evidence = await evidenceAt(T0 + 2 * MINUTE)
    expect(parseEvidence(JSON.parse(JSON.stringify(evidence)))).toEqual(evidence)
  })

  it('tells the flags, and the longest time between ticks', async () => {
    const env = { SCHEDULER_CADENCE: '*/5 9-17 * * *', ROLLOUT_EXPECTED_JOBS: 'digest,mail' }
    expect(await evidenceAt(T0, { env })).toMatchObject({
      stage: 4,
      revision: 'r-2',
      cadence_seconds: (15 * 60 + 5) * 60,
      handlers: { expected: ['digest', 'mail'], registered: ['digest'] },
      stage_since: null,
      ticks: [{ expected: 0 }],
    })
  })
})
