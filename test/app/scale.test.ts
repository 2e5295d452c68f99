import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addDaily } from '../../functions/job/daily.ts'
import { runId } from '../../functions/job/job.ts'
import { addRecent } from '../../functions/job/recent.ts'
import { runFields } from '../../functions/job/run.ts'
import { type Counted, counted } from '../../functions/store/counted.ts'
import { writeSnapshot } from '../../functions/store/disk/snapshot.ts'
import type { Stored } from '../../functions/store/documents.ts'
import { openJsonDocuments } from '../../functions/store/json.ts'
import { realClock } from '../support/real-clock.ts'
import { NOW, setup, storedJob } from './setup.ts'

const JOBS = 10_000
const RUNS = 100_000
/** Of one job alone; the others have the rest. */
const BUSY_RUNS = 20_000
const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

/** A year of sums, and the last twenty runs. */
const YEAR = Array.from({ length: 365 }, (_, day) => day).reduce(
  (text, day) => addDaily(text, { at: NOW - day * DAY, outcome: 'succeeded', duration_ms: 1234, items: 12 }),
  '',
)
const RECENT = Array.from({ length: 20 }, (_, n) => n).reduce(
  (text, n) =>
    addRecent(text, { at: NOW - n * MINUTE, outcome: 'succeeded', duration_ms: 1234, lateness_ms: 321 }),
  '',
)

const nameOf = (n: number) => `job-${String(n).padStart(5, '0')}`

/** The first page has jobs that are as heavy as they get. */
function job(n: number): Stored {
  const totals = { runs: 8, succeeded: 8, failed: 0, skipped: 0, duplicates_suppressed: 0 }
  return storedJob({
    name: nameOf(n),
    totals: n === 0 ? { ...totals, runs: BUSY_RUNS, succeeded: BUSY_RUNS } : totals,
    daily: n < 1000 ? YEAR : '',
    recent: RECENT,
    schedule: { kind: 'every', seconds: 60, anchor_at: 0 },
  })
}

/** The `n`th run of a job before now, one each minute. */
function run(name: string, n: number): Stored {
  const at = NOW - n * MINUTE
  const attempt = { attempt: 1, fence: n, owner: 'a tick', path: 'tick', started_at: at + 300 } as const
  const fields = runFields({
    id: runId(name, at),
    job: name,
    job_type: 'digest',
    lane: 'default',
    triggered_by: 'scheduler',
    triggered_by_user: null,
    scheduled_for: at,
    status: 'succeeded',
    fence: n,
    attempts: [{ ...attempt, ended_at: at + 900, outcome: 'succeeded', error: null }],
    started_at: at + 300,
    finished_at: at + 900,
    lateness_ms: 300,
    items: { processed: 3, succeeded: 3, failed: 0 },
    result: '{"sent":3}',
    error: null,
    payload_hash: 'abc',
    intents: null,
    effect_failed: false,
    expire_at: NOW + 90 * DAY,
  })
  return { ref: { collection: 'scheduler_runs', id: runId(name, at) }, version: '1', fields }
}

function* everything(): Generator<Stored> {
  for (let n = 0; n < JOBS; n++) yield job(n)
  for (let n = 0; n < BUSY_RUNS; n++) yield run(nameOf(0), n)
  for (let n = 0; n < RUNS - BUSY_RUNS; n++)
    yield run(nameOf(1 + (n % (JOBS - 1))), Math.floor(n / (JOBS - 1)))
}

