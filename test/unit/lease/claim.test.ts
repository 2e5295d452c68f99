import { describe, expect, test } from 'vitest'
import { closeAccounts, pause } from '../../../functions/job/definition.ts'
import { type Job, runId } from '../../../functions/job/job.ts'
import { start } from '../../../functions/job/lifecycle.ts'
import { skipFields } from '../../../functions/job/run.ts'
import { toFields } from '../../../functions/job/stored.ts'
import type { Claimed } from '../../../functions/lease/claim.ts'
import { jobRef, runRef } from '../../../functions/lease/held.ts'
import { definition, LEASE, MINUTE, minutes, newMinutely, only, T0 } from '../job/fixtures.ts'
import { setup, succeeded } from './setup.ts'

const at = (minute: number) => T0 + minute * MINUTE
const named = (...names: string[]) => names.map((name) => definition({ name }))
const first = (job: string) => runId(job, at(1))

/** A claim in short: what is held, written, lost, and whether the store was out of reach. */
function told({ held, written, lost, trouble }: Claimed) {
  return {
    held: held.map(({ entry }) => entry.run),
    written: written.map(({ draft }) => draft.stored.ref.id),
    lost: [...lost],
    trouble: trouble !== null,
  }
}

/** A job with a hundred holders that are dead from T0 + 1 on, none of which has an attempt left. */
function dead(name: string): Job {
  let job = newMinutely({ max_instances: 100, max_attempts: 1 }, { name })
  for (let n = 0; n < 100; n++)
    job = start(job, `${name}@${n}`, at(-n), { owner: 'gone', path: 'tick', now: T0 }, T0 + 1)
  return job
}

