import { describe, expect, test } from 'vitest'
import { runId } from '../../../functions/job/job.ts'
import { jobRef, runRef } from '../../../functions/lease/held.ts'
import { renew } from '../../../functions/lease/renew.ts'
import { type Finished, type Settled, settle } from '../../../functions/lease/settle.ts'
import type { Documents } from '../../../functions/store/documents.ts'
import { passing } from '../../support/engine.ts'
import { definition, LEASE, MINUTE, minutes, only, T0 } from '../job/fixtures.ts'
import { type Bundle, setup, succeeded } from './setup.ts'

const at = (minute: number) => T0 + minute * MINUTE
const named = (...names: string[]) => names.map((name) => definition({ name }))

function kinds(settled: readonly Settled[]): string[] {
  return settled.map(({ kind, finished }) => `${finished.held.job} ${kind}`)
}

/** Jobs that `a` holds since minute 1, each with an outcome; the first of them gives way to its next occurrence. */
async function begun(...names: string[]): Promise<Bundle & { finished: Finished[] }> {
  const bundle = setup(
    names.map((name) => definition({ name, policies: { overlap: name === 'x' ? 'replace' : 'skip' } })),
  )
  await bundle.clock.advanceTo(at(1))
  const { held } = await bundle.a.claim(names)
  bundle.a.documents.asked.length = 0
  return { ...bundle, finished: held.map(succeeded) }
}

describe('outcomes', () => {
  test('of a batch are written in one commit, with what comes next', async () => {
    const { a, clock, finished, job, run } = await begun('x', 'y')
    await clock.advance(1000)
    expect(kinds(await a.settle(finished))).toEqual(['x settled', 'y settled'])
    expect(a.documents.asked).toHaveLength(1)
    expect(await run(runId('x', at(1)))).toMatchObject({ status: 'succeeded', result: '1' })
    expect((await job('y')).entries).toEqual([])
    expect((await job('y')).totals.succeeded).toBe(1)
  })

  test('of two runs of one job are written together', async () => {
    const { a, clock, job, run } = setup([definition({ policies: { max_instances: 2 } })])
    await clock.advanceTo(at(1))
    const one = await a.hold('digest')
    await clock.advanceTo(at(2))
    const two = await a.hold('digest')
    a.documents.asked.length = 0
    expect(kinds(await a.settle([succeeded(one), succeeded(two)]))).toEqual([
      'digest settled',
      'digest settled',
    ])
    expect(a.documents.asked).toHaveLength(1)
    expect(await job('digest')).toMatchObject({ entries: [], totals: { runs: 2, succeeded: 2 } })
    expect((await run(two.entry.run)).status).toBe('succeeded')
  })

  test('leave the versions behind that the next writes need', async () => {
    const { a, finished, stored } = await begun('x', 'y')
    await a.settle(finished)
    expect(a.copies.get('x')?.version).toBe((await stored('x')).version)
    expect(a.copies.get('y')?.version).toBe((await stored('y')).version)
  })

  test('record what fell due meanwhile', async () => {
    const { a, clock, finished, read, job } = await begun('y')
    await clock.advanceTo(at(3))
    await a.settle(finished)
    expect((await read(runRef(runId('y', at(2)))))?.fields).toMatchObject({ reason: 'overlap', count: 2 })
    expect(minutes((await job('y')).next_run_at)).toBe(4)
  })

  test('of nothing are nothing', async () => {
    const { a } = await begun('x')
    expect(await a.settle([])).toEqual([])
    expect(a.documents.asked).toEqual([])
  })

  test('of more than one commit holds are written by several', async () => {
    const names = Array.from({ length: 300 }, (_, n) => `job${n}`)
    const bundle = setup(named(...names))
    await bundle.clock.advanceTo(at(1))
    const first = await bundle.a.claim(names.slice(0, 200))
    const second = await bundle.a.claim(names.slice(200))
    bundle.a.documents.asked.length = 0
    const settled = await bundle.a.settle([...first.held, ...second.held].map(succeeded))
    expect(settled.filter(({ kind }) => kind === 'settled')).toHaveLength(300)
    expect(bundle.a.documents.asked.map((changes) => changes.length)).toEqual([500, 100])
  })
})

