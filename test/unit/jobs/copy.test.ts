import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { newJob } from '../../../functions/job/definition.ts'
import { type Job, runId } from '../../../functions/job/job.ts'
import { newRun, runFields, skipFields } from '../../../functions/job/run.ts'
import { toFields } from '../../../functions/job/stored.ts'
import { jobRef, runRef } from '../../../functions/lease/held.ts'
import type { Documents, Fields, Ref, Stored } from '../../../functions/store/documents.ts'
import { openJsonDocuments } from '../../../functions/store/json.ts'
import { type Initial, memoryDocuments } from '../../../functions/store/memory.ts'
import { readArguments } from '../../../scripts/jobs/arguments.ts'
import { type Copying, copy } from '../../../scripts/jobs/copy.ts'
import type { Opened } from '../../../scripts/jobs/open.ts'
import { main } from '../../../scripts/jobs.ts'
import { realClock } from '../../support/real-clock.ts'
import { type Scripted, scripted } from '../../support/scripted-documents.ts'
import { type VirtualClock, virtualClock } from '../../support/virtual-clock.ts'
import { definition, HOUR, LEASE, MINUTE, newMinutely, running, T0 } from '../job/fixtures.ts'

const NOW = T0 + HOUR

/** A job, and a run of it that is under way with an effect done; the lease runs out at `until`. */
function underWay(until = NOW - 1, name = 'digest'): Initial[] {
  const scheduledFor = T0 + MINUTE
  const job = running(newJob(definition({ name }), T0), scheduledFor, scheduledFor, until)
  const [entry] = job.entries
  if (entry === undefined) throw new Error('nothing runs')
  const effect = { run: entry.run, key: 'mail', fence: entry.fence, state: 'done', result: '1' }
  return [
    stored(job),
    { ref: runRef(entry.run), fields: runFields(newRun(job, entry, scheduledFor)) },
    {
      ref: { collection: 'scheduler_effects', id: `${entry.run}:mail` },
      fields: { ...effect, started_at: scheduledFor, done_at: scheduledFor + 1 },
    },
  ]
}

function stored(job: Job): Initial {
  return { ref: jobRef(job.name), fields: toFields(job) }
}

function skipped(job: string, at: number): Initial {
  const range = { reason: 'paused', first_at: at, last_at: at, count: 1 } as const
  return {
    ref: runRef(runId(job, at)),
    fields: skipFields(newMinutely({}, { name: job }), range, at),
  }
}

function opened(name: string, documents: Documents): Opened {
  return { name, documents, [Symbol.asyncDispose]: async () => undefined }
}

/** Two stores on one clock, and the copy from one to the other. */
function setup(source: readonly Initial[], target: readonly Initial[] = []) {
  const clock: VirtualClock = virtualClock(NOW)
  const from = memoryDocuments(clock, source)
  const to = scripted(memoryDocuments(clock, target))
  const said: string[] = []
  const move = (options: Partial<Copying> = {}) =>
    copy({
      source: opened('here', from),
      target: opened('there', to),
      with_running: false,
      dry_run: false,
      say: (line) => said.push(line),
      ...options,
    })
  return { from, to, said, move, clock }
}

async function read(documents: Documents, ref: Ref): Promise<Stored | null> {
  return (await documents.get([ref])).value[0] ?? null
}

async function fieldsIn(documents: Documents, all: readonly Initial[]): Promise<(Fields | undefined)[]> {
  const { value } = await documents.get(all.map(({ ref }) => ref))
  return value.map((stored) => stored?.fields)
}

const written = ({ asked }: Scripted) => asked.flat().map(({ ref }) => ref.id)