describe('a claim', () => {
  test('takes all that is due in one commit: each job and the record of its run', async () => {
    const { clock, a, job, run } = setup(named('x', 'y'))
    await clock.advanceTo(at(1.5))
    const claimed = await a.claim(['x', 'y'])
    expect(told(claimed)).toEqual({
      held: [first('x'), first('y')],
      written: ['x', 'y'],
      lost: [],
      trouble: false,
    })
    expect(a.documents.asked).toHaveLength(1)
    expect(only(await job('x'))).toMatchObject({ owner: 'a', fence: 1, until: at(1.5) + LEASE })
    expect(await run(first('y'))).toMatchObject({ status: 'running', lateness_ms: MINUTE / 2, fence: 1 })
  })

  test('writes the next version of each on: job and run can be written again at what it remembers', async () => {
    const { clock, a, stored, read } = setup(named('x', 'y'))
    await clock.advanceTo(at(1))
    const { held } = await a.claim(['x', 'y'])
    for (const { job, run } of held) {
      expect(a.copies.get(job)?.version).toBe((await stored(job)).version)
      expect(run.version).toBe((await read(run.ref))?.version)
    }
  })

  test('of what is not due does nothing at all', async () => {
    const { a } = setup()
    expect(told(await a.claim(['digest']))).toEqual({ held: [], written: [], lost: [], trouble: false })
    expect(a.documents.asked).toEqual([])
  })

  test('records skips, and answers with what it wrote', async () => {
    const { clock, a, read, job } = setup()
    await clock.advanceTo(at(3))
    const claimed = await a.claim(['digest'])
    expect(claimed.written[0]?.job?.totals.skipped).toBe(2)
    expect((await read(runRef(first('digest'))))?.fields).toMatchObject({
      status: 'skipped',
      reason: 'coalesced',
      first_at: at(1),
      last_at: at(2),
      count: 2,
    })
    expect(minutes((await job('digest')).next_run_at)).toBe(4)
  })

  test('takes up a run whose holder has died, in the record that it had', async () => {
    const { clock, a, b, run, job } = setup()
    await clock.advanceTo(at(1))
    await a.hold('digest')
    await clock.advance(LEASE)
    const held = await b.hold('digest')
    expect(held.entry).toMatchObject({ run: first('digest'), attempt: 2, fence: 2, owner: 'b' })
    expect((await run(first('digest'))).attempts.map(({ owner, outcome }) => [owner, outcome])).toEqual([
      ['a', 'lost'],
      ['b', null],
    ])
    expect((await job('digest')).entries).toHaveLength(1)
  })

  test('makes the record of a dead holder’s run anew where it is gone or cannot be read', async () => {
    const { clock, a, b, put, run } = setup()
    await clock.advanceTo(at(1))
    await a.hold('digest')
    await put(runRef(first('digest')), { attempts: 'nonsense' })
    await clock.advance(LEASE)
    await b.hold('digest')
    expect((await run(first('digest'))).attempts.map(({ attempt }) => attempt)).toEqual([1, 2])
  })

  test('closes the record of a run that gave way', async () => {
    const { clock, a, b, run } = setup([definition({ policies: { overlap: 'replace' } })])
    await clock.advanceTo(at(1))
    await a.hold('digest')
    await clock.advanceTo(at(2))
    const held = await b.hold('digest')
    expect(held.entry.run).toBe(runId('digest', at(2)))
    expect(await run(first('digest'))).toMatchObject({ status: 'cancelled', finished_at: at(2) })
  })

  test('of a job that would take more than one commit holds leaves the rest to the next look', async () => {
    const names = ['u', 'v', 'w', 'x', 'y', 'z']
    const { clock, a, put, job } = setup(named(...names))
    for (const name of names) await put(jobRef(name), toFields(dead(name)))
    await clock.advanceTo(T0 + 2)
    const claimed = await a.claim(names)
    expect(told(claimed).written).toEqual(['u', 'v', 'w', 'x'])
    expect((await job('z')).entries).toHaveLength(100)
    expect(told(await a.claim(['y', 'z'])).written).toEqual(['y', 'z'])
  })

  test('of more dead holders than one read answers still claims some', async () => {
    const names = Array.from({ length: 11 }, (_, n) => `job${n}`)
    const { clock, a, put } = setup(named(...names))
    for (const name of names) await put(jobRef(name), toFields(dead(name)))
    await clock.advanceTo(T0 + 2)
    const claimed = await a.claim(names)
    expect(claimed.written.length).toBeGreaterThan(0)
  })
})

describe('a refused commit', () => {
  test('claims the others of the batch, and loses the one that somebody else was faster to take', async () => {
    const { clock, a, b, job } = setup(named('x', 'y', 'z'))
    await clock.advanceTo(at(1))
    a.documents.commits.push(() => b.claim(['y']))
    const claimed = await a.claim(['x', 'y', 'z'])
    expect(told(claimed)).toEqual({
      held: [first('x'), first('z')],
      written: ['x', 'z'],
      lost: ['y'],
      trouble: false,
    })
    expect(only(await job('y'))).toMatchObject({ owner: 'b', fence: 1 })
  })

  test('touches nothing of the winner’s', async () => {
    const { clock, a, b, stored, read } = setup()
    await clock.advanceTo(at(1))
    let won: unknown[] = []
    a.documents.commits.push(async () => {
      await b.claim(['digest'])
      won = [await stored('digest'), await read(runRef(first('digest')))]
    })
    await a.claim(['digest'])
    expect([await stored('digest'), await read(runRef(first('digest')))]).toEqual(won)
  })

  test('is planned again from the copy that has moved', async () => {
    const { clock, a, put, stored, job } = setup()
    await clock.advanceTo(at(1))
    const { fields } = await stored('digest')
    a.documents.commits.push(() => put(jobRef('digest'), { ...fields, description: 'edited' }))
    const claimed = await a.claim(['digest'])
    expect(told(claimed).held).toEqual([first('digest')])
    expect(await job('digest')).toMatchObject({ description: 'edited', fence: 1 })
  })

  test('leaves what would need records that were not read to the next look', async () => {
    const { clock, a, b, stored, job } = setup()
    const old = await stored('digest')
    await clock.advanceTo(at(1))
    await b.hold('digest')
    await clock.advance(LEASE)
    expect(told(await a.claim([], [old]))).toMatchObject({ held: [], lost: ['digest'] })
    expect(only(await job('digest'))).toMatchObject({ owner: 'b', fence: 1 })
  })

  test('of a job that is gone is lost', async () => {
    const { clock, a, store, stored } = setup()
    await clock.advanceTo(at(1))
    a.documents.commits.push(async () => {
      const { ref, version } = await stored('digest')
      await store.commit([{ kind: 'delete', ref, version }])
    })
    expect(told(await a.claim(['digest']))).toEqual({
      held: [],
      written: [],
      lost: ['digest'],
      trouble: false,
    })
  })

  test('is answered by at most two more commits: whoever keeps moving is left to the next look', async () => {
    const { clock, a, put, stored } = setup()
    await clock.advanceTo(at(1))
    const edit = async () => put(jobRef('digest'), { ...(await stored('digest')).fields, note: clock.now() })
    const move = async () => {
      await clock.advance(1)
      await edit()
    }
    a.documents.commits.push(move, move, move)
    expect(told(await a.claim(['digest']))).toMatchObject({ held: [], lost: ['digest'], trouble: false })
    expect(a.documents.asked).toHaveLength(3)
  })
})

