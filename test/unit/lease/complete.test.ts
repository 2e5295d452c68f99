import { describe, expect, test } from 'vitest'
import { completeRun } from '../../../functions/lease/complete.ts'
import { releaseLease } from '../../../functions/lease/release.ts'
import type { Settled } from '../../../functions/lease/settle.ts'
import { definition, MINUTE, only, T0 } from '../job/fixtures.ts'
import { setup } from './setup.ts'

const TOKEN = 'a'.repeat(64)
/** The bearer of the token with this hash. */
const by = (own: string) => (hash: string) => hash === own
const DONE = { kind: 'succeeded', result: '{"sent":3}', items: null } as const
const FAILED = { kind: 'retry', error: 'no', items: null, after_seconds: null } as const

/** A run that its target took for ten minutes. */
async function accepted() {
  const bundle = setup()
  const { a, b, clock } = bundle
  await clock.advanceTo(T0 + MINUTE)
  const held = await b.hold('digest')
  const outcome = { kind: 'accepted', token_hash: TOKEN, deadline_seconds: 600, items: null } as const
  await b.settle([{ held, outcome }])
  const heard: string[] = []
  const told = (settled: Settled) => void heard.push(settled.kind)
  const parts = { documents: a.documents, clock, random: () => 0, told }
  return { ...bundle, run: held.entry.run, record: bundle.run, parts, heard }
}

describe('a completion', () => {
  test('settles the run by the token of its call', async () => {
    const { parts, run, record, job, heard } = await accepted()
    expect(only(await job('digest'))).toMatchObject({ state: 'callback', token: TOKEN })
    expect(await completeRun(parts, run, by(TOKEN), async () => DONE)).toBe('succeeded')
    expect(await record(run)).toMatchObject({ status: 'succeeded', result: '{"sent":3}' })
    expect((await job('digest')).entries).toEqual([])
    expect(heard).toEqual(['settled'])
  })

  test('that tells of a failure leads to the next attempt', async () => {
    const { parts, run, job } = await accepted()
    expect(await completeRun(parts, run, by(TOKEN), async () => FAILED)).toBe('retry')
    expect(only(await job('digest'))).toMatchObject({ state: 'retry', token: null })
  })

  test('counts once', async () => {
    const { parts, run, record } = await accepted()
    await completeRun(parts, run, by(TOKEN), async () => DONE)
    await expect(completeRun(parts, run, by(TOKEN), async () => FAILED)).rejects.toMatchObject({
      code: 'unauthenticated',
    })
    expect((await record(run)).status).toBe('succeeded')
  })

  test('and another at the same moment are both told what the run came to', async () => {
    const { parts, run, record } = await accepted()
    const both = await Promise.all(
      [DONE, FAILED].map((end) => completeRun(parts, run, by(TOKEN), async () => end).catch(String)),
    )
    const { status } = await record(run)
    expect(both).toEqual([status, status])
  })

  test('counts until its deadline, and not at it', async () => {
    const { parts, run, clock, record } = await accepted()
    await clock.advanceTo(T0 + 11 * MINUTE)
    await expect(completeRun(parts, run, by(TOKEN), async () => DONE)).rejects.toMatchObject({
      code: 'unauthenticated',
    })
    expect((await record(run)).finished_at).toBeNull()
  })

  test('by another token, for another run or for none proves nothing', async () => {
    const { parts, run } = await accepted()
    for (const [id, token] of [
      [run, 'b'.repeat(64)],
      [run, ''],
      ['digest@2030-01-31T12:02:00.000Z', TOKEN],
      ['nobody@2030-01-31T12:01:00.000Z', TOKEN],
    ] as const)
      await expect(completeRun(parts, id, by(token), async () => DONE)).rejects.toMatchObject({
        code: 'unauthenticated',
      })
  })

  test('of an attempt that was released counts no more, nor for the next attempt', async () => {
    const { parts, run, a, clock } = await accepted()
    await releaseLease(a.documents, 'digest', { run: null, why: 'why', also: () => [] })
    await expect(completeRun(parts, run, by(TOKEN), async () => DONE)).rejects.toMatchObject({
      code: 'unauthenticated',
    })
    await clock.advance(2 * MINUTE)
    expect((await a.hold('digest')).entry).toMatchObject({ run, attempt: 2 })
    const late = completeRun(parts, run, by(TOKEN), async () => DONE).catch((error: unknown) => error)
    await clock.advance(10_000)
    expect(await late).toMatchObject({ code: 'unauthenticated' })
  })

  test('that comes before its acceptance is settled waits for it', async () => {
    const target = { kind: 'http', service: 'mail', endpoint: '/' } as const
    const { a, b, clock, run } = setup([definition({ target })])
    await clock.advanceTo(T0 + MINUTE)
    const held = await b.hold('digest')
    const parts = { documents: a.documents, clock, random: () => 0, told: () => undefined }
    const early = completeRun(parts, held.entry.run, by(TOKEN), async () => DONE)
    await clock.advance(1000)
    const outcome = { kind: 'accepted', token_hash: TOKEN, deadline_seconds: 600, items: null } as const
    await b.settle([{ held, outcome }])
    await clock.advance(4000)
    expect(await early).toBe('succeeded')
    expect((await run(held.entry.run)).status).toBe('succeeded')
  })
})
