import { describe, expect, test } from 'vitest'
import { pause } from '../../../functions/job/definition.ts'
import { digestOf } from '../../../functions/job/digest.ts'
import { runId } from '../../../functions/job/job.ts'
import { toFields } from '../../../functions/job/stored.ts'
import { jobRef, runRef } from '../../../functions/lease/held.ts'
import { ownerOf } from '../../../functions/rollout/stage.ts'
import type { Mishap } from '../../support/scripted-documents.ts'
import { definition, MINUTE, minutes, only, T0 } from '../job/fixtures.ts'
import { EMAIL, FAILED, SUCCEEDED, setup } from './setup.ts'

const at = (minute: number) => T0 + minute * MINUTE
const run = (minute: number) => runId('digest', at(minute))
const LOST: Mishap[] = ['reply_lost', 'conflict_after_success']

describe('a claim at the door', () => {
  test('takes the occurrence and its slot, as any claim does', async () => {
    const { clock, reporter, job, ...store } = setup()
    await clock.advanceTo(at(1.2))
    const granted = await reporter().claim()
    expect(granted).toMatchObject({
      job: 'digest',
      entry: { run: run(1), fence: 1, attempt: 1, path: 'legacy', until: at(2.2) },
      payload: '{}',
    })
    expect(only(await job('digest')).owner).toBe(`legacy:${EMAIL}:id0`)
    expect(await store.run(run(1))).toMatchObject({ status: 'running', lateness_ms: 0.2 * MINUTE })
    expect(await store.a.claim(['digest'])).toMatchObject({ held: [] })
  })

  test('of a job that belongs to the ticks is refused, and writes nothing', async () => {
    const bundle = setup()
    await bundle.clock.advanceTo(at(1))
    bundle.rollout = { ...bundle.rollout, stage: 4 }
    const one = bundle.reporter()
    expect(await one.claim()).toBe('not_owner')
    expect(await one.claim({ job: 'unknown' })).toBe('not_owner')
    expect(one.documents.asked).toEqual([])
  })

  test('at stage 3 by turns is refused or not by the instant of the claim, not that of the occurrence', async () => {
    const bundle = setup()
    bundle.rollout = { ...bundle.rollout, stage: 3, canary_split: 'alternate' }
    for (const minute of [14.95, 15, 29.95, 30]) {
      await bundle.clock.advanceTo(at(minute))
      const owner = ownerOf('digest', at(minute), bundle.rollout)
      const holding = await bundle.reporter().claim()
      expect(typeof holding === 'string' ? holding : 'granted').toBe(
        owner === 'tick' ? 'not_owner' : 'granted',
      )
      if (typeof holding !== 'string')
        await bundle.reporter().settle({ run: holding.entry.run, fence: holding.entry.fence, email: EMAIL })
    }
  })

  test('is refused while another holds the run, once it is done, and while the job is paused', async () => {
    const { clock, reporter, put, job } = setup()
    await clock.advanceTo(at(1))
    const holding = await reporter().hold()
    expect(await reporter().claim()).toBe('already_running')
    await reporter().settle(holding)
    expect(await reporter().claim()).toBe('already_done')
    await put(jobRef('digest'), toFields(pause(await job('digest'), at(1))))
    await clock.advanceTo(at(2))
    expect(await reporter().claim({ scheduled_for: at(2) })).toBe('paused')
  })

  test('of an instant that is recorded already is refused, and the job goes on behind it', async () => {
    const { clock, reporter, job, put } = setup()
    await clock.advanceTo(at(3))
    await put(runRef(run(3)), { status: 'succeeded' })
    expect(await reporter().claim()).toBe('already_done')
    expect(minutes((await job('digest')).next_run_at)).toBe(4)
    expect((await job('digest')).totals).toMatchObject({ runs: 0, skipped: 2, duplicates_suppressed: 1 })
  })

  test('records what was open before it, once', async () => {
    const { clock, reporter, read } = setup()
    await clock.advanceTo(at(5))
    await reporter().hold()
    expect((await read(runRef(run(1))))?.fields).toMatchObject({ reason: 'coalesced', count: 4 })
  })

  test('with instants that cannot be meant is a bad request', async () => {
    const { clock, reporter } = setup()
    await clock.advanceTo(at(1))
    expect(await reporter().claim({ started_at: at(1) - 10_001 })).toBe('bad_request')
    expect(await reporter().claim({ started_at: at(1) + 10_001 })).toBe('bad_request')
    expect(await reporter().claim({ scheduled_for: at(1) - 86_400_001 })).toBe('bad_request')
    expect(await reporter().claim({ scheduled_for: at(1) + 10_001 })).toBe('bad_request')
  })

  test('takes in a job that nobody knows: it has runs, and never falls due by itself', async () => {
    const { clock, reporter, job, stored, ...store } = setup([])
    await clock.advanceTo(at(1))
    const holding = await reporter().hold({ job: 'old', job_type: 'mail', payload: '{"a":1}' })
    expect(holding.run).toBe(runId('old', at(1)))
    expect(await job('old')).toMatchObject({ kind: 'reported', job_type: 'mail', next_run_at: null })
    expect(await reporter().settle(holding)).toEqual({ status: 'succeeded', retry_at: null })
    expect((await stored('old')).fields).toMatchObject({ claimable_at: null, status: 'completed' })
    expect(await store.run(holding.run)).toMatchObject({ lane: 'default', payload_hash: digestOf('{"a":1}') })
  })

  test('is recorded with the payload reported, in the job’s words where both say the same', async () => {
    const { clock, reporter, ...store } = setup([definition({ payload: '{"a":1,"b":2}' })])
    const hashes: string[] = []
    for (const [minute, payload] of ['{ "b": 2, "a": 1 }', '{"a":1}'].entries()) {
      await clock.advanceTo(at(minute + 1))
      const holding = await reporter().hold({ payload })
      hashes.push((await store.run(holding.run)).payload_hash)
      await reporter().settle(holding)
    }
    expect(hashes).toEqual([digestOf('{"a":1,"b":2}'), digestOf('{"a":1}')])
    expect(await store.job('digest')).toMatchObject({ payload: '{"a":1,"b":2}' })
  })
})

