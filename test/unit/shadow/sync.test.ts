import { describe, expect, test } from 'vitest'
import { type Definition, newJob, pause, unpause } from '../../../functions/job/definition.ts'
import type { Job } from '../../../functions/job/job.ts'
import { chooseEnabled, chooseSchedule, reset } from '../../../functions/job/overrides.ts'
import { parseJob } from '../../../functions/job/parse.ts'
import { toFields } from '../../../functions/job/stored.ts'
import { enqueue } from '../../../functions/lease/enqueue.ts'
import { jobRef } from '../../../functions/lease/held.ts'
import { register } from '../../../functions/lease/register.ts'
import { removeJob } from '../../../functions/lease/remove.ts'
import { type Following, sync } from '../../../functions/shadow/sync.ts'
import { shadowView } from '../../../functions/shadow/view.ts'
import type { Collection, Fields } from '../../../functions/store/documents.ts'
import { memoryDocuments } from '../../../functions/store/memory.ts'
import { scripted } from '../../support/scripted-documents.ts'
import { virtualClock } from '../../support/virtual-clock.ts'
import { definition, MINUTE, T0 } from '../job/fixtures.ts'

/** A store with these jobs since `T0`, followed by a shadow whose calls can be scripted. */
async function setup(definitions: readonly Definition[] = [definition()]) {
  const clock = virtualClock(T0)
  const store = memoryDocuments(clock)
  await register(store, definitions)
  const wire = scripted(store)
  const following: Following = { live: wire, shadow: shadowView(wire), epoch: 'one', isShadowed: () => true }
  const fieldsOf = async (collection: Collection, id: string): Promise<Fields | undefined> =>
    (await store.get([{ collection, id }])).value[0]?.fields
  return {
    clock,
    store,
    wire,
    following,
    look: (changes: Partial<Following> = {}, lane = 'default') => sync({ ...following, ...changes }, lane),
    shadow: (name = 'digest') => fieldsOf('scheduler_shadow_jobs', name),
    mark: (lane = 'default') => fieldsOf('scheduler_shadow_marks', lane),
    skip: (minute: number) =>
      fieldsOf('scheduler_shadow_runs', `digest@${new Date(T0 + minute * MINUTE).toISOString()}`),
    /** As an operator does. */
    change: async (to: (job: Job, now: number) => { readonly job: Job }) => {
      const stored = (await store.get([jobRef('digest')])).value[0]!
      const job = parseJob(stored)
      if (!job.ok) throw new Error(job.reason)
      const fields = toFields(to(job.value, clock.now()).job)
      await store.commit([{ kind: 'update', ref: stored.ref, version: stored.version, fields }])
    },
  }
}

const by = (at: number) => ({ by: 'ana@example.com', at, reason: 'a test' })
const paused = (job: Job, now: number) => ({ job: pause(job, now) })

