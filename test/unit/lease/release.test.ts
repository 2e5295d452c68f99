import { describe, expect, test } from 'vitest'
import { releaseLease } from '../../../functions/lease/release.ts'
import { MINUTE, only, T0 } from '../job/fixtures.ts'
import { setup, succeeded } from './setup.ts'

const ENTRY = { collection: 'scheduler_audit', id: 'entry' } as const
const LETTING = {
  run: null,
  why: 'it hangs',
  also: () => [{ kind: 'create', ref: ENTRY, fields: { at: 1 } } as const],
}

async function held() {
  const bundle = setup()
  await bundle.clock.advanceTo(T0 + MINUTE)
  return { ...bundle, held: await bundle.b.hold('digest') }
}

describe('releasing a lease', () => {
  test('takes the run from its holder, who finds itself lost', async () => {
    const { a, b, held: mine, job, run, read } = await held()
    expect(await releaseLease(a.documents, 'digest', LETTING)).toEqual([mine.entry.run])
    expect(only(await job('digest'))).toMatchObject({ state: 'retry', run: mine.entry.run })
    expect((await run(mine.entry.run)).attempts).toMatchObject([{ outcome: 'lost', error: 'it hangs' }])
    expect(await read(ENTRY)).not.toBeNull()
    expect(await b.settle([succeeded(mine)])).toMatchObject([{ kind: 'lost' }])
  })

  test('lets the run go on under a new fence', async () => {
    const { a, clock, held: mine } = await held()
    await releaseLease(a.documents, 'digest', LETTING)
    await clock.advance(2 * MINUTE)
    const next = await a.hold('digest')
    expect(next.entry).toMatchObject({ run: mine.entry.run, attempt: 2, fence: mine.entry.fence + 1 })
  })

  test('of nothing writes nothing', async () => {
    const { a } = setup()
    expect(await releaseLease(a.documents, 'digest', LETTING)).toEqual([])
    expect(a.documents.asked).toEqual([])
  })

  test('of a holder that settles at that moment takes nothing from it', async () => {
    const { a, b, held: mine, run, read } = await held()
    a.documents.commits.push(() => b.settle([succeeded(mine)]))
    expect(await releaseLease(a.documents, 'digest', LETTING)).toEqual([])
    expect((await run(mine.entry.run)).status).toBe('succeeded')
    expect(await read(ENTRY)).toBeNull()
  })

  test('at a store out of reach says that it is not known', async () => {
    const { a, held: mine, job } = await held()
    a.documents.commits.push('unreachable')
    await expect(releaseLease(a.documents, 'digest', LETTING)).rejects.toMatchObject({
      code: 'store_unreachable',
    })
    expect(only(await job('digest'))).toEqual(mine.entry)
  })

  test.each(['reply_lost', 'conflict_after_success'] as const)(
    'is told as what it was when its reply is lost (%s)',
    async (mishap) => {
      const { a, held: mine } = await held()
      a.documents.commits.push(mishap)
      expect(await releaseLease(a.documents, 'digest', LETTING)).toEqual([mine.entry.run])
    },
  )
})
