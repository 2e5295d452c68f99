import { setImmediate as turn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { counted } from '../../../functions/store/counted.ts'
import type { Documents } from '../../../functions/store/documents.ts'
import { memoryDocuments } from '../../../functions/store/memory.ts'
import { permits } from '../../../functions/store/permits.ts'
import { virtualClock } from '../../support/virtual-clock.ts'

/** Documents whose calls all wait until they are let go. */
function setup() {
  const waiting: (() => void)[] = []
  const inner = memoryDocuments(virtualClock(0))
  const held = async <T>(call: () => Promise<T>): Promise<T> => {
    await new Promise<void>((go) => waiting.push(go))
    return call()
  }
  const documents: Documents = {
    get: (refs) => held(() => inner.get(refs)),
    query: (query) => held(() => inner.query(query)),
    commit: (changes) => held(() => inner.commit(changes)),
    close: () => inner.close(),
  }
  return { documents, waiting }
}

const ref = { collection: 'scheduler_jobs', id: 'a' } as const

it('lets no lane have more calls at once than its share, of whatever kind', async () => {
  const { documents, waiting } = setup()
  const lane = permits(documents, 5, ['fast', 'slow'])('fast')
  const ended: string[] = []
  const calls = [
    lane.get([ref]).then(() => ended.push('get')),
    lane.query({ shape: 'due', equals: 'x', limit: 1 }).then(() => ended.push('query')),
    lane.commit([{ kind: 'create', ref, fields: {} }]).then(() => ended.push('commit')),
  ]
  await turn()
  expect(waiting).toHaveLength(2)
  waiting[0]?.()
  await turn()
  expect(ended).toEqual(['get'])
  expect(waiting).toHaveLength(3)
  for (const go of waiting) go()
  await Promise.all(calls)
})

it('tells the share of a lane, by which it is counted how much of it is in use', async () => {
  const { documents, waiting } = setup()
  const lane = counted(permits(documents, 5, ['fast', 'slow'])('fast'), virtualClock(0))
  const calls = [lane.get([ref]), lane.get([ref])]
  expect(lane.counts().permits_peak).toBe(0.5)
  calls.push(lane.get([ref]))
  expect(lane.counts().permits_peak).toBe(1)
  await turn()
  while (waiting.length > 0) {
    waiting.pop()?.()
    await turn()
  }
  await Promise.all(calls)
})

it('makes no lane wait for the calls of another', async () => {
  const { documents, waiting } = setup()
  const view = permits(documents, 4, ['fast', 'slow'])
  const stuck = Array.from({ length: 10 }, () => view('slow').get([ref]))
  await turn()
  expect(waiting).toHaveLength(2)
  const free = view('fast').get([ref])
  await turn()
  expect(waiting).toHaveLength(3)
  waiting[2]?.()
  await expect(free).resolves.toMatchObject({ value: [null] })
  while (waiting.length > 0) {
    waiting.pop()?.()
    await turn()
  }
  await Promise.all(stuck)
})

it('refuses fewer calls than lanes, and a lane that is not listed', () => {
  const { documents } = setup()
  expect(() => permits(documents, 1, ['a', 'b'])).toThrow(expect.objectContaining({ code: 'configuration' }))
  expect(() => permits(documents, 2, ['a', 'b'])('c')).toThrow(
    expect.objectContaining({ code: 'unknown_lane' }),
  )
})