describe('the first look of a shadow', () => {
  test('begins every job of the lane, and the comparison', async () => {
    const names = ['a', 'b', 'c']
    const { look, shadow, mark, clock } = await setup(names.map((name) => definition({ name })))
    await clock.advance(MINUTE / 2)
    await look()
    for (const name of names)
      expect(await shadow(name)).toMatchObject({
        name,
        epoch: 'one',
        shadow_since: clock.now(),
        next_run_at: T0 + MINUTE,
      })
    expect(await mark()).toEqual({ epoch: 'one', shadow_since: clock.now(), synced_until: clock.now() })
  })

  test('leaves alone other lanes, jobs that it may not shadow, and those known from reports only', async () => {
    const { look, shadow, store } = await setup([
      definition({ name: 'a' }),
      definition({ name: 'b' }),
      definition({ name: 'c', lane: 'slow' }),
    ])
    const reported = newJob(definition({ name: 'd', kind: 'reported' }), T0)
    await store.commit([{ kind: 'create', ref: jobRef('d'), fields: toFields(reported) }])
    await look({ isShadowed: (job) => job !== 'b' })
    expect(await Promise.all(['a', 'b', 'c', 'd'].map(shadow))).toEqual([
      expect.anything(),
      ...[1, 2, 3].map(() => undefined),
    ])
  })

  test('takes in more jobs than one page or one commit holds', async () => {
    const names = Array.from({ length: 450 }, (_, n) => `job-${n}`)
    const { look, shadow } = await setup(names.map((name) => definition({ name })))
    await look()
    for (const name of names) expect(await shadow(name)).toBeDefined()
  })

  test('takes in jobs that all have large payloads', async () => {
    const payload = JSON.stringify('x'.repeat(65_000))
    const { look, shadow, store } = await setup([])
    for (const first of [0, 100]) {
      const jobs = Array.from({ length: 100 }, (_, n) =>
        newJob(definition({ name: `${first + n}`, payload }), T0),
      )
      await store.commit(
        jobs.map((job) => ({ kind: 'create', ref: jobRef(job.name), fields: toFields(job) })),
      )
    }
    await look()
    expect(await shadow('199')).toMatchObject({ payload })
  })

  test('takes in no job that had finished before', async () => {
    const { look, shadow, store, clock } = await setup([])
    const done = { ...newJob(definition({ kind: 'one_off' }), T0), next_run_at: null }
    await store.commit([{ kind: 'create', ref: jobRef('digest'), fields: toFields(done) }])
    await clock.advance(MINUTE)
    await look()
    expect(await shadow()).toBeUndefined()
  })

  test('of a lane without jobs is marked too', async () => {
    const { look, mark } = await setup()
    await look({}, 'slow')
    expect(await mark('slow')).toMatchObject({ epoch: 'one' })
  })
})

describe('a later look', () => {
  test('writes nothing when nothing was changed, once its mark is beyond the last change', async () => {
    const { look, wire, clock, mark } = await setup()
    await look()
    await clock.advance(10 * MINUTE)
    await look()
    expect(await mark()).toMatchObject({ shadow_since: T0, synced_until: clock.now() })
    await clock.advance(10 * MINUTE)
    wire.asked.length = 0
    await look()
    expect(wire.asked).toEqual([])
  })

  test('does not read again and again what it may not shadow', async () => {
    const { look, clock, store, wire } = await setup()
    const shadowless = { isShadowed: () => false }
    for (let n = 0; n < 5; n++) {
      const job = newJob(definition({ name: `other-${n}` }), clock.now())
      await store.commit([{ kind: 'create', ref: jobRef(job.name), fields: toFields(job) }])
      await look(shadowless)
      await clock.advance(2 * MINUTE)
    }
    await look(shadowless)
    let read = 0
    const query: typeof wire.query = async (asked) => {
      const answer = await wire.query(asked)
      read += answer.value.length
      return answer
    }
    await look({ ...shadowless, live: { ...wire, query } })
    expect(read).toBe(0)
  })

  test('follows what was changed, with what that skipped', async () => {
    const { look, clock, change, shadow, skip } = await setup()
    await look()
    await clock.advanceTo(T0 + 1.5 * MINUTE)
    await change(paused)
    await look()
    expect(await shadow()).toMatchObject({ enabled: false, next_run_at: T0 + MINUTE })
    await clock.advanceTo(T0 + 3.5 * MINUTE)
    await change(unpause)
    await clock.advance(1)
    await look()
    expect(await shadow()).toMatchObject({ enabled: true, next_run_at: T0 + 4 * MINUTE, shadow_since: T0 })
    expect(await skip(1)).toMatchObject({ reason: 'paused', count: 3 })
  })

  test('leaves a record alone that stands where it would write one', async () => {
    const { look, clock, change, shadow, skip, store } = await setup()
    await look()
    const id = `digest@${new Date(T0 + MINUTE).toISOString()}`
    await store.commit([
      { kind: 'create', ref: { collection: 'scheduler_shadow_runs', id }, fields: { status: 'succeeded' } },
    ])
    await clock.advanceTo(T0 + MINUTE / 2)
    await change(paused)
    await look()
    await clock.advanceTo(T0 + 2.5 * MINUTE)
    await change(unpause)
    await look()
    expect(await shadow()).toMatchObject({ enabled: true, next_run_at: T0 + 3 * MINUTE })
    expect(await skip(1)).toEqual({ status: 'succeeded' })
  })

  test('begins a job at its birth that was made under its eyes', async () => {
    const { look, clock, store, shadow } = await setup()
    await look()
    await clock.advanceTo(T0 + 10 * MINUTE)
    const at = T0 + 5 * MINUTE
    const one = definition({ name: 'one', kind: 'one_off', schedule: { kind: 'at', at } })
    await enqueue(store, one, clock.now())
    await clock.advance(30_000)
    await look()
    expect(await shadow('one')).toMatchObject({
      next_run_at: at,
      created_at: T0 + 10 * MINUTE,
      shadow_since: T0,
    })
  })

  test('begins a damaged copy anew', async () => {
    const { look, clock, change, shadow, store } = await setup()
    await look()
    await clock.advance(1000)
    const stored = (await store.get([{ collection: 'scheduler_shadow_jobs', id: 'digest' }])).value[0]!
    await store.commit([
      { kind: 'update', ref: stored.ref, version: stored.version, fields: { entries: 'none' } },
    ])
    await change(paused)
    await look()
    expect(await shadow()).toMatchObject({ entries: [], enabled: false })
  })
})