describe('a copy', () => {
  it('moves jobs, runs in flight with their effects, and the records of the last 24 hours; nothing else', async () => {
    const open = underWay()
    const recent = skipped('other', NOW - 23 * HOUR)
    const past = skipped('other', NOW - 25 * HOUR)
    const finished: Initial = {
      ref: { collection: 'scheduler_effects', id: 'done@x:mail' },
      fields: { run: 'done@x', started_at: NOW, state: 'done' },
    }
    const kinds = (['one_off', 'reported'] as const).map((kind) =>
      stored(newJob(definition({ name: kind, kind, schedule: { kind: 'at', at: NOW } }), T0)),
    )
    const all = [...open, ...kinds, stored(newMinutely({}, { name: 'other' })), recent]
    const { to, move, said } = setup([...all, past, finished])
    expect(await move()).toBe('copied')
    expect(await fieldsIn(to, all)).toEqual(all.map(({ fields }) => fields))
    expect(await fieldsIn(to, [past, finished])).toEqual([undefined, undefined])
    expect(said.at(-1)).toMatch(/^7 documents there \(hash (\w+)\), 7 of them equal here \(hash \1\)$/)
  })

  it('writes the jobs last: until they are there, nobody claims anything of what is', async () => {
    const { to, move } = setup(underWay())
    await move()
    expect(to.asked.flat().map(({ ref }) => ref.collection)).toEqual([
      'scheduler_effects',
      'scheduler_runs',
      'scheduler_jobs',
    ])
  })

  it('moves a run in flight that is older than the records, once', async () => {
    const { to, move, clock, from } = setup(underWay(T0 + LEASE))
    await clock.advance(48 * HOUR)
    await move()
    expect(written(to)).toEqual([
      'digest@2030-01-31T12:01:00.000Z:mail',
      runId('digest', T0 + MINUTE),
      'digest',
    ])
    expect(await read(to, jobRef('digest'))).toMatchObject({
      fields: (await read(from, jobRef('digest')))?.fields,
    })
  })

  it('goes on where it was cut off, and has nothing to do the next time', async () => {
    const jobs = Array.from({ length: 250 }, (_, n) => stored(newMinutely({}, { name: `job-${1000 + n}` })))
    const { to, move } = setup(jobs)
    to.commits.push(() => undefined, 'unreachable')
    await expect(move()).rejects.toThrow(/After 100 documents: .* run this again/)
    to.asked.splice(0)
    expect(await move()).toBe('copied')
    expect(written(to)).toEqual(jobs.slice(100).map(({ ref }) => ref.id))
    to.asked.splice(0)
    expect(await move()).toBe('equal')
    expect(to.asked).toEqual([])
  })

  it('has made what it wrote when its reply was lost, and finds it there when it is run again', async () => {
    const { to, move } = setup(underWay())
    to.commits.push('reply_lost')
    await expect(move()).rejects.toThrow(/reply lost/)
    expect(await move()).toBe('equal')
  })

  it('updates what is older in the target, and leaves fields that a hand has added', async () => {
    const job = { ...newMinutely(), updated_at: NOW }
    const old = stored({ ...job, updated_at: T0, enabled: false })
    const { to, move } = setup([stored(job)], [{ ...old, fields: { ...old.fields, note: 'mine' } }])
    expect(await move()).toBe('copied')
    expect((await read(to, jobRef('digest')))?.fields).toEqual({ ...toFields(job), note: 'mine' })
  })

  it.each<[string, Initial[], (fields: Fields) => Fields]>([
    ['a job', [stored(newMinutely())], (job) => ({ ...job, updated_at: T0 + 1 })],
    ['a run', underWay().slice(0, 2), (run) => ({ ...run, finished_at: NOW })],
    ['a run in other hands', underWay().slice(0, 2), (run) => ({ ...run, fence: 9 })],
    [
      'a range of skips',
      [stored(newMinutely()), skipped('digest', NOW)],
      (skip) => ({ ...skip, last_at: NOW + 1 }),
    ],
  ])(
    'refuses, and says which, when %s has moved on in the target; then it writes nothing',
    async (_, all, on) => {
      const last = all.at(-1)
      if (last === undefined) throw new Error('nothing to move')
      const { to, move } = setup(all, [{ ref: last.ref, fields: on(last.fields) }])
      await expect(move()).rejects.toThrow(
        `Nothing was copied: in there these have moved on beyond the source: ${last.ref.id}`,
      )
      expect(to.asked).toEqual([])
    },
  )

  it('refuses while an attempt is under way on either side, unless it is told to take it along', async () => {
    const living = underWay(NOW + 1)
    const { to, move } = setup(living)
    await expect(move()).rejects.toThrow(/In here attempts are under way: digest\./)
    await expect(setup([], living).move()).rejects.toThrow(/In there attempts are under way: digest\./)
    expect(to.asked).toEqual([])
    expect(await move({ with_running: true })).toBe('copied')
    expect(await fieldsIn(to, living)).toEqual(living.map(({ fields }) => fields))
  })

  it('fails when a side is in use meanwhile: they are not equal at the end', async () => {
    const { from, to, move } = setup(underWay())
    to.commits.push(async () => {
      const job = await read(from, jobRef('digest'))
      const fields = { updated_at: NOW }
      await from.commit([{ kind: 'update', ref: jobRef('digest'), version: job?.version ?? '', fields }])
    })
    await expect(move()).rejects.toThrow(/not equal: one of them is in use/)
  })

  it('only says what it would do when that is asked, and names what only the target has', async () => {
    const { to, move, said } = setup(underWay(), [stored(newMinutely({}, { name: 'elsewhere' }))])
    expect(await move({ dry_run: true })).toBe('pending')
    expect(to.asked).toEqual([])
    expect(said.slice(1)).toEqual([
      '  to create 3, to update 0, equal 0, moved on 0',
      '  left alone, since only the target has them: the jobs elsewhere',
    ])
  })
})

