import { describe, expect, test } from 'vitest'
import type { Finished, Settled } from '../../../functions/lease/settle.ts'
import { createSettler } from '../../../functions/tick/settler.ts'
import { definition, MINUTE, T0 } from '../job/fixtures.ts'
import { setup, succeeded } from '../lease/setup.ts'

/** A settler with a batch of 4, and attempts of `count` jobs that wait to be settled. */
async function begun(count: number) {
  const names = Array.from({ length: count }, (_, n) => `job${n}`)
  const { a, clock, job } = setup(names.map((name) => definition({ name })))
  await clock.advanceTo(T0 + MINUTE)
  const { held } = await a.claim(names)
  a.documents.asked.length = 0
  const told: Settled[] = []
  const settler = createSettler(a.settling, clock, 4, (settled) => told.push(settled))
  return {
    clock,
    settler,
    told,
    job,
    documents: a.documents,
    finished: held.map(succeeded) as [Finished, ...Finished[]],
    /** How many jobs each commit so far has settled. */
    commits: () => a.documents.asked.map((changes) => changes.length / 2),
  }
}

describe('attempts that end', () => {
  test('within 200 ms of the first are settled together', async () => {
    const { clock, settler, finished, commits } = await begun(3)
    settler.add(finished[0])
    await clock.advance(150)
    settler.add(finished[1]!)
    await clock.advance(49)
    expect(commits()).toEqual([])
    await clock.advance(1)
    expect(commits()).toEqual([2])
    settler.add(finished[2]!)
    await clock.advance(199)
    expect(commits()).toEqual([2])
    await clock.advance(1)
    expect(commits()).toEqual([2, 1])
  })

  test('as many as a batch holds are settled at once', async () => {
    const { clock, settler, finished, commits } = await begun(6)
    for (const one of finished) settler.add(one)
    await clock.advance(0)
    expect(commits()).toEqual([4, 2])
  })

  test('are settled at once when there is nothing more to wait for', async () => {
    const { clock, settler, finished, commits } = await begun(2)
    for (const one of finished) settler.add(one)
    settler.flush()
    await clock.advance(0)
    expect([commits(), clock.sleepers()]).toEqual([[2], 0])
    settler.flush()
    await clock.advance(1000)
    expect(commits()).toEqual([2])
  })

  test('while others are being settled are settled next, one commit after another', async () => {
    const { clock, settler, finished, documents, commits, told } = await begun(3)
    const gate = Promise.withResolvers<void>()
    documents.commits.push(() => gate.promise)
    settler.add(finished[0])
    settler.flush()
    await clock.advance(0)
    settler.add(finished[1]!)
    settler.add(finished[2]!)
    settler.flush()
    await clock.advance(0)
    expect([commits(), told.length]).toEqual([[1], 0])
    gate.resolve()
    await settler.idle()
    expect([commits(), told.length]).toEqual([[1, 2], 3])
  })
})

test('each is told of once, and all of them are settled when the settler is idle', async () => {
  const { settler, finished, told, job } = await begun(10)
  for (const one of finished) settler.add(one)
  settler.flush()
  await settler.idle()
  expect(told.map((settled) => `${settled.finished.held.job} ${settled.kind}`)).toEqual(
    finished.map(({ held }) => `${held.job} settled`),
  )
  for (const { held } of finished) expect((await job(held.job)).entries).toEqual([])
})

test('an idle settler is idle at once', async () => {
  const { settler } = await begun(1)
  await expect(settler.idle()).resolves.toBeUndefined()
})
