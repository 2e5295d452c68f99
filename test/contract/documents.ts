import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type {
  Change,
  Committed,
  Cursor,
  Documents,
  Fields,
  Foreign,
  Ref,
  Stored,
} from '../../functions/store/documents.ts'
import { foreign } from '../../functions/store/foreign.ts'

/** An empty store of its own, and its end. */
export interface Setup {
  readonly documents: Documents
  readonly end: () => Promise<void>
}

const NOW = Date.UTC(2026, 0, 15, 12)
const job = (id: string): Ref => ({ collection: 'scheduler_jobs', id })
const run = (id: string): Ref => ({ collection: 'scheduler_runs', id })

const create = (ref: Ref, fields: Fields): Change => ({ kind: 'create', ref, fields })
const place = (id: string, claimable_at: unknown, lane: unknown = 'main') =>
  create(job(id), { lane, claimable_at })
const ran = (id: string, listed_at: unknown, of = 'mail') => create(run(id), { job: of, listed_at })

/** What every adapter of the port must do. */
export function documentsContract(name: string, setup: () => Promise<Setup>): void {
  describe(`${name} documents`, () => {
    let documents: Documents
    let end: () => Promise<void>
    beforeEach(async () => {
      ;({ documents, end } = await setup())
    })
    afterEach(() => end())

    const read = async (ref: Ref): Promise<Stored | null> => (await documents.get([ref])).value[0] ?? null
    async function done(changes: readonly Change[]): Promise<Committed & { outcome: 'done' }> {
      const committed = await documents.commit(changes)
      if (committed.outcome !== 'done') throw new Error(`${committed.outcome}: ${committed.reason}`)
      return committed
    }
    async function versionOf(changes: readonly Change[], n = 0): Promise<string> {
      return (await done(changes)).versions[n] ?? ''
    }
    const outcome = async (changes: readonly Change[]) => (await documents.commit(changes)).outcome

    const due = async (upTo: number, limit = 100, after?: { value: number; id: string }) =>
      (
        await documents.query({
          shape: 'due',
          equals: 'main',
          upTo,
          limit,
          ...(after === undefined ? {} : { after }),
        })
      ).value.map(({ ref }) => ref.id)

    const history = async (more: { upTo?: number; after?: Cursor; limit?: number }) =>
      (await documents.query({ shape: 'history', equals: 'mail', limit: 100, ...more })).value.map(
        ({ ref }) => ref.id,
      )

    describe('reading', () => {
      it('answers in the order asked, null for what is not there, and twice for what is asked twice', async () => {
        await done([create(job('a'), { n: 1 }), create(run('a'), { n: 2 })])
        const { value } = await documents.get([run('a'), job('none'), job('a'), run('a')])
        expect(value.map((stored) => stored?.fields.n)).toEqual([2, undefined, 1, 2])
        expect(value[1]).toBeNull()
        expect(value[0]?.ref).toEqual(run('a'))
      })

      it('shares no state: what a caller does to its own fields later is not stored', async () => {
        const fields = { list: [{ n: 1 }] }
        await done([create(job('a'), fields)])
        fields.list.push({ n: 2 })
        expect((await read(job('a')))?.fields).toEqual({ list: [{ n: 1 }] })
      })

      it('reads 1,000 documents at once and refuses none and 1,001', async () => {
        const refs = Array.from({ length: 1_000 }, (_, n) => job(`none-${n}`))
        expect((await documents.get(refs)).value).toHaveLength(1_000)
        await expect(documents.get([])).rejects.toMatchObject({ code: 'bad_request' })
        await expect(documents.get([...refs, job('x')])).rejects.toMatchObject({ code: 'bad_request' })
      })
    })

    describe('committing', () => {
      it('makes all of the changes', async () => {
        const { versions } = await done([
          create(job('a'), { n: 1 }),
          create(job('b'), { n: 1 }),
          create(job('c'), {}),
        ])
        const [a = '', b = '', c = ''] = versions
        const second = await done([
          { kind: 'update', ref: job('a'), version: a, fields: { n: 2 } },
          { kind: 'delete', ref: job('b'), version: b },
          { kind: 'check', ref: job('c'), version: c },
          create(run('r'), { n: 3 }),
        ])
        const { value } = await documents.get([job('a'), job('b'), job('c'), run('r')])
        expect(value.map((stored) => stored?.fields)).toEqual([{ n: 2 }, undefined, {}, { n: 3 }])
        expect(second.versions).toEqual([value[0]?.version, '', c, value[3]?.version])
      })

      it('makes a check that neither changes the document nor its version', async () => {
        const version = await versionOf([create(job('a'), { n: 1 })])
        expect(await versionOf([{ kind: 'check', ref: job('a'), version }, create(run('r'), {})])).toBe(
          version,
        )
        expect(await read(job('a'))).toEqual({ ref: job('a'), version, fields: { n: 1 } })
      })

      it.each<[string, (old: string, current: string) => Change]>([
        ['a create of what is there', () => create(job('there'), {})],
        [
          'an update of an old version',
          (version) => ({ kind: 'update', ref: job('there'), version, fields: { n: 9 } }),
        ],
        [
          'an update of what is not there',
          (_, version) => ({ kind: 'update', ref: job('gone'), version, fields: { n: 9 } }),
        ],
        ['a delete of an old version', (version) => ({ kind: 'delete', ref: job('there'), version })],
        ['a delete of what is not there', (_, version) => ({ kind: 'delete', ref: job('gone'), version })],
        ['a check of an old version', (version) => ({ kind: 'check', ref: job('there'), version })],
        ['a check of what is not there', (_, version) => ({ kind: 'check', ref: job('gone'), version })],
        ['a version that no store gave', () => ({ kind: 'check', ref: job('there'), version: 'x' })],
      ])('writes nothing at all when %s is among the changes', async (_, wrong) => {
        const old = await versionOf([create(job('there'), { n: 1 })])
        const current = await versionOf([
          { kind: 'update', ref: job('there'), version: old, fields: { n: 2 } },
        ])
        const other = await versionOf([create(job('other'), { n: 1 })])
        const answer = await documents.commit([
          create(run('new'), {}),
          { kind: 'update', ref: job('other'), version: other, fields: { n: 5 } },
          wrong(old, current),
        ])
        expect(answer).toEqual({ outcome: 'conflict', reason: expect.stringMatching(/./) })
        expect((await documents.get([run('new'), job('there'), job('other')])).value).toEqual([
          null,
          { ref: job('there'), version: current, fields: { n: 2 } },
          { ref: job('other'), version: other, fields: { n: 1 } },
        ])
      })

      it('gives with every change the version that the next one needs', async () => {
        let version = await versionOf([create(job('a'), { n: 0 })])
        for (let n = 1; n <= 5; n += 1) {
          version = await versionOf([{ kind: 'update', ref: job('a'), version, fields: { n } }])
          expect((await read(job('a')))?.version).toBe(version)
        }
        await done([{ kind: 'delete', ref: job('a'), version }])
        expect(await outcome([{ kind: 'update', ref: job('a'), version, fields: { n: 6 } }])).toBe('conflict')
        const again = await versionOf([create(job('a'), { n: 7 })])
        expect(again).not.toBe(version)
        expect(await outcome([{ kind: 'delete', ref: job('a'), version }])).toBe('conflict')
      })

      it('updates the fields named, replaces maps as a whole and leaves other fields alone', async () => {
        const version = await versionOf([create(job('a'), { 'a.b': 1, hand: 'made', map: { x: 1, y: 1 } })])
        await done([
          { kind: 'update', ref: job('a'), version, fields: { 'a.b': 2, map: { x: 2 }, '`[*]~/\\ é': null } },
        ])
        expect((await read(job('a')))?.fields).toEqual({
          'a.b': 2,
          hand: 'made',
          map: { x: 2 },
          '`[*]~/\\ é': null,
        })
      })

      it('lets exactly one of two racing commits win', async () => {
        for (let n = 0; n < 5; n += 1) {
          const ref = job(`raced-${n}`)
          const version = await versionOf([create(ref, {})])
          const claim = (owner: string) =>
            outcome([{ kind: 'update', ref, version, fields: { owner } }, create(run(`${n}-${owner}`), {})])
          expect((await Promise.all([claim('a'), claim('b')])).toSorted()).toEqual(['conflict', 'done'])
          const owner = (await read(ref))?.fields.owner
          const runs = await documents.get([run(`${n}-a`), run(`${n}-b`)])
          expect(runs.value.map((stored) => stored !== null)).toEqual([owner === 'a', owner === 'b'])
        }
      })

      it('loses no increment of 50 that race', async () => {
        await done([create(job('counter'), { n: 0 })])
        async function increments(): Promise<boolean> {
          const found = await read(job('counter'))
          const fields = { n: Number(found?.fields.n) + 1 }
          return (
            (await outcome([
              { kind: 'update', ref: job('counter'), version: found?.version ?? '', fields },
            ])) === 'done'
          )
        }
        async function increment(): Promise<void> {
          while (!(await increments())) await pause(Math.random() * 20)
        }
        await Promise.all(Array.from({ length: 50 }, increment))
        expect((await read(job('counter')))?.fields.n).toBe(50)
      })

      it('takes 500 changes and refuses none, 501, and two of one document', async () => {
        const changes = Array.from({ length: 501 }, (_, n) => create(run(`r-${n}`), { n }))
        const { versions } = await done(changes.slice(0, 500))
        expect(versions).toHaveLength(500)
        for (const refused of [[], changes, [create(run('x'), {}), create(run('x'), {})]])
          await expect(documents.commit(refused)).rejects.toMatchObject({ code: 'bad_request' })
        expect(await read(run('x'))).toBeNull()
      })

      it('refuses a commit over 9 MiB', async () => {
        const changes = Array.from({ length: 10 }, (_, n) =>
          create(run(`r-${n}`), { text: 'x'.repeat(1_000_000) }),
        )
        await expect(documents.commit(changes)).rejects.toMatchObject({ code: 'bad_request' })
      })
    })

    describe('the time', () => {
      it('is told with every answer and never goes back', async () => {
        const first = await documents.query({ shape: 'due', equals: 'none', limit: 1 })
        const second = await done([create(job('a'), { n: 1 })])
        const third = await documents.get([job('none')])
        const [version = ''] = second.versions
        const fourth = await done([{ kind: 'check', ref: job('a'), version }])
        const times = [first.time, second.time, third.time, fourth.time]
        expect(times).toEqual(times.toSorted((a, b) => a - b))
        expect(times.every(Number.isInteger)).toBe(true)
        expect(Math.abs(first.time - Date.now())).toBeLessThan(60_000)
      })
    })

    describe('values', () => {
      it('come back as they were stored', async () => {
        const fields = {
          text: 'é 😀 \u0000 \u2028 "\\',
          long: 'x'.repeat(1_000_000),
          whole: Number.MAX_SAFE_INTEGER,
          part: 0.1,
          huge: 1e300,
          yes: true,
          nothing: null,
          list: [1, 'a', null, { list: [1] }, {}],
          map: { a: { b: { c: [] } } },
          claimable_at: NOW,
          entries: [{ until: NOW + 1, scheduled_for: NOW - 1, fence: 7, trouble_at: null }],
          schedule: { kind: 'at', at: -1 },
          full_since: 0,
          paused_until: 253_402_300_799_999,
          made_at: -62_135_596_800_000,
          due_at: 'not an instant',
        }
        await done([create(job('a'), fields)])
        expect((await read(job('a')))?.fields).toEqual(fields)
      })

      it('have -0 as 0 and half a surrogate pair as U+FFFD', async () => {
        await done([create(job('a'), { zero: -0, text: 'x\ud83d' })])
        expect((await read(job('a')))?.fields).toEqual({ zero: 0, text: 'x\ufffd' })
      })

      it.each<[string, unknown]>([
        ['undefined', undefined],
        ['an array in an array', [[1]]],
        ['an array in an array of a map', { a: [[1]] }],
        ['a hole', Array(1)],
        ['NaN', Number.NaN],
        ['infinity', Number.NEGATIVE_INFINITY],
        ['a big integer', 1n],
        ['a date', new Date(0)],
        ['an instance', new URL('http://localhost')],
        ['a function', () => 1],
        ['a symbol', Symbol('x')],
        ['a map with the key __proto__', JSON.parse('{"__proto__":{"polluted":true}}')],
        ['a map with a reserved key', { __x__: 1 }],
        ['a map with an empty key', { '': 1 }],
        ['a name over 1,500 bytes', { ['k'.repeat(1_501)]: 1 }],
        ['an instant beyond the year 9999', { until: 253_402_300_800_000 }],
        ['21 levels', Array.from({ length: 21 }).reduce<unknown>((inner) => ({ inner }), 1)],
        ['a text over 1 MiB', 'x'.repeat(1_048_577)],
        ['a text over 1 MiB in UTF-8 only', 'é'.repeat(600_000)],
      ])('are refused, and nothing is written, for %s', async (_, value) => {
        await expect(
          documents.commit([create(run('r'), {}), create(job('a'), { value })]),
        ).rejects.toMatchObject({ code: 'bad_request' })
        expect((await documents.get([run('r'), job('a')])).value).toEqual([null, null])
        expect('polluted' in {}).toBe(false)
      })

      it('that hold themselves are refused', async () => {
        const circle: { self?: unknown } = {}
        circle.self = circle
        await expect(documents.commit([create(job('a'), { circle })])).rejects.toMatchObject({
          code: 'bad_request',
        })
      })

      it('must be there in an update', async () => {
        const version = await versionOf([create(job('a'), {})])
        await expect(
          documents.commit([{ kind: 'update', ref: job('a'), version, fields: {} }]),
        ).rejects.toMatchObject({ code: 'bad_request' })
      })
    })

    describe('ids', () => {
      const odd = [
        'a b',
        'ünï 😀',
        '#%?&',
        'a\nb',
        '..a',
        '*',
        '`~[]"\'\\',
        '__a',
        '_',
        'constructor',
        'mail@2026-01-01T00:00:00.000Z',
        'x'.repeat(1_000),
      ]

      it('may hold odd characters', async () => {
        await done(odd.map((id) => create(job(id), { id, name: id, kind: 'recurring' })))
        const { value } = await documents.get(odd.map(job))
        expect(value.map((stored) => stored?.fields.id)).toEqual(odd)
        const found = await documents.query({ shape: 'jobs', equals: 'recurring', limit: 100 })
        expect(found.value.map(({ ref }) => ref.id).toSorted()).toEqual(odd.toSorted())
      })

      it.each(['', '.', '..', 'a/b', '__proto__', '__x__', 'x'.repeat(1_001), 'é'.repeat(501), '\ud83d'])(
        'are refused in the form %j',
        async (id) => {
          await expect(documents.get([job(id)])).rejects.toMatchObject({ code: 'bad_request' })
          await expect(documents.commit([create(job(id), {})])).rejects.toMatchObject({ code: 'bad_request' })
        },
      )
    })

    describe('collections that are not ours', () => {
      const places = foreign('places')
      const item = (id: string): Ref => ({ collection: places, id })
      const select = async (more: { order?: string; after?: Cursor; limit?: number } = {}) =>
        (
          await documents.query({ collection: places, field: 'scan', equals: 'Queued', limit: 100, ...more })
        ).value.map(({ ref }) => ref.id)

      it('are read and written like ours, and no field but those named is touched', async () => {
        const version = await versionOf([create(item('a'), { scan: 'Queued', name: 'Café', tags: ['x'] })])
        const updated = await versionOf([
          {
            kind: 'update',
            ref: item('a'),
            version,
            fields: { scan: 'Processing', lease: { until: NOW, fence: 1 } },
          },
        ])
        expect(await read(item('a'))).toEqual({
          ref: item('a'),
          version: updated,
          fields: { scan: 'Processing', name: 'Café', tags: ['x'], lease: { until: NOW, fence: 1 } },
        })
      })

      it('answer by the value of a field, in the order of ids, page by page', async () => {
        await done([
          ...['c', 'a', 'é', 'b'].map((id) => create(item(id), { scan: 'Queued' })),
          create(item('done'), { scan: 'Complete' }),
          ...[null, 1, ['Queued']].map((scan, n) => create(item(`odd-${n}`), { scan })),
          create({ collection: foreign('pages'), id: 'page' }, { scan: 'Queued' }),
          create(job('job'), { scan: 'Queued' }),
        ])
        expect(await select()).toEqual(['a', 'b', 'c', 'é'])
        expect(await select({ limit: 2 })).toEqual(['a', 'b'])
        expect(await select({ after: { value: 'b', id: 'b' } })).toEqual(['c', 'é'])
        const { value } = await documents.get([item('b')])
        const version = value[0]?.version ?? ''
        await done([{ kind: 'update', ref: item('b'), version, fields: { scan: 'Complete' } }])
        expect(await select()).toEqual(['a', 'c', 'é'])
      })

      it('answer in the order of an instant, and then without those that have none', async () => {
        await done([
          create(item('late'), { scan: 'Queued', queued_at: NOW + 1 }),
          create(item('b'), { scan: 'Queued', queued_at: NOW }),
          create(item('a'), { scan: 'Queued', queued_at: NOW }),
          create(item('none'), { scan: 'Queued' }),
          create(item('text'), { scan: 'Queued', queued_at: 'now' }),
        ])
        const order = 'queued_at'
        expect(await select({ order })).toEqual(['a', 'b', 'late'])
        expect(await select({ order, after: { value: NOW, id: 'a' }, limit: 1 })).toEqual(['b'])
      })

      it.each(['scheduler_jobs', 'scheduler_else', '', '.', '..', 'a/b', '__x__', 'x'.repeat(201), 'ä'])(
        'are not named %j',
        async (name) => {
          expect(() => foreign(name)).toThrow(expect.objectContaining({ code: 'bad_request' }))
        },
      )

      it.each(['', '..', 'a/b', '__x__'])('cannot be smuggled in as %j', async (name) => {
        const collection = name as Ref['collection']
        const places = name as Foreign
        for (const refused of [
          documents.get([{ collection, id: 'a' }]),
          documents.commit([create({ collection, id: 'a' }, {})]),
          documents.query({ collection: places, field: 'scan', equals: 'Queued', limit: 1 }),
        ])
          await expect(refused).rejects.toMatchObject({ code: 'bad_request' })
      })
    })

    describe('querying', () => {
      it('answers by the order field, then by id, up to and with the bound, of one group only', async () => {
        await done([
          place('later', NOW + 1),
          place('b', NOW),
          place('a', NOW),
          place('z', NOW - 1),
          place('other', NOW - 2, 'side'),
          create(run('run'), { lane: 'main', claimable_at: NOW - 3 }),
        ])
        expect(await due(NOW)).toEqual(['z', 'a', 'b'])
        expect(await due(NOW + 1, 2)).toEqual(['z', 'a'])
        expect(await due(NOW - 2)).toEqual([])
      })

      it('orders ids and texts by their UTF-8 bytes', async () => {
        const names = ['a', 'B', 'é', '\uffee', '😀', '', 'aa']
        await done(names.map((name, n) => create(job(`id-${n}`), { kind: 'one_off', name })))
        await done(names.filter((name) => name !== '').map((name) => place(name, NOW)))
        const { value } = await documents.query({ shape: 'jobs', equals: 'one_off', limit: 100 })
        expect(value.map(({ fields }) => fields.name)).toEqual(['', 'B', 'a', 'aa', 'é', '\uffee', '😀'])
        expect(await due(NOW)).toEqual(['B', 'a', 'aa', 'é', '\uffee', '😀'])
      })

      it('goes on after a cursor, whose document need not be there any more', async () => {
        await done([1, 2, 3, 4, 5, 6].map((n) => place(`j${n}`, NOW + Math.ceil(n / 2))))
        const pages: string[] = []
        let after: { value: number; id: string } | undefined
        for (let n = 0; n < 4; n += 1) {
          const page = await documents.query({
            shape: 'due',
            equals: 'main',
            upTo: NOW + 9,
            limit: 2,
            ...(after === undefined ? {} : { after }),
          })
          pages.push(page.value.map(({ ref }) => ref.id).join())
          const last = page.value.at(-1)
          if (last === undefined) break
          after = { value: Number(last.fields.claimable_at), id: last.ref.id }
        }
        expect(pages).toEqual(['j1,j2', 'j3,j4', 'j5,j6', ''])
        expect(await due(NOW + 9, 2, { value: NOW + 1, id: 'j1-was-here' })).toEqual(['j2', 'j3'])
        const names = await documents.query({
          shape: 'jobs',
          equals: 'x',
          after: { value: 'a', id: 'a' },
          limit: 1,
        })
        expect(names.value).toEqual([])
      })

      it('never answers a document whose order or group is null, missing or of another type', async () => {
        const wrong = [null, 'text', true, [], {}, [NOW]]
        await done([
          ...wrong.map((value, n) => place(`wrong-${n}`, value)),
          ...[null, 1, true, ['main']].map((lane, n) => place(`astray-${n}`, NOW, lane)),
          create(job('missing'), { lane: 'main' }),
          create(job('unnamed'), { kind: 'recurring', name: null }),
          create(job('numbered'), { kind: 'recurring', name: 7 }),
          create(job('named'), { kind: 'recurring', name: 'named' }),
          place('right', NOW),
        ])
        expect(await due(NOW)).toEqual(['right'])
        const any = await documents.query({ shape: 'due', equals: 'main', limit: 100 })
        expect(any.value.map(({ ref }) => ref.id)).toEqual(['right'])
        const named = await documents.query({ shape: 'jobs', equals: 'recurring', limit: 100 })
        expect(named.value.map(({ ref }) => ref.id)).toEqual(['named'])
      })

      it('answers backwards where the shape says so, from the bound or from behind the cursor on', async () => {
        await done([
          ran('first', NOW),
          ran('third', NOW + 2),
          ran('second-b', NOW + 1),
          ran('second-a', NOW + 1),
          ran('other', NOW + 3, 'other'),
          ...[null, 'text', true].map((value, n) => ran(`wrong-${n}`, value)),
        ])
        expect(await history({})).toEqual(['third', 'second-b', 'second-a', 'first'])
        expect(await history({ limit: 2 })).toEqual(['third', 'second-b'])
        expect(await history({ after: { value: NOW + 1, id: 'second-b' } })).toEqual(['second-a', 'first'])
        expect(await history({ after: { value: NOW + 1, id: 'second-aa' } })).toEqual(['second-a', 'first'])
        expect(await history({ upTo: NOW + 1, limit: 2 })).toEqual(['second-b', 'second-a'])
        expect(await history({ upTo: NOW + 1, after: { value: NOW + 2, id: 'third' } })).toEqual([
          'second-b',
          'second-a',
          'first',
        ])
        expect(await history({ upTo: NOW, after: { value: NOW + 1, id: 'second-a' } })).toEqual(['first'])
        expect(await history({ upTo: NOW - 1 })).toEqual([])
      })

      it('follows every change', async () => {
        const moved = await versionOf([place('moved', NOW)])
        const gone = await versionOf([place('gone', NOW)])
        const parked = await versionOf([place('parked', NOW)])
        const strayed = await versionOf([place('strayed', NOW)])
        await done([
          { kind: 'update', ref: job('moved'), version: moved, fields: { claimable_at: NOW + 5 } },
          { kind: 'delete', ref: job('gone'), version: gone },
          { kind: 'update', ref: job('parked'), version: parked, fields: { claimable_at: null } },
          { kind: 'update', ref: job('strayed'), version: strayed, fields: { lane: 'side' } },
          place('new', NOW - 1),
        ])
        expect(await due(NOW + 4)).toEqual(['new'])
        expect(await due(NOW + 5)).toEqual(['new', 'moved'])
      })

      it('answers the version that a conditional write needs', async () => {
        await done([place('a', NOW)])
        const { value } = await documents.query({ shape: 'due', equals: 'main', limit: 1 })
        const version = value[0]?.version ?? ''
        expect(await outcome([{ kind: 'update', ref: job('a'), version, fields: { n: 1 } }])).toBe('done')
      })

      it.each([0, -1, 1.5, 1_001, Number.NaN])('refuses the limit %d', async (limit) => {
        await expect(documents.query({ shape: 'due', equals: 'main', limit })).rejects.toMatchObject({
          code: 'bad_request',
        })
      })

      it('refuses bounds and cursors of another type than the order', async () => {
        for (const bad of [
          { shape: 'jobs', upTo: NOW },
          { shape: 'jobs', after: { value: NOW, id: 'a' } },
          { shape: 'due', after: { value: 'a', id: 'a' } },
          { shape: 'due', upTo: Number.POSITIVE_INFINITY },
        ] as const)
          await expect(documents.query({ equals: 'main', limit: 1, ...bad })).rejects.toMatchObject({
            code: 'bad_request',
          })
      })
    })
  })
}
