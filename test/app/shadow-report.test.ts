import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../functions/config.ts'
import { newJob } from '../../functions/job/definition.ts'
import { type Job, runId } from '../../functions/job/job.ts'
import { DEFAULT_POLICIES, type Policies } from '../../functions/job/policies.ts'
import { newRun, type Run, runFields, type SkipReason, skipFields } from '../../functions/job/run.ts'
import { toFields } from '../../functions/job/stored.ts'
import type { Path } from '../../functions/rollout/stage.ts'
import { epochOf } from '../../functions/rollout/stage.ts'
import { shadowReport } from '../../functions/shadow/comparison.ts'
import type { Collection, Documents, Fields } from '../../functions/store/documents.ts'
import { type Initial, memoryDocuments } from '../../functions/store/memory.ts'
import { virtualClock } from '../support/virtual-clock.ts'
import { NOW, PEOPLE, setup as setupApp } from './setup.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const SINCE = NOW - 3 * HOUR
const ENV = { ROLLOUT_STAGE: '3', ROLLOUT_LEGACY_LOOP: 'on' }
const EPOCH = epochOf(loadConfig(ENV))

type Changes = Partial<Omit<Job, 'policies'>> & { readonly policies?: Partial<Policies> }

function job({ policies, ...changes }: Changes = {}): Job {
  const definition = {
    name: 'digest',
    kind: 'recurring' as const,
    description: '',
    display_name: '',
    target: { kind: 'handler' as const },
    ends_at: null,
    job_type: 'digest',
    lane: 'default',
    schedule: { kind: 'every' as const, seconds: 60, anchor_at: 0 },
    payload: '{}',
    policies: { ...DEFAULT_POLICIES, ...policies },
  }
  return { ...newJob(definition, SINCE - HOUR), next_run_at: NOW + MINUTE, ...changes }
}

/** The fields of a run that began a second late and succeeded, so many minutes before `NOW`. */
function run(path: Path, ago: number, changes: Partial<Run> = {}, of = job()): Fields & { id: string } {
  const scheduled_for = NOW - ago * MINUTE
  const began_at = scheduled_for + 1000
  const held = {
    state: 'running',
    fence: 1,
    attempt: 1,
    owner: 'a',
    give_backs: 0,
    died: false,
    trouble: null,
    token: null,
  } as const
  const entry = { ...held, run: runId(of.name, scheduled_for), path, until: NOW, scheduled_for, began_at }
  const begun = newRun(of, entry, began_at)
  return {
    ...runFields({ ...begun, status: 'succeeded', finished_at: began_at + 1000, ...changes }),
    id: entry.run,
  }
}

function skip(reason: SkipReason, first: number, last: number): Fields & { id: string } {
  const [first_at, last_at] = [NOW - first * MINUTE, NOW - last * MINUTE]
  return { ...skipFields(job(), { reason, first_at, last_at, count: 2 }, NOW), id: runId('digest', first_at) }
}

function initial(collection: Collection, all: readonly (Fields & { id: string })[]): Initial[] {
  return all.map((fields) => ({ ref: { collection, id: fields.id }, fields }))
}

interface Recorded {
  readonly live?: readonly (Fields & { id: string })[]
  readonly shadow?: readonly (Fields & { id: string })[]
  readonly live_job?: Job | null
  readonly shadow_job?: Fields | null
  readonly mark?: Fields | null
  readonly env?: Record<string, string>
}

const MARK = { epoch: EPOCH, shadow_since: SINCE, synced_until: NOW }
const SHADOW_JOB = { ...toFields(job()), epoch: EPOCH, shadow_since: SINCE }

function setup(recorded: Recorded = {}) {
  const { live = [], shadow = [], live_job = job(), shadow_job = SHADOW_JOB, mark = MARK } = recorded
  const env = { ...ENV, ...recorded.env }
  const documents = memoryDocuments(virtualClock(NOW), [
    ...initial('scheduler_runs', live),
    ...initial('scheduler_shadow_runs', shadow),
    ...initial('scheduler_jobs', live_job === null ? [] : [{ ...toFields(live_job), id: live_job.name }]),
    ...initial('scheduler_shadow_jobs', shadow_job === null ? [] : [{ ...shadow_job, id: 'digest' }]),
    ...initial('scheduler_shadow_marks', mark === null ? [] : [{ ...mark, id: 'default' }]),
  ])
  const { app } = setupApp({ documents, env })
  const get = (query = '', person: keyof typeof PEOPLE = 'viewer') =>
    app.request(`/api/shadow/report${query}`, { headers: { authorization: `Bearer ${person}` } })
  const report = async (query = ''): Promise<ReturnType<typeof JSON.parse>> => (await get(query)).json()
  return { get, report, documents, config: loadConfig(env) }
}