describe('a commit whose reply was lost', () => {
  test.each(['reply_lost', 'conflict_after_success'] as const)(
    'is won by its fence and owner (%s)',
    async (mishap) => {
      const { clock, a, stored, read } = setup(named('x', 'y'))
      await clock.advanceTo(at(1))
      a.documents.commits.push(mishap)
      const claimed = await a.claim(['x', 'y'])
      expect(told(claimed)).toEqual({
        held: [first('x'), first('y')],
        written: ['x', 'y'],
        lost: [],
        trouble: false,
      })
      expect(a.documents.asked).toHaveLength(1)
      for (const { job, run } of claimed.held) {
        expect(a.copies.get(job)?.version).toBe((await stored(job)).version)
        expect(run.version).toBe((await read(run.ref))?.version)
      }
    },
  )

  test.each(['reply_lost', 'never_arrived'] as const)(
    'by which a dead holder’s run is taken up (%s)',
    async (mishap) => {
      const { clock, a, b, run } = setup()
      await clock.advanceTo(at(1))
      await a.hold('digest')
      await clock.advance(LEASE)
      b.documents.commits.push(mishap)
      expect((await b.hold('digest')).entry).toMatchObject({ owner: 'b', fence: 2, attempt: 2 })
      expect((await run(first('digest'))).attempts.map(({ fence }) => fence)).toEqual([1, 2])
    },
  )

  test('is no win where its run’s record is gone', async () => {
    const { clock, a, store, read } = setup()
    await clock.advanceTo(at(1))
    a.documents.commits.push('reply_lost')
    a.documents.reads.push(async () => {
      const { ref, version } = (await read(runRef(first('digest'))))!
      await store.commit([{ kind: 'delete', ref, version }])
    })
    expect(told(await a.claim(['digest']))).toMatchObject({ held: [], lost: ['digest'] })
  })

  test('and never arrived is made again', async () => {
    const { clock, a, job } = setup()
    await clock.advanceTo(at(1))
    a.documents.commits.push('never_arrived')
    expect(told(await a.claim(['digest'])).held).toEqual([first('digest')])
    expect((await job('digest')).fence).toBe(1)
  })

  test('is no win for another owner with the same fence', async () => {
    const { clock, a, b } = setup()
    await clock.advanceTo(at(1))
    a.documents.commits.push(() => b.claim(['digest']))
    const claimed = await a.claim(['digest'])
    expect([claimed.held, claimed.lost]).toEqual([[], ['digest']])
  })

  test('is no win where its run’s record cannot be read', async () => {
    const { clock, a, put } = setup()
    await clock.advanceTo(at(1))
    a.documents.commits.push('reply_lost')
    a.documents.reads.push(() => put(runRef(first('digest')), { attempts: 'nonsense' }))
    expect(told(await a.claim(['digest']))).toMatchObject({ held: [], lost: ['digest'] })
  })

  test('by which a job was only set aside is made once more, to the same end', async () => {
    const { clock, a, put, stored } = setup()
    await put(jobRef('digest'), { entries: 'nonsense' })
    await clock.advanceTo(at(1))
    a.documents.commits.push('reply_lost')
    expect(told(await a.claim(['digest'])).written).toEqual(['digest'])
    expect((await stored('digest')).fields).toMatchObject({ status: 'damaged', claimable_at: null })
  })

  test('cannot be told while the store is out of reach: the trouble is told, and what it had won runs out', async () => {
    const { clock, a } = setup()
    await clock.advanceTo(at(1))
    a.documents.commits.push('never_arrived')
    a.documents.reads.push('unreachable')
    expect(told(await a.claim(['digest']))).toMatchObject({ held: [], trouble: true })
  })
})

