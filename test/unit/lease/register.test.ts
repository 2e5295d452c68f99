import { describe, expect, test } from 'vitest'
import { newJob, pause } from '../../../functions/job/definition.ts'
import { type Job, runId } from '../../../functions/job/job.ts'
import { toFields } from '../../../functions/job/stored.ts'
import { enqueue } from '../../../functions/lease/enqueue.ts'
import { jobRef, runRef } from '../../../functions/lease/held.ts'
import { enrol, register } from '../../../functions/lease/register.ts'
import type { Stored } from '../../../functions/store/documents.ts'
import { definition, MINUTE, minutes, only, T0 } from '../job/fixtures.ts'
import { setup } from './setup.ts'

const at = (minute: number) => T0 + minute * MINUTE
const named = (...names: string[]) => names.map((name) => definition({ name }))
const HOURLY = { kind: 'every', seconds: 3600, anchor_at: 0 } as const

describe('registering', () => {
  test('creates what is missing in one commit', async () => {
    const { a, job } = setup([])
    await register(a.documents, named('x', 'y'))
    expect(a.documents.asked).toHaveLength(1)
    expect(await job('y')).toEqual(newJob(definition({ name: 'y' }), T0))
  })

  test('costs one read and nothing else when nothing changed', async () => {
    const { a, clock, stored } = setup(named('x', 'y'))
    const before = await stored('x')
    await clock.advanceTo(at(5))
    await register(a.documents, named('x', 'y'))
    expect(a.documents.asked).toEqual([])
    expect(await stored('x')).toEqual(before)
  })

  test('of no definitions asks for nothing', async () => {
    const { a } = setup([])
    await register(a.documents, [])
    expect(a.documents.asked).toEqual([])
  })

  test('handles more definitions than one commit holds', async () => {
    const many = named(...Array.from({ length: 501 }, (_, n) => `job${n}`))
    const { a, job } = setup([])
    await register(a.documents, many)
    expect(a.documents.asked.map((changes) => changes.length)).toEqual([500, 1])
    expect((await job('job500')).name).toBe('job500')
  })

  test('leaves state, pause and history alone', async () => {
    const { a, clock, put, job } = setup()
    await clock.advanceTo(at(1))
    await a.hold('digest')
    const paused = pause(await job('digest'), at(1))
    await put(jobRef('digest'), toFields(paused))
    await register(a.documents, [definition({ description: 'new' })])
    expect(await job('digest')).toMatchObject({
      description: 'new',
      enabled: false,
      fence: 1,
      next_run_at: at(2),
    })
    expect(only(await job('digest'))).toEqual(only(paused))
  })

  test('leaves a damaged job to people', async () => {
    const { a, put, stored } = setup(named('x', 'y'))
    await put(jobRef('x'), { policies: null })
    await register(a.documents, [
      definition({ name: 'x', description: 'new' }),
      definition({ name: 'y', description: 'new' }),
    ])
    expect((await stored('x')).fields).toMatchObject({ policies: null, description: '' })
    expect((await stored('y')).fields.description).toBe('new')
  })

  test('gives a mended job its place in the queue back', async () => {
    const { a, clock, put, stored } = setup()
    const { fields } = await stored('digest')
    await put(jobRef('digest'), { policies: null })
    await clock.advanceTo(at(1))
    await a.claim(['digest'])
    await put(jobRef('digest'), { policies: fields.policies })
    await register(a.documents, [definition()])
    expect((await stored('digest')).fields.claimable_at).not.toBeNull()
  })

  test('stamps a job of before that was stored, once, and leaves its next instant alone', async () => {
    const { a, clock, put, stored } = setup([])
    const { defined_at: _, ...before } = toFields(newJob(definition(), T0))
    await put(jobRef('digest'), before)
    await clock.advance(1)
    for (let starts = 0; starts < 2; starts++) await register(a.documents, [definition()])
    const { next_run_at } = before
    expect((await stored('digest')).fields).toMatchObject({ defined_at: T0 + 1, next_run_at })
    expect(a.documents.asked).toHaveLength(1)
  })
})

describe('a changed definition', () => {
  test('is taken over in one commit while nothing is due', async () => {
    const { a, job } = setup()
    await register(a.documents, [definition({ schedule: HOURLY })])
    expect(a.documents.asked).toHaveLength(1)
    expect(minutes((await job('digest')).next_run_at)).toBe(60)
  })

  test('first closes, in a commit of its own, what fell due under the old one', async () => {
    const { a, clock, job, read } = setup()
    await clock.advanceTo(at(3))
    await register(a.documents, [definition({ schedule: HOURLY })])
    expect(a.documents.asked).toHaveLength(2)
    expect((await read(runRef(runId('digest', at(1)))))?.fields).toMatchObject({
      reason: 'coalesced',
      count: 2,
    })
    const after = await job('digest')
    expect([minutes(after.next_run_at), minutes(only(after).scheduled_for), after.totals.skipped]).toEqual([
      60, 3, 2,
    ])
  })

  test('then still runs what it owes', async () => {
    const { a, clock } = setup()
    await clock.advanceTo(at(3))
    await register(a.documents, [definition({ schedule: HOURLY })])
    const held = await a.hold('digest')
    expect(held.entry).toMatchObject({ run: runId('digest', at(3)), attempt: 1 })
    expect(held.run.fields.attempts).toHaveLength(1)
  })

  test('is not kept out by skipped occurrences that are recorded already', async () => {
    const { a, clock, put, job } = setup()
    await put(runRef(runId('digest', at(1))), { by: 'another path' })
    await clock.advanceTo(at(3))
    await register(a.documents, [definition({ schedule: HOURLY })])
    expect(minutes((await job('digest')).next_run_at)).toBe(60)
  })

  test('is written over a change that came between', async () => {
    const { a, b, clock, job } = setup()
    await clock.advanceTo(at(1))
    a.documents.commits.push(() => b.hold('digest'))
    await register(a.documents, [definition({ schedule: HOURLY })])
    const after = await job('digest')
    expect([minutes(after.next_run_at), only(after).owner]).toEqual([60, 'b'])
  })
})