const kinds = ({ total }: { total: { verdicts: object } }) =>
  Object.fromEntries(Object.entries(total.verdicts).filter(([, count]) => count > 0))

describe('the shadow report', () => {
  test('compares what both sides have recorded', async () => {
    const live = [5, 6, 7].map((ago) => run('legacy', ago))
    const { report } = setup({ live, shadow: [5, 6].map((ago) => run('tick', ago)) })
    const found = await report()
    expect(found).toMatchObject({
      status: 'on',
      stage: 3,
      shadow_path: 'tick',
      since: '2030-01-31T09:00:00.000Z',
      until: '2030-01-31T11:57:50.000Z',
      complete: true,
      documents_read: 7,
      documents_unreadable: 0,
      rules: [],
    })
    expect(kinds(found)).toEqual({ match: 2, only_legacy: 1 })
    expect(found.jobs[0]).toMatchObject({ job: 'digest', tolerance_seconds: 130, agreement: 2 / 3 })
    expect(found.jobs[0].examples[0].legacy.run).toBe(live[2]?.id)
  })

  test('says in a sentence that no shadow runs, at every stage that has none', async () => {
    for (const stage of ['0', '1', '4', '5']) {
      const loop = stage < '4' ? 'on' : 'off'
      const answer = await setup({ env: { ROLLOUT_STAGE: stage, ROLLOUT_LEGACY_LOOP: loop } }).get()
      expect(answer.status).toBe(200)
      expect(await answer.json()).toEqual({
        status: 'off',
        stage: Number(stage),
        message: expect.stringContaining('SCHEDULER_SHADOW_MODE'),
      })
    }
  })

  test('is for those who may look', async () => {
    const { get } = setup()
    const statuses = Object.keys(PEOPLE).map(async (person) => [
      person,
      (await get('', person as never)).status,
    ])
    expect(Object.fromEntries(await Promise.all(statuses))).toEqual({
      operator: 200,
      viewer: 200,
      scheduler: 403,
      service: 403,
      legacy: 403,
      stranger: 403,
    })
  })

  test('names the paths at stage 4, where the ticks are live', async () => {
    const env = { ROLLOUT_STAGE: '4', SCHEDULER_SHADOW_MODE: 'true' }
    const epoch = epochOf(loadConfig({ ...ENV, ...env }))
    const marks = { mark: { ...MARK, epoch }, shadow_job: { ...SHADOW_JOB, epoch } }
    const { report } = setup({ env, ...marks, live: [run('tick', 5)], shadow: [run('legacy', 6)] })
    const found = await report()
    expect(found.shadow_path).toBe('legacy')
    // A minute apart is within the tolerance, so one is the other's partner.
    expect(kinds(found)).toEqual({ match: 1 })
    expect(found.total).toMatchObject({ legacy: { runs: 1, planned: 1 }, tick: { runs: 1, planned: 0 } })
  })

  test('covers the last day by default, and otherwise the window, job and examples asked for', async () => {
    const mark = { ...MARK, shadow_since: NOW - 90 * 24 * HOUR }
    const shadow_job = { ...SHADOW_JOB, shadow_since: mark.shadow_since }
    const other = job({ name: 'other' })
    const live = [run('legacy', 30), run('legacy', 40, {}, other), run('legacy', 25 * 60)]
    const { report } = setup({ live, mark, shadow_job })
    expect(kinds(await report())).toEqual({ only_legacy: 2 })
    expect(kinds(await report('?from=2030-01-30T00:00:00Z'))).toEqual({ only_legacy: 3 })
    expect(kinds(await report('?to=2030-01-31T11:20:00Z'))).toEqual({ only_legacy: 1 })
    expect(kinds(await report('?to=2030-01-31T11:20:00Z&job=digest'))).toEqual({})
    expect(kinds(await report('?to=2030-01-31T10:00:00Z&job=digest'))).toEqual({ only_legacy: 1 })
    expect((await report('?job=digest')).jobs).toHaveLength(1)
    expect((await report('?examples=0')).jobs[0].examples).toEqual([])
  })

  test.each([
    ['?from=yesterday', 'from'],
    ['?to=2030-02-30', 'to'],
    ['?from=2030-01-31T12:00:00Z', 'from'],
    ['?from=2029-12-31T11:59:59Z', 'from'],
    ['?examples=21', 'examples'],
    ['?examples=-1', 'examples'],
    ['?job=', 'job'],
    ['?limit=1', 'limit'],
  ])('refuses %s and names the field', async (query, field) => {
    const answer = await setup().get(query)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ code: 'bad_request', problems: [{ field }] })
  })

  test('takes a window of exactly 31 days', async () => {
    expect((await setup().get('?from=2029-12-31T12:00:00Z')).status).toBe(200)
  })

  test('leaves out a lane whose shadow has not begun under the flags of now', async () => {
    const live = [run('legacy', 5)]
    const unmarked = { shadow_job: null, live }
    for (const mark of [null, { ...MARK, epoch: 'stage 3, 10 %' }]) {
      const found = await setup({ ...unmarked, mark }).report()
      expect(found).toMatchObject({ since: null, until: null, total: { compared: 0, agreement: null } })
    }
  })

  test('compares a job without a shadow of its own since its lane is: one that the other path misses shows', async () => {
    const live = [run('legacy', 5), run('legacy', 181)]
    const reported = job({ kind: 'reported' })
    for (const live_job of [job(), reported, null])
      expect(kinds(await setup({ live, live_job, shadow_job: null }).report())).toEqual({ only_legacy: 1 })
    const stale = { ...SHADOW_JOB, epoch: 'another', shadow_since: NOW }
    expect(kinds(await setup({ live, shadow_job: stale }).report())).toEqual({ only_legacy: 1 })
    const begun = { ...SHADOW_JOB, shadow_since: NOW - 5 * MINUTE }
    expect(kinds(await setup({ live, shadow_job: begun }).report())).toEqual({})
  })

  test('goes by the job’s own tolerance where it has one', async () => {
    const patient = job({ policies: { shadow_tolerance_seconds: 600 } })
    const live = [run('legacy', 12, { started_at: NOW - 5 * MINUTE })]
    const shadow = [run('tick', 12)]
    expect(kinds(await setup({ live, shadow }).report())).toEqual({ late: 1 })
    const shadow_job = { ...toFields(patient), epoch: EPOCH, shadow_since: SINCE }
    expect(kinds(await setup({ live, shadow, shadow_job }).report())).toEqual({ match: 1 })
  })

  test('shows why the path that did not perform a run skipped it, also from within a range', async () => {
    const found = await setup({ live: [run('legacy', 5)], shadow: [skip('coalesced', 7, 4)] }).report()
    expect(found.jobs[0].examples[0].tick).toMatchObject({ run: null, skip_reason: 'coalesced' })
    const paused = await setup({ shadow: [run('tick', 5)], live: [skip('paused', 7, 4)] }).report()
    expect(paused.total.ignored).toEqual({ paused: 1 })
  })

  test('takes a job as it stands for what it has not closed yet: paused, or without a free slot', async () => {
    const shadow = [run('tick', 5)]
    const paused = job({ enabled: false, next_run_at: NOW - 6 * MINUTE })
    expect((await setup({ shadow, live_job: paused }).report()).total.ignored).toEqual({ paused: 1 })
    const full = job({ full_since: NOW - 6 * MINUTE, next_run_at: NOW - 5 * MINUTE })
    expect(kinds(await setup({ shadow, live_job: full }).report())).toEqual({ pending: 1 })
    const replacing = { ...full, policies: { ...full.policies, overlap: 'replace' as const } }
    expect(kinds(await setup({ shadow, live_job: replacing }).report())).toEqual({ only_tick: 1 })
    const free = { ...full, full_until: NOW - 4 * MINUTE }
    expect(kinds(await setup({ shadow, live_job: free }).report())).toEqual({ only_tick: 1 })
  })

  test('finds partners just outside the window', async () => {
    const { report } = setup({ live: [run('legacy', 61)], shadow: [run('tick', 59.5)] })
    expect(kinds(await report('?from=2030-01-31T11:00:00Z'))).toEqual({ match: 1 })
    expect(kinds(await report('?to=2030-01-31T11:00:00Z'))).toEqual({ match: 1 })
  })

  test('sets aside what the rules of the flags name, and lists them', async () => {
    const rule = {
      name: 'known',
      job: 'digest',
      verdict: 'only_legacy',
      owner: 'ana',
      until: '2030-02-01',
      reason: 'x',
    }
    const env = { ROLLOUT_IGNORE: JSON.stringify([rule]) }
    const found = await setup({ env, live: [run('legacy', 5)] }).report()
    expect(kinds(found)).toEqual({ ignored: 1 })
    expect(found.rules).toEqual([{ ...rule, until: '2030-02-01T00:00:00.000Z', expired: false, ignored: 1 }])
  })

  test('leaves out runs that people asked for, and counts records that it cannot read', async () => {
    const manual = { ...run('legacy', 5), triggered_by: 'manual' }
    const damaged = { ...run('legacy', 6), attempts: 'none' }
    const found = await setup({ live: [manual, damaged, { ...skip('paused', 8, 7), reason: 'no' }] }).report()
    expect(found).toMatchObject({ documents_read: 3, documents_unreadable: 2, total: { compared: 0 } })
  })

  test('answers that the store is out of reach as any route does', async () => {
    const { documents, config } = setup()
    await documents.close()
    const gone: Documents = { ...documents, get: () => Promise.reject(new Error('gone')) }
    const asked = shadowReport({ documents: gone, config, now: NOW }, { from: SINCE, to: NOW, examples: 5 })
    await expect(asked).rejects.toThrow('gone')
  })
})

