import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { KEEP_MS } from '../../../functions/job/stored.ts'
import { jobRef, runRef } from '../../../functions/lease/held.ts'
import { shadowView } from '../../../functions/shadow/view.ts'
import {
  type Change,
  type Collection,
  type Documents,
  SHAPE_NAMES,
  SHAPES,
} from '../../../functions/store/documents.ts'
import { memoryDocuments } from '../../../functions/store/memory.ts'
import { T0 } from '../job/fixtures.ts'

const OWN = ['scheduler_jobs', 'scheduler_runs', 'scheduler_ticks', 'scheduler_effects'] as const
const COLLECTIONS: readonly Collection[] = [
  ...new Set(Object.values(SHAPES).map(({ collection }) => collection)),
]
const FIELDS = { lane: 'default', claimable_at: T0, scheduled_for: T0, updated_at: T0 }

/** A store, the shadow's view of it, and every collection that was touched behind the view. */
function setup() {
  const store = memoryDocuments({ now: () => T0, sleep: async () => {} })
  const touched = new Set<string>()
  const watched: Documents = {
    get: (refs) => {
      for (const { collection } of refs) touched.add(collection)
      return store.get(refs)
    },
    query: (query) => {
      touched.add('shape' in query ? SHAPES[query.shape].collection : `${query.collection} by a query`)
      return store.query(query)
    },
    commit: (changes) => {
      for (const { ref } of changes) touched.add(ref.collection)
      return store.commit(changes)
    },
    close: async () => {
      throw new Error('the store is not the shadow’s to close')
    },
  }
  return { store, touched, view: shadowView(watched) }
}

test('no live document can be reached, whatever is asked', async () => {
  const refs = fc.record({ collection: fc.constantFrom(...COLLECTIONS), id: fc.constantFrom('a', 'b') })
  const changes = fc.record({
    kind: fc.constantFrom('create', 'update', 'delete', 'check'),
    ref: refs,
    version: fc.constant('0'),
    fields: fc.constant(FIELDS),
  }) as fc.Arbitrary<Change>
  const calls = fc.oneof(
    refs.map((ref) => (view: Documents) => view.get([ref])),
    changes.map((change) => (view: Documents) => view.commit([change])),
    fc
      .constantFrom(...SHAPE_NAMES)
      .map((shape) => (view: Documents) => view.query({ shape, equals: 'default', limit: 10 })),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(calls, { minLength: 1, maxLength: 8 }), async (asked) => {
      const { view, touched } = setup()
      for (const ask of asked) await (async () => ask(view) as Promise<unknown>)().catch(() => {})
      for (const collection of touched) expect(collection).toMatch(/^scheduler_shadow_/)
    }),
  )
})

test('what was written under a live name is read and found under it', async () => {
  const { view, store } = setup()
  for (const collection of OWN) {
    const ref = { collection, id: 'digest' }
    expect((await view.commit([{ kind: 'create', ref, fields: FIELDS }])).outcome).toBe('done')
    expect((await view.get([ref])).value).toEqual([{ ref, version: expect.any(String), fields: FIELDS }])
    expect((await store.get([ref])).value).toEqual([null])
  }
  for (const [shape, ref] of [
    ['due', jobRef('digest')],
    ['runs', runRef('digest')],
  ] as const)
    expect(
      (await view.query({ shape, equals: 'default', limit: 10 })).value.map((found) => found.ref),
    ).toEqual([ref])
})

test('a live document is not there', async () => {
  const { view, store } = setup()
  await store.commit(
    OWN.map((collection) => ({ kind: 'create', ref: { collection, id: 'a' }, fields: FIELDS })),
  )
  expect((await view.get(OWN.map((collection) => ({ collection, id: 'a' })))).value).toEqual(
    OWN.map(() => null),
  )
  expect((await view.query({ shape: 'due', equals: 'default', limit: 10 })).value).toEqual([])
})

test('conditions hold against what the shadow has written', async () => {
  const { view } = setup()
  const ref = jobRef('digest')
  const made = await view.commit([{ kind: 'create', ref, fields: FIELDS }])
  const [version = ''] = made.outcome === 'done' ? made.versions : []
  expect((await view.commit([{ kind: 'create', ref, fields: FIELDS }])).outcome).toBe('conflict')
  expect((await view.commit([{ kind: 'check', ref, version: `${version}0` }])).outcome).toBe('conflict')
  expect((await view.commit([{ kind: 'delete', ref, version }])).outcome).toBe('done')
  expect((await view.get([ref])).value).toEqual([null])
})

test('what a live document keeps for ever, its shadow keeps for a time', async () => {
  const { view } = setup()
  const ref = jobRef('digest')
  await view.commit([{ kind: 'create', ref, fields: { ...FIELDS, expire_at: null } }])
  expect((await view.get([ref])).value[0]?.fields.expire_at).toBe(T0 + KEEP_MS)
})

test('its end leaves the store open', async () => {
  const { view } = setup()
  await expect(view.close()).resolves.toBeUndefined()
})
