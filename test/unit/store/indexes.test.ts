import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { orderOf } from '../../../functions/store/asked.ts'
import { type Collection, SHAPE_NAMES } from '../../../functions/store/documents.ts'

interface Declared {
  readonly indexes: readonly {
    readonly collectionGroup: string
    readonly queryScope: string
    readonly fields: readonly { readonly fieldPath: string; readonly order: string }[]
  }[]
  readonly fieldOverrides: readonly {
    readonly collectionGroup: string
    readonly fieldPath: string
    readonly ttl?: boolean
    readonly indexes: readonly unknown[]
  }[]
}

const ROOT = new URL('../../../', import.meta.url)
const declared: Declared = JSON.parse(readFileSync(new URL('firestore.indexes.json', ROOT), 'utf8'))
/** Complete by its type: a collection that is added has to be added here. */
const COLLECTIONS: Record<Collection, true> = {
  scheduler_jobs: true,
  scheduler_runs: true,
  scheduler_ticks: true,
  scheduler_effects: true,
  scheduler_audit: true,
  scheduler_shadow_jobs: true,
  scheduler_shadow_runs: true,
  scheduler_shadow_ticks: true,
  scheduler_shadow_effects: true,
  scheduler_shadow_marks: true,
}
const collections = Object.keys(COLLECTIONS).toSorted()
const collectionsWith = (fieldPath: string) =>
  declared.fieldOverrides
    .filter((override) => override.fieldPath === fieldPath)
    .map(({ collectionGroup }) => collectionGroup)
    .toSorted()

describe('the declared indexes', () => {
  it('are those of the shapes that the code may ask, neither one less nor one more', () => {
    const asked = SHAPE_NAMES.map(orderOf).map(
      ({ collection, field, by, isDescending }) =>
        `${collection} COLLECTION ${field} ASCENDING, ${by} ${isDescending ? 'DESCENDING' : 'ASCENDING'}`,
    )
    const found = declared.indexes.map(
      ({ collectionGroup, queryScope, fields }) =>
        `${collectionGroup} ${queryScope} ${fields.map(({ fieldPath, order }) => `${fieldPath} ${order}`).join(', ')}`,
    )
    expect(found.toSorted()).toEqual(asked.toSorted())
  })

  it('leave no field with an index of its own: growing ones would cap a collection at 500 writes a second', () => {
    expect(collectionsWith('*')).toEqual(collections)
    expect(declared.fieldOverrides.every(({ indexes }) => indexes.length === 0)).toBe(true)
  })

  it('let documents of every collection expire by expire_at, and by nothing else', () => {
    expect(collectionsWith('expire_at')).toEqual(collections)
    for (const { fieldPath, ttl } of declared.fieldOverrides)
      expect(ttl ?? false).toBe(fieldPath === 'expire_at')
  })

  it('and the rules are what firebase.json deploys', () => {
    expect(JSON.parse(readFileSync(new URL('firebase.json', ROOT), 'utf8'))).toEqual({
      firestore: { rules: 'firestore.rules', indexes: 'firestore.indexes.json' },
    })
  })
})