describe(`with ${JOBS} jobs and ${RUNS} runs in the embedded store`, () => {
  let folder: string
  let documents: Counted
  let app: ReturnType<typeof setup>['app']
  const measured: string[] = []

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tickover-scale-'))
    const path = join(folder, 'state.json')
    await writeSnapshot(path, 1, everything())
    documents = counted(await openJsonDocuments(path, realClock, { emit: () => {} }), realClock)
    app = setup({ documents }).app
  })
  afterAll(async () => {
    process.stdout.write(`${measured.join('\n')}\n`)
    await documents.close()
    await rm(folder, { recursive: true })
  })

  /** What a viewer is answered, what was read for it, and how long it took. */
  async function ask(path: string) {
    const before = documents.counts()
    const began = performance.now()
    const response = await app.request(path, { headers: { authorization: 'Bearer viewer' } })
    const text = await response.text()
    const ms = performance.now() - began
    const { read, calls } = documents.counts()
    expect(response.status, text.slice(0, 500)).toBe(200)
    return { text, ms, read: read - before.read, calls: calls - before.calls }
  }

  /** Place, and the most documents that may be read for it. */
  const PLACES = [
    ['/api/jobs', 1000],
    ['/api/jobs?limit=50', 50],
    [`/api/jobs?limit=50&from=${nameOf(JOBS - 60)}`, 50],
    [`/api/jobs/${nameOf(0)}`, 1],
    [`/api/jobs/${nameOf(0)}/history`, 1 + 21],
    [`/api/jobs/${nameOf(0)}/history?limit=100`, 1 + 101],
    [`/api/jobs/${nameOf(0)}/history?offset=10000&limit=100`, 1 + 10_000 + 101],
    [`/api/jobs/${nameOf(0)}/history?include=skipped`, 1 + 21],
    [`/api/jobs/${nameOf(0)}/stats?days=365`, 1],
    [`/api/jobs/${nameOf(0)}/preview?count=100`, 1],
    [`/api/jobs/${nameOf(0)}/audit`, 21],
    // Records, jobs and their runs in flight, and some older records of each.
    ['/api/timeline', 2000 + 100 + 100 + 100 + 500],
    ['/api/performance', 2000],
    ['/health', 100],
    ['/admin', 0],
  ] as const

  it.each(PLACES)('%s answers under a second, and reads at most %i documents', async (path, most) => {
    const { ms, read, calls } = await ask(path)
    measured.push(`${path}: ${Math.round(ms)} ms, ${read} documents in ${calls} calls`)
    expect(read).toBeLessThanOrEqual(most)
    expect(ms).toBeLessThan(1000)
  })

  it('a page deep in a history costs no more than the first', async () => {
    const path = `/api/jobs/${nameOf(0)}/history`
    const { pagination } = JSON.parse((await ask(`${path}?offset=9999&limit=1`)).text)
    const { text, read, ms } = await ask(`${path}?cursor=${pagination.next_cursor}`)
    expect(read).toBe(1 + 21)
    expect(ms).toBeLessThan(1000)
    const { executions } = JSON.parse(text)
    expect(executions[0].scheduled_for).toBe(new Date(NOW - 10_000 * MINUTE).toISOString())
    expect(JSON.parse((await ask(path)).text).pagination.total).toBe(BUSY_RUNS)
  })

  it('a page begins where its offset says, wherever the reads before it end', async () => {
    for (const offset of [0, 899, 900, 979, 980, 999, 1000, 1001, 1979, 1980, 9999, 10_000]) {
      const { text } = await ask(`/api/jobs/${nameOf(0)}/history?offset=${offset}&limit=20`)
      const instants = JSON.parse(text).executions.map((one: { scheduled_for: string }) => one.scheduled_for)
      const expected = Array.from({ length: 20 }, (_, n) =>
        new Date(NOW - (offset + n) * MINUTE).toISOString(),
      )
      expect(instants).toEqual(expected)
    }
  })

  it('the whole list is read page by page, each job once', async () => {
    const names = new Set<string>()
    for (let query = '?limit=1000', pages = 0; query !== '' && pages <= 10; pages++) {
      const { jobs, next_cursor } = JSON.parse((await ask(`/api/jobs${query}`)).text)
      for (const { name } of jobs) names.add(name)
      query = next_cursor === null ? '' : `?limit=1000&cursor=${next_cursor}`
    }
    expect(names.size).toBe(JOBS)
  })
})