describe('a claim whose reply was lost', () => {
  test('is given again to the same key, as long as it lasts, whatever the stage and the time', async () => {
    const bundle = setup()
    await bundle.clock.advanceTo(at(1))
    const request = { key: 'k', started_at: at(1) }
    const first = await bundle.reporter().claim(request)
    bundle.rollout = { ...bundle.rollout, stage: 4 }
    await bundle.clock.advance(30_000)
    expect(await bundle.reporter().claim(request)).toEqual(first)
    expect(await bundle.reporter('other@example.com').claim({ ...request, started_at: at(1.5) })).toBe(
      'not_owner',
    )
    await bundle.clock.advance(30_000)
    expect(await bundle.reporter().claim(request)).toBe('bad_request')
  })

  test('is given to no other key, and to no other start with the same one', async () => {
    const { clock, reporter } = setup()
    await clock.advanceTo(at(1))
    await reporter().claim({ key: 'k' })
    expect(await reporter().claim({ key: 'l' })).toBe('already_running')
    expect(await reporter().claim({ key: 'k', started_at: at(1) + 1 })).toBe('already_running')
    expect(await reporter().claim()).toBe('already_running')
  })

  test.each(LOST)('on the way from the store (%s) is known again', async (mishap) => {
    const { clock, reporter, job } = setup()
    await clock.advanceTo(at(1))
    const one = reporter()
    one.documents.commits.push(mishap)
    expect(await one.hold()).toMatchObject({ run: run(1), fence: 1 })
    expect(only(await job('digest')).fence).toBe(1)
  })

  test.each(LOST)('while a job is taken in (%s) takes it in once', async (mishap) => {
    const { clock, reporter, job } = setup([])
    await clock.advanceTo(at(1))
    const one = reporter()
    one.documents.commits.push(mishap, mishap)
    expect(await one.hold({ job: 'old' })).toMatchObject({ fence: 1 })
    expect((await job('old')).entries).toHaveLength(1)
  })

  test.each(['unreachable', 'never_arrived'] as const)(
    'for good (%s) ends well when sent again',
    async (mishap) => {
      const { clock, reporter } = setup()
      await clock.advanceTo(at(1))
      const one = reporter()
      one.documents.commits.push(mishap)
      const first = await one.claim({ key: 'k' })
      if (mishap === 'unreachable') expect(first).toBe('store_unreachable')
      expect(await one.claim({ key: 'k' })).toMatchObject({ entry: { run: run(1), fence: 1 } })
    },
  )
})