describe('when others write too', () => {
  test('a refused commit leaves the mark where it is, and the next look does it', async () => {
    const { look, clock, change, wire, mark, shadow } = await setup()
    await look()
    await clock.advance(1000)
    await change(paused)
    wire.commits.push('never_arrived')
    await look()
    expect(await mark()).toMatchObject({ synced_until: T0 })
    expect(await shadow()).toMatchObject({ enabled: true })
    await look()
    expect(await mark()).toMatchObject({ synced_until: clock.now() })
    expect(await shadow()).toMatchObject({ enabled: false })
  })

  test('two looks at once come to one shadow', async () => {
    const { look, clock, change, shadow, mark, skip } = await setup()
    await Promise.all([look(), look()])
    expect(await shadow()).toMatchObject({ enabled: true })
    await clock.advanceTo(T0 + MINUTE / 2)
    await change(paused)
    await Promise.all([look(), look()])
    await clock.advanceTo(T0 + 2.5 * MINUTE)
    await change(unpause)
    await Promise.all([look(), look()])
    expect(await shadow()).toMatchObject({ enabled: true, next_run_at: T0 + 3 * MINUTE })
    expect(await skip(1)).toMatchObject({ reason: 'paused', count: 2 })
    expect(await mark()).toMatchObject({ synced_until: clock.now() })
  })

  test('a change that was stamped before the last look but committed after it is not missed', async () => {
    const { look, clock, change, shadow } = await setup()
    await clock.advance(MINUTE)
    await look()
    const stamped = clock.now()
    await clock.advance(10_000)
    await change((job) => ({ job: pause(job, stamped - 5_000) }))
    await look()
    expect(await shadow()).toMatchObject({ enabled: false, defined_at: stamped - 5_000 })
  })

  test('a store out of reach is told', async () => {
    const { look, wire } = await setup()
    wire.reads.push('unreachable')
    await expect(look()).rejects.toMatchObject({ code: 'store_unreachable' })
  })
})

test('another comparison begins anew, at the live job, and the one before goes on no more', async () => {
  const { look, clock, shadow, mark } = await setup()
  await look()
  await clock.advanceTo(T0 + 10.5 * MINUTE)
  await look({ epoch: 'two' })
  const begun = { epoch: 'two', shadow_since: clock.now() }
  expect(await mark()).toMatchObject({ ...begun, synced_until: clock.now() })
  expect(await shadow()).toMatchObject({ ...begun, next_run_at: T0 + MINUTE })
})