describe('a conflict is no verdict', () => {
  test('another writer’s change is read, and the outcome written over it', async () => {
    const { a, finished, put, job } = await begun('x', 'y')
    a.documents.commits.push(() => put(jobRef('x'), { description: 'edited' }))
    expect(kinds(await a.settle(finished))).toEqual(['x settled', 'y settled'])
    expect(await job('x')).toMatchObject({ description: 'edited', entries: [] })
  })

  test('a note that a hand has added to the run’s record survives', async () => {
    const { a, put, finished, read } = await begun('y')
    const ref = runRef(runId('y', at(1)))
    await put(ref, { note: 'mine' })
    expect(kinds(await a.settle(finished))).toEqual(['y settled'])
    expect((await read(ref))?.fields).toMatchObject({ status: 'succeeded', note: 'mine' })
  })

  test('one whose record is refused again and again keeps no other from settling', async () => {
    const { a, put, finished } = await begun('y', 'z')
    let notes = 0
    const note = () => put(runRef(runId('z', at(1))), { note: notes++ })
    a.documents.commits.push(...Array.from({ length: 60 }, () => note))
    expect(kinds(await a.settle(finished))).toContain('y settled')
  })

  test('the record of a run that is gone or cannot be read is made anew', async () => {
    const { a, put, store, finished, read, run } = await begun('y', 'z')
    const gone = (await read(runRef(runId('y', at(1)))))!
    await store.commit([{ kind: 'delete', ref: gone.ref, version: gone.version }])
    await put(runRef(runId('z', at(1))), { attempts: 'nonsense' })
    expect(kinds(await a.settle(finished))).toEqual(['y settled', 'z settled'])
    for (const name of ['y', 'z']) expect((await run(runId(name, at(1)))).status).toBe('succeeded')
  })

  test('only the one whose entry is gone is lost, the others of the batch are settled', async () => {
    const { a, b, clock, finished, job } = await begun('x', 'y')
    await clock.advanceTo(at(2))
    await b.hold('x')
    expect(kinds(await a.settle(finished))).toEqual(['x lost', 'y settled'])
    expect(only(await job('x'))).toMatchObject({ owner: 'b', fence: 2 })
    expect((await job('y')).entries).toEqual([])
  })

  test('one that is lost keeps no other from settling, also after the leases that the claim had', async () => {
    const { a, b, clock, finished, job } = await begun('x', 'y')
    await clock.advance(LEASE)
    await b.hold('x')
    expect(kinds(await a.settle(finished))).toEqual(['x lost', 'y settled'])
    expect((await job('y')).entries).toEqual([])
  })

  test('the record of a run that a successor has taken up is left as it is', async () => {
    const { a, b, clock, finished, run } = await begun('x')
    await clock.advance(LEASE)
    await b.hold('x')
    const theirs = await run(runId('x', at(1)))
    await a.settle(finished)
    expect(await run(runId('x', at(1)))).toEqual(theirs)
  })

  test('a job that is gone is lost', async () => {
    const { a, store, finished, stored } = await begun('x')
    const { ref, version } = await stored('x')
    await store.commit([{ kind: 'delete', ref, version }])
    expect(kinds(await a.settle(finished))).toEqual(['x lost'])
  })

  test('a job that cannot be read any more is lost', async () => {
    const { a, put, finished } = await begun('x')
    await put(jobRef('x'), { policies: null })
    expect(kinds(await a.settle(finished))).toEqual(['x lost'])
  })

  test('also after the lease that the claim had, as long as it was renewed', async () => {
    const { a, clock, put, finished, job } = await begun('x')
    const [{ held }] = finished as [Finished]
    await clock.advance(LEASE - MINUTE)
    await renew(a.settling.documents, held, clock.now() + LEASE, a.copies)
    await clock.advance(2 * MINUTE)
    a.documents.commits.push(() => put(jobRef('x'), { description: 'edited' }))
    expect(kinds(await a.settle(finished))).toEqual(['x settled'])
    expect((await job('x')).entries).toEqual([])
  })

  test('skipped occurrences that are recorded already do not keep a run from settling', async () => {
    const { a, clock, put, finished } = await begun('y')
    await put(runRef(runId('y', at(2))), { by: 'another path' })
    await clock.advanceTo(at(2))
    expect(kinds(await a.settle(finished))).toEqual(['y settled'])
  })
})