/** What the command prints, and its exit code. */
async function run(line: string, env = {}): Promise<{ code: number; said: string }> {
  const said: string[] = []
  const code = await main(line.split(' '), env, realClock, (text) => said.push(text))
  return { code, said: said.join('\n') }
}

describe('npm run jobs', () => {
  const ends: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const end of ends.splice(0)) await end()
  })
  it.each([
    [
      'copy --from json --to firestore --file a.json',
      { verb: 'copy', from: 'json', file: 'a.json', dry_run: false },
    ],
    [
      'copy --from firestore --to json --dry-run --with-running',
      { dry_run: true, with_running: true, file: null },
    ],
    ['--help', { verb: 'help' }],
    ['copy --from json --to json', { verb: 'wrong' }],
    ['copy', { verb: 'wrong' }],
    ['move --from json --to firestore', { verb: 'wrong', reasons: ['say what to do: copy'] }],
    ['copy --from json --to firestore --force', { verb: 'wrong', reasons: ["Unknown option '--force'"] }],
  ])('reads "%s"', (line, command) => {
    expect(readArguments(line.split(' '))).toMatchObject(command)
  })

  it('ends with 2 for wrong usage and configuration, and with 1 where the file is not there or in use', async () => {
    expect((await run('copy --from json')).code).toBe(2)
    const wrong = await run('copy --from json --to firestore', { SCHEDULER_CONCURRENCY: 'x' })
    expect(wrong).toMatchObject({ code: 2, said: expect.stringContaining('SCHEDULER_CONCURRENCY') })
    const folder = await mkdtemp(join(tmpdir(), 'tickover-jobs-'))
    ends.push(() => rm(folder, { recursive: true }))
    const file = join(folder, 'state.json')
    const line = `copy --from json --to firestore --file ${file}`
    expect(await run(line)).toMatchObject({ code: 1, said: expect.stringContaining('There is no file') })
    const documents = await openJsonDocuments(file, realClock, { emit: () => undefined })
    expect(await run(line)).toMatchObject({
      code: 1,
      said: expect.stringContaining('in use by another process'),
    })
    await documents.close()
  })
})
