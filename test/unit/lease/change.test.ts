import { describe, expect, test } from 'vitest'
import { auditChange } from '../../../functions/admin/audit.ts'
import { newJob } from '../../../functions/job/definition.ts'
import { type Job, runId } from '../../../functions/job/job.ts'
import { chooseEnabled, chooseSchedule, reset } from '../../../functions/job/overrides.ts'
import { toFields } from '../../../functions/job/stored.ts'
import { changeJob } from '../../../functions/lease/change.ts'
import { jobRef, runRef } from '../../../functions/lease/held.ts'
import { removeJob } from '../../../functions/lease/remove.ts'
import { definition, MINUTE, RETRY, T0 } from '../job/fixtures.ts'
import { setup } from './setup.ts'

const LOST = ['reply_lost', 'conflict_after_success'] as const
const HOURLY = { kind: 'every', seconds: 3600, anchor_at: 0 } as const

const entry = { action: 'changed', actor: 'ana', subject: 'digest', reason: '', before: null, after: null }
/** As a request does it: one id, however often the change is tried. */
const audited = (at: number) => [auditChange('one', { ...entry, at })]
const changed = (_before: Job, _after: Job, now: number) => audited(now)
const deleted = (_job: Job | null, now: number) => audited(now)
const AUDITED = { collection: 'scheduler_audit', id: 'one' } as const

const choice = (at: number) => ({ by: 'ana', at, reason: '' })
const CHANGES = {
  disabled: (job: Job, now: number) => chooseEnabled(job, false, choice(now)),
  moved: (job: Job, now: number) => chooseSchedule(job, HOURLY, choice(now)),
}

describe.each(Object.entries(CHANGES))('a job that is to be %s', (_, to) => {
  test.each(LOST)('is changed once, and told so, after %s', async (mishap) => {
    const { a, read, job, clock } = setup()
    a.documents.commits.push(mishap)
    const { before, after } = await changeJob(a.documents, 'digest', { to, also: changed })
    expect([before === after, (await read(AUDITED)) === null]).toEqual([false, false])
    expect(a.documents.asked).toHaveLength(1)
    expect(await job('digest')).toMatchObject({ enabled: after.enabled, schedule: after.schedule })
    expect(clock.now()).toBe(T0)
  })

  test('and stands so already is left alone', async () => {
    const { a } = setup()
    await changeJob(a.documents, 'digest', { to, also: () => [] })
    a.documents.asked.length = 0
    const { before, after } = await changeJob(a.documents, 'digest', { to, also: changed })
    expect([before === after, a.documents.asked]).toEqual([true, []])
  })

  test('stands as registered after a reset, which a second one finds done', async () => {
    const { a, job } = setup()
    const before = await job('digest')
    await changeJob(a.documents, 'digest', { to, also: () => [] })
    a.documents.commits.push('reply_lost')
    await changeJob(a.documents, 'digest', { to: reset, also: changed })
    const after = await job('digest')
    expect([after.enabled, after.schedule, after.overrides]).toEqual([
      before.enabled,
      before.schedule,
      before.overrides,
    ])
  })
})

describe('a job that is to be deleted', () => {
  test.each(LOST)('is gone after %s, which is no error', async (mishap) => {
    const { a, read } = setup()
    a.documents.commits.push(mishap)
    await removeJob(a.documents, 'digest', deleted)
    expect(await read(jobRef('digest'))).toBeNull()
    expect(await read(AUDITED)).not.toBeNull()
  })

  test('and is not there is not found', async () => {
    const { a } = setup()
    await expect(removeJob(a.documents, 'none', deleted)).rejects.toMatchObject({ code: 'not_found' })
  })

  test('leaves an outcome for all that fell due, and for a run that waited', async () => {
    const { a, clock, run, read } = setup([definition({ policies: { retry: RETRY } })])
    await clock.advance(MINUTE)
    const held = await a.hold('digest')
    await expect(removeJob(a.documents, 'digest', deleted)).rejects.toMatchObject({ code: 'already_running' })
    const again = { kind: 'retry', error: 'no', items: null, after_seconds: null } as const
    await a.settle([{ held, outcome: again }])
    await clock.advance(2.5 * MINUTE)
    await removeJob(a.documents, 'digest', deleted)
    expect(await run(runId('digest', T0 + MINUTE))).toMatchObject({
      status: 'cancelled',
      finished_at: clock.now(),
    })
    const skipped = await read(runRef(runId('digest', T0 + 2 * MINUTE)))
    expect(skipped?.fields).toMatchObject({ reason: 'paused', count: 2, last_at: T0 + 3 * MINUTE })
  })
})

test('a run that is held is not started a second time, wherever the job’s place may be', async () => {
  const { a, b, clock, put, job } = setup([definition({ policies: { max_instances: 2 } })])
  await clock.advance(MINUTE)
  const held = await a.hold('digest')
  // Somebody sets the job back.
  const { next_run_at } = newJob(definition(), T0)
  await put(jobRef('digest'), toFields({ ...(await job('digest')), next_run_at }))
  const { held: second } = await b.claim(['digest'])
  expect([held.entry.run, second]).toEqual([runId('digest', T0 + MINUTE), []])
  expect(await job('digest')).toMatchObject({ entries: [{ fence: 1 }], totals: { duplicates_suppressed: 1 } })
})
