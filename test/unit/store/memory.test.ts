import { expect, it } from 'vitest'
import type { Clock } from '../../../functions/clock.ts'
import { memoryDocuments } from '../../../functions/store/memory.ts'

const ref = { collection: 'scheduler_jobs', id: 'a' } as const

it('the time of memory documents does not go back when the clock does', async () => {
  let now = 1_000
  const clock: Clock = { now: () => now, sleep: async () => {} }
  const documents = memoryDocuments(clock)
  expect((await documents.get([ref])).time).toBe(1_000)
  now = 400
  expect((await documents.get([ref])).time).toBe(1_000)
  now = 1_001
  expect(await documents.commit([{ kind: 'create', ref, fields: {} }])).toMatchObject({ time: 1_001 })
})

it('memory documents begin with what they are given, at a version that an update can name', async () => {
  const clock: Clock = { now: () => 0, sleep: async () => {} }
  const documents = memoryDocuments(clock, [{ ref, fields: { lane: 'main', claimable_at: 5 } }])
  const [stored] = (await documents.query({ shape: 'due', equals: 'main', limit: 1 })).value
  const update = { kind: 'update', ref, version: stored?.version ?? '', fields: { n: 1 } } as const
  expect((await documents.commit([update])).outcome).toBe('done')
  expect((await documents.commit([update])).outcome).toBe('conflict')
})