test('with the store out of reach nothing is claimed, and the reason is told', async () => {
  const { clock, a, job } = setup()
  await clock.advanceTo(at(1))
  a.documents.commits.push('unreachable')
  const claimed = await a.claim(['digest'])
  expect(told(claimed)).toEqual({ held: [], written: [], lost: [], trouble: true })
  expect(claimed.trouble).toMatch('out of reach')
  expect((await job('digest')).entries).toEqual([])
})

describe('an occurrence that has its run already', () => {
  test('is closed as a duplicate: the job goes on to the next, and nothing is performed', async () => {
    const { clock, a, put, job, read } = setup()
    const theirs = { id: first('digest'), status: 'succeeded', by: 'another path' }
    await put(runRef(first('digest')), theirs)
    await clock.advanceTo(at(1))
    const claimed = await a.claim(['digest'])
    expect(told(claimed)).toMatchObject({ held: [], written: ['digest'], lost: [] })
    expect(claimed.written[0]?.suppressed).toBe(true)
    const after = await job('digest')
    expect([minutes(after.next_run_at), after.entries, after.fence]).toEqual([2, [], 0])
    expect(after.totals).toMatchObject({ duplicates_suppressed: 1, runs: 0, skipped: 0 })
    expect((await read(runRef(first('digest'))))?.fields).toEqual(theirs)
  })

  test('hinders neither the skips before it nor the other jobs of the batch', async () => {
    const { clock, a, put, job, read } = setup(named('x', 'y'))
    await put(runRef(runId('x', at(3))), { by: 'another path' })
    await clock.advanceTo(at(3))
    const claimed = await a.claim(['x', 'y'])
    expect(told(claimed).held).toEqual([runId('y', at(3))])
    expect((await job('x')).totals).toMatchObject({ duplicates_suppressed: 1, skipped: 2 })
    expect((await read(runRef(first('x'))))?.fields).toMatchObject({ reason: 'coalesced', count: 2 })
  })

  test('gives way to nobody: an attempt that it would have replaced lives on', async () => {
    const { clock, a, b, put, job } = setup([definition({ policies: { overlap: 'replace' } })])
    await clock.advanceTo(at(1))
    await b.hold('digest')
    await put(runRef(runId('digest', at(2))), { by: 'another path' })
    await clock.advanceTo(at(2))
    await a.claim(['digest'])
    expect(only(await job('digest'))).toMatchObject({ owner: 'b', fence: 1 })
  })

  test('and was owed when the definition changed is not performed either', async () => {
    const { clock, a, put, job } = setup()
    await put(runRef(first('digest')), { id: first('digest'), status: 'succeeded', by: 'another path' })
    await clock.advanceTo(at(1))
    await put(jobRef('digest'), toFields(closeAccounts(await job('digest'), at(1)).job))
    expect((await a.claim(['digest'])).held).toEqual([])
  })
})

