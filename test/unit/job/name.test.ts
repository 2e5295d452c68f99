import { describe, expect, test } from 'vitest'
import { backfillName, NAME, parentOf } from '../../../functions/job/name.ts'

describe('names', () => {
  test.each(['digest', 'a', '0', 'weekly-digest', 'user.cleanup_2', 'x'.repeat(100)])(
    '%s can be chosen, and is its own parent',
    (name) => {
      expect(NAME.test(name)).toBe(true)
      expect(parentOf(name)).toBe(name)
    },
  )

  test.each(['', '-a', '.a', 'a b', 'a/b', 'a~b', 'a@b', 'a:b', 'ä', 'a\n', 'x'.repeat(101)])(
    '%j cannot be chosen',
    (name) => expect(NAME.test(name)).toBe(false),
  )

  test('a backfill’s name leads back to its parent, and nobody can choose it', () => {
    const name = backfillName('weekly-digest', '00c0ffee')
    expect(parentOf(name)).toBe('weekly-digest')
    expect(NAME.test(name)).toBe(false)
  })
})