describe('a reply that was lost', () => {
  test.each(['reply_lost', 'conflict_after_success'] as const)(
    'is read back: what has landed is settled, once (%s)',
    async (mishap) => {
      const { a, clock, finished, job } = await begun('x', 'y')
      a.documents.commits.push(mishap)
      expect(kinds(await passing(clock, a.settle(finished)))).toEqual(['x settled', 'y settled'])
      expect(a.documents.asked).toHaveLength(1)
      expect((await job('x')).totals.runs).toBe(1)
    },
  )

  test('of a retry that has landed is settled, also when the next attempt has begun elsewhere', async () => {
    const { a, b, clock, finished, run } = await begun('y')
    const [{ held }] = finished as [Finished]
    a.documents.commits.push('reply_lost')
    a.documents.reads.push(async () => {
      await clock.advance(2 * MINUTE)
      await b.hold('y')
    })
    const retry: Finished = {
      held,
      outcome: { kind: 'retry', error: 'no', items: null, after_seconds: null },
    }
    expect(kinds(await passing(clock, a.settle([retry])))).toEqual(['y settled'])
    expect((await run(held.entry.run)).attempts.map(({ outcome }) => outcome)).toEqual(['failed', null])
  })

  test('that never arrived is written again', async () => {
    const { a, clock, finished, job } = await begun('x')
    a.documents.commits.push('never_arrived', 'never_arrived')
    expect(kinds(await passing(clock, a.settle(finished)))).toEqual(['x settled'])
    expect((await job('x')).totals.runs).toBe(1)
  })

  test('is no success where a successor has closed the attempt as lost', async () => {
    const { a, b, clock, finished } = await begun('x')
    a.documents.commits.push(async () => {
      await clock.advanceTo(at(2))
      await b.hold('x')
    })
    expect(kinds(await a.settle(finished))).toEqual(['x lost'])
  })
})

describe('a store out of reach', () => {
  test('is tried again, with pauses that grow to 5 s', async () => {
    const { a, clock, finished } = await begun('x')
    const tries: number[] = []
    const { documents } = a.settling
    const commit: Documents['commit'] = (changes) => {
      tries.push(clock.now())
      return documents.commit(changes)
    }
    const watched = { ...a.settling, documents: { ...documents, commit } }
    a.documents.commits.push(...Array.from({ length: 8 }, () => 'unreachable' as const))
    expect(kinds(await passing(clock, settle(watched, finished)))).toEqual(['x settled'])
    const pauses = tries.slice(1).map((instant, index) => instant - tries[index]!)
    expect(pauses).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000])
  })

  test('also for reading back', async () => {
    const { a, clock, finished } = await begun('x')
    a.documents.commits.push('reply_lost')
    a.documents.reads.push('unreachable')
    const settled = await passing(clock, a.settle(finished))
    expect(kinds(settled)).toEqual(['x settled'])
  })

  test('until the lease has run out: then the run is left to it', async () => {
    const { a, clock, finished, job } = await begun('x')
    a.documents.commits.push(...Array.from({ length: 200 }, () => 'unreachable' as const))
    const settled = await passing(clock, a.settle(finished))
    expect(kinds(settled)).toEqual(['x unsettled'])
    expect(settled[0]).toMatchObject({ reason: expect.stringMatching('out of reach') })
    expect(a.documents.asked.length).toBeLessThanOrEqual(50)
    expect(only(await job('x')).fence).toBe(1)
  })

  test('is tried once also when the lease has run out: the fence decides', async () => {
    const { a, clock, finished } = await begun('x')
    await clock.advance(2 * LEASE)
    expect(kinds(await a.settle(finished))).toEqual(['x settled'])
  })
})

const unstorable = (held: Finished['held']): Finished => ({
  held,
  outcome: { kind: 'succeeded', result: 'x'.repeat(2_000_000), items: null },
})

describe('an outcome that no store would take', () => {
  test('does not keep the others from settling', async () => {
    const { a, finished } = await begun('x', 'y', 'z')
    const [x, y, z] = finished as [Finished, Finished, Finished]
    const settled = await a.settle([x, unstorable(y.held), z])
    expect(kinds(settled)).toEqual(['x settled', 'y unsettled', 'z settled'])
    expect(settled[1]).toMatchObject({ reason: expect.stringMatching('shorten') })
  })
})
