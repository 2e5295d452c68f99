import { describe, expect, test } from 'vitest'
import type { Job } from '../../../functions/job/job.ts'
import { chooseEnabled, chooseSchedule } from '../../../functions/job/overrides.ts'
import { type Changing, changeJob } from '../../../functions/lease/change.ts'
import { jobRef } from '../../../functions/lease/held.ts'
import { MINUTE, only, T0 } from '../job/fixtures.ts'
import { setup } from './setup.ts'

const HOURLY = { kind: 'every', seconds: 3600, anchor_at: 0 } as const
const ENTRY = { collection: 'scheduler_audit', id: 'entry' } as const

/** Puts the job under another schedule, and tells it in the audit. */
const hourly: Changing = {
  to: (job, now) => chooseSchedule(job, HOURLY, { by: 'ana', at: now, reason: '' }),
  also: (before, after, at) => [
    { kind: 'create', ref: ENTRY, fields: { at, before: before.schedule, after: after.schedule } },
  ],
}
const paused: Changing = {
  to: (job, now) => chooseEnabled(job, false, { by: 'ana', at: now, reason: '' }),
  also: () => [],
}

describe('a change of how a job stands', () => {
  test('is one commit when nothing is due, with what is told of it', async () => {
    const { a, read, job } = setup()
    const { before, after } = await changeJob(a.documents, 'digest', hourly)
    expect(a.documents.asked).toHaveLength(1)
    expect(before.schedule).not.toEqual(HOURLY)
    expect((await job('digest')).schedule).toEqual(after.schedule)
    expect((await read(ENTRY))?.fields).toMatchObject({ after: HOURLY })
  })

  test('first closes in a commit of its own what fell due as it stood', async () => {
    const { a, clock, job, read } = setup()
    await clock.advanceTo(T0 + 3 * MINUTE)
    await changeJob(a.documents, 'digest', hourly)
    expect(a.documents.asked).toHaveLength(2)
    expect(a.documents.asked[0]?.some(({ ref }) => ref.id === ENTRY.id)).toBe(false)
    const changed = await job('digest')
    expect(only(changed).scheduled_for).toBe(T0 + 3 * MINUTE)
    expect(changed.totals.skipped).toBe(2)
    expect(changed.next_run_at).toBe(T0 + 60 * MINUTE)
    expect(await read(ENTRY)).not.toBeNull()
  })

  test('of nothing writes nothing, and answers the same twice', async () => {
    const { a } = setup()
    const { before, after } = await changeJob(a.documents, 'digest', { ...paused, to: (job: Job) => job })
    expect(a.documents.asked).toEqual([])
    expect(after).toBe(before)
  })

  test('whose reply is lost is looked for, not made again; what never arrived is', async () => {
    for (const [mishap, commits] of [
      ['reply_lost', 1],
      ['never_arrived', 2],
    ] as const) {
      const { a, job } = setup()
      a.documents.commits.push(mishap)
      const { before } = await changeJob(a.documents, 'digest', paused)
      expect(before.enabled).toBe(true)
      expect((await job('digest')).enabled).toBe(false)
      expect(a.documents.asked).toHaveLength(commits)
    }
  })

  test('never undoes what another wrote between its look and its commit', async () => {
    const { a, b, clock, job } = setup()
    await clock.advanceTo(T0 + MINUTE)
    a.documents.commits.push(() => b.hold('digest'))
    await changeJob(a.documents, 'digest', paused)
    const changed = await job('digest')
    expect(changed.enabled).toBe(false)
    expect(only(changed).owner).toBe('b')
  })

  test('is given up at a store that stays out of reach, and then nothing was written', async () => {
    const { a, job } = setup()
    a.documents.commits.push(...Array.from({ length: 50 }, () => 'unreachable' as const))
    await expect(changeJob(a.documents, 'digest', paused)).rejects.toMatchObject({
      code: 'store_unreachable',
    })
    expect(a.documents.asked.length).toBeLessThan(50)
    expect((await job('digest')).enabled).toBe(true)
  })

  test('of a job that cannot be read says so', async () => {
    const { a, put } = setup()
    await put(jobRef('digest'), { policies: null })
    await expect(changeJob(a.documents, 'digest', paused)).rejects.toMatchObject({ code: 'storage_damaged' })
  })
})
