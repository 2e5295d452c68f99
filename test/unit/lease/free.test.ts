import { expect, test } from 'vitest'
import { runId } from '../../../functions/job/job.ts'
import { free } from '../../../functions/lease/free.ts'
import { definition, LEASE, MINUTE, T0 } from '../job/fixtures.ts'
import { setup } from './setup.ts'

const at = (minute: number) => T0 + minute * MINUTE
const named = (...names: string[]) => names.map((name) => definition({ name }))
const first = (job: string) => ({ job, run: runId(job, at(1)), path: 'tick' })

test('the dead are freed and the living told, in every lane; nothing is started', async () => {
  const { clock, a, job, run, store } = setup([
    ...named('dead', 'idle'),
    definition({ name: 'spent', lane: 'slow', policies: { max_attempts: 1 } }),
    definition({ name: 'living', lane: 'slow' }),
  ])
  await clock.advanceTo(at(1))
  await a.claim(['dead', 'spent'])
  await clock.advance(1)
  await a.claim(['living'])
  await clock.advanceTo(at(1) + LEASE)
  expect(await free(store, ['default', 'slow'], clock.now())).toEqual({
    freed: [first('dead'), first('spent')],
    living: [{ ...first('living'), until: at(1) + LEASE + 1 }],
  })
  expect((await job('dead')).entries).toMatchObject([{ state: 'retry', attempt: 1 }])
  expect((await job('spent')).entries).toEqual([])
  expect((await run(first('spent').run)).status).toBe('failed')
  expect(await job('idle')).toMatchObject({ entries: [], enabled: true, totals: { skipped: 0 } })
  expect(await free(store, ['default', 'slow'], clock.now())).toMatchObject({ freed: [] })
})

test('only the holders of one path are looked for, when it is named', async () => {
  const { clock, a, store } = setup(named('x'))
  await clock.advanceTo(at(1))
  await a.hold('x')
  expect(await free(store, ['default'], clock.now(), 'legacy')).toEqual({ freed: [], living: [] })
  expect((await free(store, ['default'], clock.now(), 'tick')).living).toHaveLength(1)
  await clock.advance(LEASE)
  expect(await free(store, ['default'], clock.now(), 'legacy')).toEqual({ freed: [], living: [] })
  expect((await free(store, ['default'], clock.now(), 'tick')).freed).toEqual([first('x')])
})

test('more dead than one page and one commit hold are all freed', async () => {
  const names = Array.from({ length: 520 }, (_, n) => `job${n}`)
  const { clock, a, b, store } = setup(named(...names))
  await clock.advanceTo(at(1))
  for (let n = 0; n < names.length; n += 200) await a.claim(names.slice(n, n + 200))
  await clock.advance(LEASE)
  const { freed } = await free(b.documents, ['default'], clock.now())
  expect(new Set(freed.map(({ job }) => job)).size).toBe(520)
  expect((await free(store, ['default'], clock.now())).freed).toEqual([])
})

test('a holder that is back in time is not touched, and a store out of reach is said', async () => {
  const { clock, a, b, job } = setup(named('x'))
  await clock.advanceTo(at(1))
  const held = await a.hold('x')
  await clock.advance(LEASE)
  b.documents.commits.push(() =>
    a.settle([{ held, outcome: { kind: 'succeeded', result: null, items: null } }]),
  )
  expect((await free(b.documents, ['default'], clock.now())).freed).toEqual([])
  expect((await job('x')).totals.succeeded).toBe(1)
  await clock.advance(MINUTE)
  await a.hold('x')
  await clock.advance(LEASE)
  b.documents.commits.push('unreachable')
  await expect(free(b.documents, ['default'], clock.now())).rejects.toMatchObject({
    code: 'store_unreachable',
  })
})