describe('an occurrence that two want', () => {
  test('goes to one of two reporters, each with an account of its own or not', async () => {
    for (const emails of [
      [EMAIL, EMAIL],
      [EMAIL, 'other@example.com'],
    ]) {
      const { clock, reporter } = setup()
      await clock.advanceTo(at(1))
      const answers = await Promise.all(emails.map((email) => reporter(email).claim()))
      expect(answers.filter((answer) => answer === 'already_running')).toHaveLength(1)
      expect(answers.filter((answer) => typeof answer !== 'string')).toHaveLength(1)
    }
  })

  test.each([0, 1, 2])('goes to one of a report and a tick that had looked %i calls before', async (lead) => {
    const { clock, reporter, a, stored } = setup()
    await clock.advanceTo(at(1))
    const seen = [await stored('digest')]
    const one = reporter()
    const ticking = lead === 0 ? a.claim(['digest'], seen) : null
    const claiming = one.claim()
    for (let turn = 0; turn < lead; turn++) await Promise.resolve()
    const [{ held }, answer] = await Promise.all([ticking ?? a.claim(['digest'], seen), claiming])
    expect(held.length + (typeof answer === 'string' ? 0 : 1)).toBe(1)
  })

  test('goes to the tick that comes between the report’s look and its claim', async () => {
    const { clock, reporter, a } = setup()
    await clock.advanceTo(at(1))
    const one = reporter()
    one.documents.commits.push(() => a.hold('digest'))
    expect(await one.claim()).toBe('already_running')
  })
})

describe('a lease', () => {
  test('is renewed by its holder alone, while it holds', async () => {
    const { clock, reporter, job, a } = setup()
    await clock.advanceTo(at(1))
    const holding = await reporter().hold()
    await clock.advance(30_000)
    expect(await reporter().renew(holding, 120)).toBe(at(3.5))
    expect(only(await job('digest')).until).toBe(at(3.5))
    expect(await reporter().renew({ ...holding, fence: 2 })).toBe('lost')
    expect(await reporter('other@example.com').renew({ ...holding, email: 'other@example.com' })).toBe('lost')
    expect(await reporter().renew({ ...holding, run: run(9) })).toBe('not_found')
    await clock.advanceTo(at(3.5))
    await a.hold('digest')
    expect(await reporter().renew(holding)).toBe('lost')
  })
})

describe('a report of the end', () => {
  test('settles the run; sent again it is taken again, to the same effect', async () => {
    const { clock, reporter, job, ...store } = setup()
    await clock.advanceTo(at(1))
    const holding = await reporter().hold()
    for (let n = 0; n < 2; n++)
      expect(await reporter().settle(holding)).toEqual({ status: 'succeeded', retry_at: null })
    expect((await job('digest')).totals).toMatchObject({ runs: 1, succeeded: 1 })
    expect(await store.run(run(1))).toMatchObject({ status: 'succeeded' })
    expect(await audit(store)).toEqual([])
  })

  test.each(LOST)('whose reply was lost in the store (%s) is taken once', async (mishap) => {
    const { clock, reporter, job } = setup()
    await clock.advanceTo(at(1))
    const one = reporter()
    const holding = await one.hold()
    one.documents.commits.push(mishap)
    const settling = one.settle(holding)
    await clock.advance(1_000)
    expect(await settling).toEqual({ status: 'succeeded', retry_at: null })
    expect((await job('digest')).totals.runs).toBe(1)
  })

  test('that never reaches the store is sent again', async () => {
    const { clock, reporter, job } = setup()
    await clock.advanceTo(at(1))
    const one = reporter()
    const holding = await one.hold()
    one.documents.commits.push(...Array.from({ length: 7 }, () => 'unreachable' as const))
    const settling = one.settle(holding)
    await clock.advance(10_000)
    expect(await settling).toBe('store_unreachable')
    expect(await one.settle(holding)).toEqual({ status: 'succeeded', retry_at: null })
    // The first try goes on behind the answer, and finds it done.
    await clock.advance(5_000)
    expect((await job('digest')).totals.runs).toBe(1)
  })

  test('of a failure is followed by the next attempt five minutes later, three in all', async () => {
    const { clock, reporter, job, ...store } = setup()
    for (const [attempt, minute] of [1, 6, 11].entries()) {
      await clock.advanceTo(at(minute))
      const holding = await reporter().hold({ scheduled_for: at(1) })
      const taken =
        attempt < 2 ? { status: 'retry', retry_at: at(minute + 5) } : { status: 'failed', retry_at: null }
      for (let n = 0; n < 2; n++) expect(await reporter().settle(holding, FAILED)).toEqual(taken)
    }
    expect((await store.run(run(1))).attempts.map(({ path, outcome }) => [path, outcome])).toEqual(
      Array.from({ length: 3 }, () => ['legacy', 'failed']),
    )
    expect((await job('digest')).entries).toEqual([])
    expect(await reporter().claim({ scheduled_for: at(1) })).toBe('already_done')
  })

  test('of a failure that trying again would not mend ends the run', async () => {
    const { clock, reporter } = setup()
    await clock.advanceTo(at(1))
    const failed = { kind: 'failed', error: 'no', items: null } as const
    expect(await reporter().settle(await reporter().hold(), failed)).toEqual({
      status: 'failed',
      retry_at: null,
    })
  })

  test('of another holder’s attempt, a tick’s among them, is refused', async () => {
    const { clock, reporter, a, job } = setup()
    await clock.advanceTo(at(1))
    const { entry } = await a.hold('digest')
    expect(await reporter().settle({ run: entry.run, fence: entry.fence, email: EMAIL })).toBe('lost')
    expect((await job('digest')).entries).toHaveLength(1)
  })
})

