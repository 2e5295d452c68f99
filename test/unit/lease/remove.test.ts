import { describe, expect, test } from 'vitest'
import { runId } from '../../../functions/job/job.ts'
import { jobRef, runRef } from '../../../functions/lease/held.ts'
import { removeJob } from '../../../functions/lease/remove.ts'
import { definition, MINUTE, RETRY, T0 } from '../job/fixtures.ts'
import { setup } from './setup.ts'

const SHADOW = { collection: 'scheduler_shadow_jobs', id: 'digest' } as const
const ENTRY = { collection: 'scheduler_audit', id: 'entry' } as const
const none = () => []
const told = () => [{ kind: 'create', ref: ENTRY, fields: { at: 1 } } as const]

describe('deleting a job', () => {
  test('takes its shadow with it and tells it, in one commit', async () => {
    const { a, put, read } = setup()
    await put(SHADOW, { lane: 'default' })
    await removeJob(a.documents, 'digest', told)
    expect(a.documents.asked).toHaveLength(1)
    expect(await read(jobRef('digest'))).toBeNull()
    expect(await read(SHADOW)).toBeNull()
    expect(await read(ENTRY)).not.toBeNull()
  })

  test('is refused while somebody holds a run of it, and then nothing is written', async () => {
    const { a, b, clock, read } = setup()
    await clock.advanceTo(T0 + MINUTE)
    await b.hold('digest')
    await expect(removeJob(a.documents, 'digest', told)).rejects.toMatchObject({ code: 'already_running' })
    expect(a.documents.asked).toEqual([])
    expect(await read(jobRef('digest'))).not.toBeNull()
  })

  test('also when a holder comes between the look and the commit', async () => {
    const { a, b, clock, read } = setup()
    await clock.advanceTo(T0 + MINUTE)
    a.documents.commits.push(() => b.hold('digest'))
    await expect(removeJob(a.documents, 'digest', none)).rejects.toMatchObject({ code: 'already_running' })
    expect(await read(jobRef('digest'))).not.toBeNull()
  })

  test('gives every occurrence that fell due its outcome, and cancels the run that waits', async () => {
    const { a, clock, read, run } = setup([definition({ policies: { max_instances: 2, retry: RETRY } })])
    await clock.advanceTo(T0 + MINUTE)
    const held = await a.hold('digest')
    await a.settle([{ held, outcome: { kind: 'retry', error: 'no', items: null, after_seconds: null } }])
    await clock.advanceTo(T0 + 4 * MINUTE)
    await removeJob(a.documents, 'digest', none)
    expect(await run(held.entry.run)).toMatchObject({ status: 'cancelled', finished_at: T0 + 4 * MINUTE })
    expect((await read(runRef(runId('digest', T0 + 2 * MINUTE))))?.fields).toMatchObject({
      status: 'skipped',
      reason: 'paused',
      last_at: T0 + 4 * MINUTE,
      count: 3,
    })
  })

  test('whose reply is lost is done; what never arrived is sent again', async () => {
    for (const mishap of ['reply_lost', 'never_arrived'] as const) {
      const { a, read } = setup()
      a.documents.commits.push(mishap)
      await removeJob(a.documents, 'digest', told)
      expect(await read(jobRef('digest'))).toBeNull()
      expect(await read(ENTRY)).not.toBeNull()
    }
  })

  test('a damaged job can be deleted, one that is not there cannot', async () => {
    const { a, put, read } = setup()
    await put(jobRef('digest'), { policies: null })
    await removeJob(a.documents, 'digest', none)
    expect(await read(jobRef('digest'))).toBeNull()
    await expect(removeJob(a.documents, 'digest', none)).rejects.toMatchObject({ code: 'not_found' })
  })
})