test('skipped occurrences that are recorded already are not recorded again', async () => {
  const { clock, a, put, job, read } = setup()
  const theirs = skipFields(
    await job('digest'),
    { reason: 'paused', first_at: at(1), last_at: at(1), count: 1 },
    at(1),
  )
  await put(runRef(first('digest')), theirs)
  await clock.advanceTo(at(3))
  expect(told(await a.claim(['digest'])).held).toEqual([runId('digest', at(3))])
  expect((await read(runRef(first('digest'))))?.fields).toEqual(theirs)
})

describe('a document that cannot be read', () => {
  test('is set aside, visible, while the others are claimed', async () => {
    const { clock, a, put, stored } = setup(named('x', 'y'))
    await put(jobRef('x'), { policies: null })
    await clock.advanceTo(at(1))
    const claimed = await a.claim(['x', 'y'])
    expect(told(claimed)).toEqual({ held: [first('y')], written: ['x', 'y'], lost: [], trouble: false })
    expect((await stored('x')).fields).toMatchObject({
      status: 'damaged',
      claimable_at: null,
      damage: expect.stringMatching(/^policies: /),
      name: 'x',
    })
  })

  test('comes back to life when it is mended and to be looked at again', async () => {
    const { clock, a, put, stored } = setup()
    const { fields } = await stored('digest')
    await put(jobRef('digest'), { policies: null })
    await clock.advanceTo(at(1))
    await a.claim(['digest'])
    await put(jobRef('digest'), { policies: fields.policies, claimable_at: T0 })
    expect(told(await a.claim(['digest'])).held).toEqual([first('digest')])
    expect((await stored('digest')).fields).toMatchObject({ status: 'running', damage: null })
  })

  test('comes back to its place also when nothing is due yet', async () => {
    const { a, put, stored } = setup()
    await put(jobRef('digest'), { status: 'damaged', damage: 'was', claimable_at: T0 - 1 })
    await a.claim(['digest'])
    expect((await stored('digest')).fields).toMatchObject({
      status: 'pending',
      damage: null,
      claimable_at: at(1),
    })
  })
})

describe('nothing stays at the head of the queue', () => {
  test('not a job whose stored instant is no occurrence of its schedule any more', async () => {
    const { clock, a, put, job, stored } = setup()
    await put(jobRef('digest'), toFields({ ...(await job('digest')), next_run_at: at(1) + 7 }))
    await clock.advanceTo(at(1) + 8)
    await a.claim(['digest'])
    expect((await stored('digest')).fields.claimable_at).toBeGreaterThan(clock.now())
  })

  test('not a one-off job that is due, and moved by its jitter', async () => {
    const once = definition({
      kind: 'one_off',
      schedule: { kind: 'at', at: at(1) },
      policies: { jitter_seconds: 40 },
    })
    const { clock, a, stored } = setup([once])
    await clock.advanceTo(at(1))
    await a.claim(['digest'])
    expect((await stored('digest')).fields.claimable_at).toBeGreaterThan(clock.now())
  })

  test('not a paused job that is stored as due', async () => {
    const { clock, a, put, job, stored } = setup()
    await put(jobRef('digest'), { ...toFields(pause(await job('digest'), T0)), claimable_at: T0 })
    await clock.advanceTo(at(1))
    await a.claim(['digest'])
    expect((await stored('digest')).fields.claimable_at).toBeNull()
  })
})

test('a run claimed and settled is claimed again at its next occurrence', async () => {
  const { clock, a, b } = setup()
  await clock.advanceTo(at(1))
  await a.settle([succeeded(await a.hold('digest'))])
  await clock.advanceTo(at(2))
  expect((await b.hold('digest')).entry).toMatchObject({ run: runId('digest', at(2)), fence: 2, attempt: 1 })
})