/** A reporter that has lost its run to another one. */
async function late() {
  const bundle = setup()
  await bundle.clock.advanceTo(at(1))
  const holding = await bundle.reporter().hold()
  await bundle.clock.advanceTo(at(2))
  const next = await bundle.reporter('other@example.com').hold({ scheduled_for: at(1) })
  return { ...bundle, holding, next }
}

describe('a reporter whose lease ran out', () => {
  test('loses its run to the next claim, and its report is evidence of a duplicate, once', async () => {
    const { reporter, holding, next, ...store } = await late()
    expect(next).toMatchObject({ run: run(1), fence: 2 })
    for (let n = 0; n < 2; n++) expect(await reporter().settle(holding)).toBe('lost')
    const told = { kind: 'report_refused', job: 'digest', run: run(1) }
    expect(store.events).toEqual([told, told])
    expect(await audit(store)).toEqual([
      expect.objectContaining({ actor: EMAIL, subject: run(1), performed: true, before: null, at: at(2) }),
    ])
    expect(await reporter('other@example.com').settle(next)).toEqual({ status: 'succeeded', retry_at: null })
    expect(await reporter().settle(holding)).toBe('lost')
    expect((await store.run(run(1))).attempts.map(({ outcome }) => outcome)).toEqual(['lost', 'succeeded'])
  })

  test('leaves no evidence when it had not performed', async () => {
    const { reporter, holding, ...store } = await late()
    expect(await reporter().settle(holding, SUCCEEDED, false)).toBe('lost')
    expect(await audit(store)).toEqual([])
    expect(store.events).toEqual([])
  })

  test('is told to send again what could not be recorded', async () => {
    const { reporter, holding, ...store } = await late()
    const one = reporter()
    for (const mishap of ['unreachable', 'reply_lost'] as const) {
      one.documents.commits.push(mishap)
      expect(await one.settle(holding)).toBe('store_unreachable')
    }
    expect(await one.settle(holding)).toBe('lost')
    expect(await audit(store)).toHaveLength(1)
  })

  test('is no duplicate where its run is over and nobody else attempted it', async () => {
    const bundle = setup()
    const { clock, reporter } = bundle
    await clock.advanceTo(at(1))
    const holding = await reporter().hold({ job: 'elsewhere' })
    await clock.advanceTo(at(9))
    // The next claim of the job finds the holder dead; what is known from reports only has one attempt.
    await reporter().hold({ job: 'elsewhere' })
    expect(await reporter().settle(holding)).toBe('lost')
    expect(await audit(bundle)).toEqual([])
  })

  test('still settles while nobody else has claimed', async () => {
    const { clock, reporter } = setup()
    await clock.advanceTo(at(1))
    const holding = await reporter().hold()
    await clock.advanceTo(at(9))
    expect(await reporter().settle(holding)).toEqual({ status: 'succeeded', retry_at: null })
  })

  test('tells the end of its run as a tick does', async () => {
    const { clock, reporter, events } = setup()
    await clock.advanceTo(at(1))
    const holding = await reporter().hold()
    await clock.advance(4_000)
    const items = { processed: 8, succeeded: 7, failed: 1 }
    for (let n = 0; n < 2; n++) await reporter().settle(holding, { kind: 'succeeded', result: null, items })
    expect(events).toEqual([
      expect.objectContaining({
        kind: 'run_settled',
        run: run(1),
        outcome: 'succeeded',
        ended: true,
        duration_ms: 4_000,
        items_processed: 8,
        items_failed: 1,
        item_duration_ms: 500,
      }),
    ])
  })
})

async function audit({ store }: Pick<ReturnType<typeof setup>, 'store'>) {
  const query = { shape: 'audit', equals: 'legacy_report_refused', limit: 10 } as const
  return (await store.query(query)).value.map(({ fields }) => fields)
}
