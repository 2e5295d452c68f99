import { describe, expect, test } from 'vitest'
import { jobRef, lookAgain } from '../../../functions/lease/held.ts'
import { renew } from '../../../functions/lease/renew.ts'
import { LEASE, MINUTE, only, T0 } from '../job/fixtures.ts'
import { type Bundle, setup, succeeded } from './setup.ts'

const at = (minute: number) => T0 + minute * MINUTE

/** A job that `a` holds since minute 1, and its renewal until minute 9. */
async function begun() {
  const bundle = setup()
  await bundle.clock.advanceTo(at(1))
  const held = await bundle.a.hold('digest')
  bundle.a.documents.asked.length = 0
  const again = () => renew(bundle.a.settling.documents, held, at(9), bundle.a.copies)
  return { ...bundle, held, again }
}

async function until({ job }: Bundle): Promise<number> {
  return only(await job('digest')).until
}

describe('a renewal', () => {
  test('prolongs the lease, where the store and this process can see it', async () => {
    const bundle = await begun()
    expect(await bundle.again()).toBe('renewed')
    expect(await until(bundle)).toBe(at(9))
    expect((await bundle.stored('digest')).fields).toMatchObject({ lease_until: at(9), claimable_at: at(9) })
    expect(bundle.a.copies.get('digest')?.version).toBe((await bundle.stored('digest')).version)
  })

  test('is made again over the change of another', async () => {
    const bundle = await begun()
    bundle.a.documents.commits.push(() => bundle.put(jobRef('digest'), { description: 'edited' }))
    expect(await bundle.again()).toBe('renewed')
    expect([(await bundle.job('digest')).description, await until(bundle)]).toEqual(['edited', at(9)])
  })

  test.each(['reply_lost', 'conflict_after_success', 'never_arrived'] as const)(
    'holds after %s',
    async (mishap) => {
      const bundle = await begun()
      bundle.a.documents.commits.push(mishap)
      expect(await bundle.again()).toBe('renewed')
      expect(await until(bundle)).toBe(at(9))
    },
  )

  test('is lost once a successor holds the run, and leaves that one’s lease alone', async () => {
    const bundle = await begun()
    await bundle.clock.advance(LEASE)
    const { entry } = await bundle.b.hold('digest')
    expect(await bundle.again()).toBe('lost')
    expect(await until(bundle)).toBe(entry.until)
  })

  test('is lost where this process has seen the run settled, without asking the store', async () => {
    const bundle = await begun()
    await bundle.a.settle([succeeded(bundle.held)])
    bundle.a.documents.asked.length = 0
    expect(await bundle.again()).toBe('lost')
    expect(bundle.a.documents.asked).toEqual([])
  })

  test('is lost where the job is gone', async () => {
    const bundle = await begun()
    const { ref, version } = await bundle.stored('digest')
    await bundle.store.commit([{ kind: 'delete', ref, version }])
    expect(await bundle.again()).toBe('lost')
  })

  test('asks to be tried again while the store is out of reach, for writing or for reading back', async () => {
    const bundle = await begun()
    bundle.a.documents.commits.push('unreachable')
    expect(await bundle.again()).toBe('unreachable')
    bundle.a.documents.commits.push('never_arrived')
    bundle.a.documents.reads.push('unreachable')
    expect(await bundle.again()).toBe('unreachable')
    expect(await bundle.again()).toBe('renewed')
  })

  test('gives up for now after ten conflicts', async () => {
    const bundle = await begun()
    let edits = 0
    const edit = () => bundle.put(jobRef('digest'), { description: `edit ${edits++}` })
    bundle.a.documents.commits.push(...Array.from({ length: 10 }, () => edit))
    expect(await bundle.again()).toBe('unreachable')
    expect(bundle.a.documents.asked).toHaveLength(10)
    expect(await bundle.again()).toBe('renewed')
  })
})

test('a look again that the store does not answer keeps the copy', async () => {
  const { a } = await begun()
  a.documents.reads.push('unreachable')
  const copy = a.copies.get('digest')
  expect(await lookAgain(a.settling.documents, a.copies, 'digest')).toBe(false)
  expect(a.copies.get('digest')).toBe(copy)
})