describe('a comparison that may not read all', () => {
  const agos = Array.from({ length: 60 }, (_, n) => 65 - n)
  const live = agos.map((ago) => run('legacy', ago))
  const shadow = agos.map((ago) => run('tick', ago))
  const window = { from: SINCE, to: NOW, examples: 5 }

  test.each([20, 60, 70, 119])(
    'after %i records says so, and calls nothing missing that it did not read',
    async (most) => {
      const { documents, config } = setup({ live, shadow })
      const found = await shadowReport({ documents, config, now: NOW, most }, window)
      const agreement = most > 60 ? 1 : null
      expect(found).toMatchObject({ complete: false, documents_read: most + 2, total: { agreement } })
    },
  )

  test('calls nothing missing whose partner by the nearest instant lies beyond', async () => {
    const other = job({ name: 'other' })
    const both = {
      live: [run('legacy', 30), run('legacy', 29.5, {}, other)],
      shadow: [run('tick', 29.5, {}, other), run('tick', 29)],
    }
    const { documents, config } = setup(both)
    const cut = await shadowReport({ documents, config, now: NOW, most: 3 }, window)
    expect(cut).toMatchObject({ complete: false, total: { compared: 0 } })
    const whole = await shadowReport({ documents, config, now: NOW, most: 5 }, window)
    expect(whole).toMatchObject({ complete: true, total: { compared: 2, agreement: 1 } })
  })

  test('reads both sides to about the same instant, page by page', async () => {
    const many = Array.from({ length: 1500 }, (_, n) => run('legacy', 5 + n / 10))
    const { documents, config } = setup({
      live: many,
      shadow: many.map((one) => ({
        ...one,
        ...run('tick', 5),
        id: one.id,
        scheduled_for: one.scheduled_for,
        started_at: one.started_at,
      })),
    })
    const limits: number[] = []
    const watched: Documents = {
      ...documents,
      query: (query) => {
        limits.push(query.limit)
        return documents.query(query)
      },
    }
    const found = await shadowReport({ documents: watched, config, now: NOW, most: 2500 }, window)
    expect(limits).toEqual([1000, 1000, 500])
    expect(found).toMatchObject({ complete: false, total: { agreement: 1 } })
    const all = await shadowReport({ documents, config, now: NOW }, window)
    expect(all).toMatchObject({ complete: true, total: { agreement: 1, compared: 1500 } })
  })
})
