import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Cursor, Stored } from '../../../functions/store/documents.ts'
import { comparePlaces, compareText } from '../../../functions/store/order.ts'
import { sorted } from '../../../functions/store/sorted.ts'

const text = fc.string({
  unit: fc.constantFrom('a', 'b', 'é', '\ud7ff', '\ue000', '\uffff', '😀', '\u{10ffff}'),
})

it('texts are in the order of their UTF-8 bytes', () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareText(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)))
    }),
  )
})

const place = fc.record({ value: fc.integer({ min: 0, max: 5 }), id: fc.constantFrom('a', 'b', 'c', 'd') })
const placed = (cursor: Cursor) => {
  const stored: Stored = {
    ref: { collection: 'scheduler_jobs', id: cursor.id },
    version: '1',
    fields: { value: cursor.value, id: cursor.id },
  }
  return { ...cursor, stored }
}
const same = (a: Cursor) => (b: Cursor) => comparePlaces(a, b) === 0

it('a sorted list answers what sorting and filtering everything would', () => {
  const change = fc.record({ isNew: fc.boolean(), place })
  const question = fc.record({
    isDescending: fc.boolean(),
    after: fc.option(place, { nil: undefined }),
    upTo: fc.option(fc.integer({ min: -1, max: 6 }), { nil: undefined }),
    limit: fc.integer({ min: 1, max: 10 }),
  })
  fc.assert(
    fc.property(
      fc.uniqueArray(place, { comparator: (a, b) => comparePlaces(a, b) === 0 }),
      fc.array(change, { maxLength: 20 }),
      question,
      (initial, changes, { isDescending, after, upTo, limit }) => {
        const list = sorted(initial.map(placed), isDescending)
        const compare = (a: Cursor, b: Cursor) => (isDescending ? comparePlaces(b, a) : comparePlaces(a, b))
        let all: Cursor[] = [...initial]
        for (const { isNew, place } of changes) {
          const isThere = all.some(same(place))
          if (isNew && !isThere) {
            list.put(placed(place))
            all.push(place)
          } else if (!isNew && isThere) {
            list.remove(place)
            all = all.filter((other) => !same(place)(other))
          }
        }
        const expected = all
          .filter((one) => after === undefined || compare(one, after) > 0)
          .filter(({ value }) => upTo === undefined || Number(value) <= upTo)
          .toSorted(compare)
          .slice(0, limit)
        expect(list.slice(after, upTo, limit).map(({ fields }) => fields)).toEqual(expected)
      },
    ),
  )
})
const inOrder = (places: readonly Cursor[]) => places.toSorted(comparePlaces).map(({ value }) => value)

it('a sorted list of thousands stays in order through every change', () => {
  const shuffled = Array.from({ length: 5_000 }, (_, n) => ({ value: (n * 1_234_567) % 5_003, id: 'a' }))
  const list = sorted(shuffled.slice(0, 1_000).map(placed))
  const values = (after?: Cursor) => list.slice(after, undefined, 5_000).map(({ fields }) => fields.value)

  for (const place of shuffled) list.put(placed(place))
  expect(values()).toEqual(inOrder(shuffled))
  expect(values({ value: 4_000, id: 'z' })).toEqual(inOrder(shuffled.filter(({ value }) => value > 4_000)))

  const kept = shuffled.filter(({ value }) => value % 500 === 0)
  for (const place of shuffled) if (!kept.includes(place)) list.remove(place)
  expect(values()).toEqual(inOrder(kept))

  for (const place of kept) list.remove(place)
  expect(values()).toEqual([])
  list.put(placed({ value: 7, id: 'a' }))
  expect(values()).toEqual([7])
})
