import { expect, it } from 'vitest'
import { counted } from '../../../functions/store/counted.ts'
import type { Documents } from '../../../functions/store/documents.ts'
import { memoryDocuments } from '../../../functions/store/memory.ts'
import { virtualClock } from '../../support/virtual-clock.ts'

const ref = (id: string) => ({ collection: 'scheduler_jobs', id }) as const
const none = { calls: 0, read: 0, written: 0, checked: 0, failed: 0, ms: 0, permits_peak: 0 }

function setup() {
  const clock = virtualClock(0)
  const inner = memoryDocuments(clock, [
    { ref: ref('a'), fields: { lane: 'main', claimable_at: 1 } },
    { ref: ref('b'), fields: { lane: 'main', claimable_at: 1 } },
  ])
  return counted(inner, clock)
}

it('counts a document asked for whether it is there or not, and an empty answer as one', async () => {
  const documents = setup()
  expect(documents.counts()).toEqual(none)
  await documents.get([ref('a'), ref('none')])
  expect(documents.counts()).toEqual({ ...none, calls: 1, read: 2 })
  await documents.query({ shape: 'due', equals: 'main', limit: 9 })
  expect(documents.counts()).toEqual({ ...none, calls: 2, read: 4 })
  await documents.query({ shape: 'due', equals: 'side', limit: 9 })
  expect(documents.counts()).toEqual({ ...none, calls: 3, read: 5 })
})

it('counts what a commit wrote and checked, and of a conflict the call alone', async () => {
  const documents = setup()
  const [a, b] = (await documents.get([ref('a'), ref('b')])).value
  const before = documents.counts()
  await documents.commit([
    { kind: 'update', ref: ref('a'), version: a?.version ?? '', fields: { n: 1 } },
    { kind: 'check', ref: ref('b'), version: b?.version ?? '' },
    { kind: 'create', ref: ref('c'), fields: {} },
  ])
  expect(documents.counts()).toEqual({ ...before, calls: 2, written: 2, checked: 1 })
  await documents.commit([{ kind: 'create', ref: ref('c'), fields: {} }])
  expect(documents.counts()).toEqual({ ...before, calls: 3, written: 2, checked: 1 })
  await documents.commit([{ kind: 'delete', ref: ref('b'), version: b?.version ?? '' }])
  expect(documents.counts()).toEqual({ ...before, calls: 4, written: 3, checked: 1 })
})

it('tells the largest share of the permits that a call found in use, and none where there is no bound', async () => {
  const clock = virtualClock(0)
  const inner = memoryDocuments(clock)
  const slow: Documents = { ...inner, get: (refs) => clock.sleep(10).then(() => inner.get(refs)) }
  const bounded = counted({ ...slow, permits: 4 }, clock)
  const unbounded = counted(slow, clock)
  const peaks: number[] = []
  for (const atOnce of [1, 3, 2, 9]) {
    const calls = Array.from({ length: atOnce }, () => [bounded.get([ref('a')]), unbounded.get([ref('a')])])
    await clock.advance(10)
    await Promise.all(calls.flat())
    peaks.push(bounded.counts().permits_peak)
  }
  expect(peaks).toEqual([0, 0.5, 0.5, 1])
  expect(unbounded.counts().permits_peak).toBe(0)
})

it('counts a call that fails, too', async () => {
  const broken: Documents = {
    ...memoryDocuments(virtualClock(0)),
    get: () => Promise.reject(new Error('broken')),
  }
  const documents = counted(broken, virtualClock(0))
  await expect(documents.get([ref('a')])).rejects.toThrow('broken')
  expect(documents.counts()).toEqual({ ...none, calls: 1, failed: 1 })
})

it('adds up how long answers took, also of calls side by side and of those that failed', async () => {
  const clock = virtualClock(0)
  const inner = memoryDocuments(clock)
  const slow: Documents = {
    ...inner,
    get: async (refs) => {
      await clock.sleep(15)
      return inner.get(refs)
    },
    query: async () => {
      await clock.sleep(5)
      throw new Error('broken')
    },
  }
  const documents = counted(slow, clock)
  const both = Promise.all([documents.get([ref('a')]), documents.get([ref('b')])])
  await clock.advance(15)
  await both
  const broken = expect(documents.query({ shape: 'due', equals: 'x', limit: 1 })).rejects.toThrow('broken')
  await clock.advance(5)
  await broken
  expect(documents.counts()).toMatchObject({ calls: 3, failed: 1, ms: 35 })
})