describe('two processes that register at once', () => {
  test.each([
    ['to create', []],
    ['to change', named('x', 'y', 'z')],
  ])('%s the same jobs end with each of them once', async (_what, stored) => {
    const { a, b, clock, job } = setup(stored)
    await clock.advanceTo(at(3))
    const wanted = ['x', 'y', 'z'].map((name) => definition({ name, schedule: HOURLY }))
    await Promise.all([register(a.documents, wanted), register(b.documents, wanted)])
    for (const { name } of wanted) {
      expect(minutes((await job(name)).next_run_at)).toBe(60)
      expect((await job(name)).entries.length).toBeLessThanOrEqual(1)
    }
  })

  test('where the other one was faster with one of them, the rest is still created', async () => {
    const { a, b, job } = setup([])
    a.documents.commits.push(() => register(b.documents, named('y')))
    await register(a.documents, named('x', 'y', 'z'))
    for (const name of ['x', 'y', 'z']) expect((await job(name)).name).toBe(name)
  })
})

describe('a store that does not answer', () => {
  test.each(['reply_lost', 'conflict_after_success', 'never_arrived', 'unreachable'] as const)(
    'once (%s) does not keep a job from being registered',
    async (mishap) => {
      const { a, job } = setup([])
      a.documents.commits.push(mishap)
      await register(a.documents, named('x', 'y'))
      expect([(await job('x')).name, (await job('y')).name]).toEqual(['x', 'y'])
    },
  )

  test('at all ends the registration with a name and what comes next', async () => {
    const { a } = setup([])
    a.documents.commits.push(...Array.from({ length: 100 }, () => 'unreachable' as const))
    await expect(register(a.documents, named('x'))).rejects.toMatchObject({
      code: 'store_unreachable',
      message: expect.stringMatching('The job x could not be registered'),
    })
  })

  test('a read ends it at once', async () => {
    const { a } = setup([])
    a.documents.reads.push('unreachable')
    await expect(register(a.documents, named('x'))).rejects.toMatchObject({ code: 'store_unreachable' })
  })
})

describe('a one-off job', () => {
  const once = definition({ name: 'once', kind: 'one_off', schedule: { kind: 'at', at: at(1) } })

  test('is stored as it will be claimed, and answered as stored', async () => {
    const { a, read } = setup([])
    const fields = await enqueue(a.documents, once, T0)
    expect(fields).toMatchObject({ status: 'pending', schedule_at: at(1), claimable_at: at(1) })
    expect((await read(jobRef('once')))?.fields).toEqual(fields)
  })

  test.each(['reply_lost', 'conflict_after_success'] as const)(
    'is answered as stored after %s',
    async (mishap) => {
      const { a, read } = setup([])
      a.documents.commits.push(mishap)
      const fields = await enqueue(a.documents, once, T0)
      expect((await read(jobRef('once')))?.fields).toEqual(fields)
    },
  )

  test.each(['never_arrived', 'unreachable'] as const)(
    'that could not be stored is refused: %s',
    async (mishap) => {
      const { a, read } = setup([])
      a.documents.commits.push(mishap)
      await expect(enqueue(a.documents, once, T0)).rejects.toMatchObject({ code: 'store_unreachable' })
      expect(await read(jobRef('once'))).toBeNull()
    },
  )
})

describe('a name that is not to be taken', () => {
  const other = { kind: 'http', service: 'other', endpoint: '/' } as const
  const mine = { kind: 'http', service: 'mine', endpoint: '/' } as const
  const wanted = [{ definition: definition({ name: 'new', target: mine }), enabled: true }]
  const enrolling = {
    beside: () => [],
    requireOwn: ({ fields }: Stored) => {
      const { target } = fields as unknown as Job
      if (target.kind !== 'http' || target.service !== 'mine') throw new Error('not yours')
    },
  }
  const taken = [definition({ name: 'new', target: other })]

  test('stays with who has it', async () => {
    const { a, b, job } = setup()
    await register(b.documents, taken)
    await expect(enrol(a.documents, wanted, enrolling)).rejects.toThrow('not yours')
    expect((await job('new')).target).toEqual(other)
  })

  test('stays with who was a moment faster', async () => {
    const { a, b, job } = setup()
    a.documents.commits.push(() => register(b.documents, taken))
    await expect(enrol(a.documents, wanted, enrolling)).rejects.toThrow('not yours')
    expect((await job('new')).target).toEqual(other)
  })
})