test('a job that another comparison leaves out falls due no more in shadow, until one takes it in again', async () => {
  const { look, shadow, clock } = await setup()
  await look()
  await look({ epoch: 'two', isShadowed: () => false })
  expect(await shadow()).toMatchObject({ epoch: null, claimable_at: null })
  await clock.advance(MINUTE / 2)
  await look({ epoch: 'one' })
  expect(await shadow()).toMatchObject({
    epoch: 'one',
    shadow_since: clock.now(),
    claimable_at: T0 + MINUTE,
  })
})

describe('what operators do', () => {
  const TENTH = { kind: 'every', seconds: 600, anchor_at: 0 } as const

  test('a chosen schedule is followed at the instant of the choice, and so is the way back', async () => {
    const { look, change, clock, shadow } = await setup()
    await look()
    await clock.advance(MINUTE / 2)
    await change((job, now) => ({ job: chooseSchedule(job, TENTH, by(now)) }))
    await clock.advance(MINUTE)
    await look()
    expect(await shadow()).toMatchObject({ schedule: TENTH, next_run_at: T0 + 10 * MINUTE, entries: [] })
    await change((job, now) => ({ job: reset(job, now) }))
    await look()
    expect(await shadow()).toMatchObject({ schedule: { seconds: 60 }, next_run_at: T0 + 2 * MINUTE })
  })

  test('a job that was disabled falls due in shadow no more, until it is enabled again', async () => {
    const { look, change, clock, shadow, skip } = await setup()
    await look()
    await clock.advance(MINUTE / 2)
    await change((job, now) => ({ job: chooseEnabled(job, false, by(now)) }))
    await clock.advance(3 * MINUTE)
    await look()
    expect(await shadow()).toMatchObject({ enabled: false, claimable_at: null })
    await change((job, now) => ({ job: chooseEnabled(job, true, by(now)) }))
    await look()
    expect(await shadow()).toMatchObject({ enabled: true, claimable_at: T0 + 4 * MINUTE })
    expect(await skip(1)).toMatchObject({ reason: 'paused', count: 3 })
  })

  test('what the job is called, what it calls and when it ends are part of what is followed', async () => {
    const { look, clock, store, shadow } = await setup()
    await look()
    await clock.advance(MINUTE / 2)
    const changed = {
      display_name: 'The digest',
      target: { kind: 'http', service: 'email-service', endpoint: '/digest' },
      ends_at: T0 + 2 * MINUTE,
    } as const
    await register(store, [definition(changed)])
    await look()
    expect(await shadow()).toMatchObject(changed)
  })

  test('a backfill has no shadow: what it runs once more has no other path to be compared with', async () => {
    const { look, store, shadow } = await setup([])
    const backfill = newJob(definition({ name: 'digest~b', kind: 'backfill' }), T0)
    await store.commit([{ kind: 'create', ref: jobRef('digest~b'), fields: toFields(backfill) }])
    await look()
    expect(await shadow('digest~b')).toBeUndefined()
  })
})

describe('a job that is deleted', () => {
  test('takes its shadow with it, and a later job of that name begins anew', async () => {
    const { look, clock, store, shadow } = await setup()
    await look()
    await removeJob(store, 'digest', () => [])
    await look()
    expect(await shadow()).toBeUndefined()
    await clock.advance(5.5 * MINUTE)
    await register(store, [definition()])
    await look()
    expect(await shadow()).toMatchObject({
      created_at: clock.now(),
      shadow_since: T0,
      next_run_at: T0 + 6 * MINUTE,
    })
  })

  test('by hand leaves its shadow, which is none of a later job of that name', async () => {
    const { look, clock, store, shadow, skip } = await setup()
    await look()
    const [gone] = (await store.get([jobRef('digest')])).value
    await store.commit([{ kind: 'delete', ref: gone!.ref, version: gone!.version }])
    await clock.advance(5.5 * MINUTE)
    await register(store, [definition()])
    await look()
    expect(await shadow()).toMatchObject({
      created_at: clock.now(),
      next_run_at: T0 + 6 * MINUTE,
      entries: [],
    })
    expect(await skip(1)).toBeUndefined()
  })
})
