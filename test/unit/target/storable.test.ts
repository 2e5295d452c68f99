import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TickoverError } from '../../../functions/errors.ts'
import { JobFailure, outcomeOf } from '../../../functions/target/failure.ts'
import {
  describe as describeError,
  fromText,
  LONGEST_ERROR,
  LONGEST_RESULT,
  toText,
} from '../../../functions/target/storable.ts'

describe('a result', () => {
  test.each([[undefined], [null]])('that is nothing (%s) is kept as nothing', (nothing) => {
    expect(toText(nothing)).toBeNull()
    expect(fromText(null)).toBeNull()
  })

  test('is read back as it was', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
        // JSON has no word for -0.
        expect(fromText(toText(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  test('may take 16 KiB of UTF-8, and not one byte more', () => {
    const longest = 'é'.repeat((LONGEST_RESULT - 2) / 2)
    expect(Buffer.byteLength(toText(longest) ?? '')).toBe(LONGEST_RESULT)
    expect(() => toText(`${longest}.`)).toThrow(/takes 16385 bytes of JSON, and at most 16384 are kept/)
  })

  const cyclic: Record<string, unknown> = {}
  cyclic.self = cyclic
  const refusing = {
    toJSON() {
      // A handler may throw anything.
      // oxlint-disable-next-line no-throw-literal, typescript/only-throw-error
      throw 'never'
    },
  }
  test.each<[string, unknown, RegExp]>([
    ['a function', () => 1, /is not data/],
    ['a symbol', Symbol('s'), /is not data/],
    ['a BigInt', { n: 1n }, /cannot be written as JSON: .*BigInt/],
    ['cyclic', cyclic, /cannot be written as JSON: .*circular/],
    ['unwilling', refusing, /cannot be written as JSON: it refuses/],
  ])('that is %s is refused with what to do', (_kind, value, why) => {
    expect(() => toText(value)).toThrow(expect.objectContaining({ code: 'unstorable_result' }))
    expect(() => toText(value)).toThrow(why)
    expect(() => toText(value)).toThrow(/Return a small plain object instead\.$/)
  })
})

describe('an error in words', () => {
  test.each<[string, unknown, string]>([
    ['an error', new Error('out of paper'), 'out of paper'],
    ['one without a message', new RangeError(), 'RangeError'],
    ['one of ours, by its code', new TickoverError('lost', 'gone'), 'lost: gone'],
    ['a text', 'just so', 'just so'],
    ['nothing', undefined, 'undefined'],
    ['a symbol', Symbol('s'), 'Symbol(s)'],
    ['an object that has no words', Object.create(null), 'an error that cannot be described'],
  ])('is for %s short and without a stack', (_kind, thrown, words) => {
    expect(describeError(thrown)).toBe(words)
  })

  test('takes at most 4 KiB, cut between characters', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 8 }),
        fc.constantFrom('a', 'é', '€', '😀'),
        (shift, character) => {
          const text = 'x'.repeat(shift) + character.repeat(LONGEST_ERROR + 1)
          const words = describeError(new Error(text))
          expect(Buffer.byteLength(words)).toBeLessThanOrEqual(LONGEST_ERROR)
          expect(Buffer.byteLength(words)).toBeGreaterThan(LONGEST_ERROR - 8)
          expect(words.endsWith('…')).toBe(true)
          expect(text.startsWith(words.slice(0, -1))).toBe(true)
        },
      ),
    )
  })

  test('is whole up to 4 KiB', () => {
    const text = 'x'.repeat(LONGEST_ERROR)
    expect(describeError(new Error(text))).toBe(text)
  })
})

describe('a thrown error', () => {
  const items = { processed: 2, succeeded: 1, failed: 1 }
  test.each<[string, unknown, object]>([
    ['may be tried again', new Error('x'), { kind: 'retry', error: 'x', after_seconds: null }],
    ['by a failure too, when it says no more', new JobFailure('x'), { kind: 'retry', after_seconds: null }],
    ['is final when it says so', new JobFailure('x', { retryable: false }), { kind: 'failed', error: 'x' }],
    [
      'is final when it says so, whatever else it asks for',
      new JobFailure('x', { retryable: false, retryAfterSeconds: 9 }),
      { kind: 'failed' },
    ],
    [
      'waits as long as it asks for',
      new JobFailure('x', { retryAfterSeconds: 9 }),
      { kind: 'retry', after_seconds: 9 },
    ],
    ['is final for a payload that is refused', new TickoverError('invalid_payload', 'x'), { kind: 'failed' }],
    [
      'is final for a result that cannot be kept',
      new TickoverError('unstorable_result', 'x'),
      { kind: 'failed' },
    ],
    [
      'may be tried again for a lost lease',
      new TickoverError('lost', 'x'),
      { kind: 'retry', error: 'lost: x' },
    ],
    ['need not be an error', 'x', { kind: 'retry', error: 'x' }],
  ])('%s', (_what, thrown, outcome) => {
    expect(outcomeOf(thrown, items)).toMatchObject({ ...outcome, items })
  })

  test('keeps its cause', () => {
    const cause = new Error('deeper')
    expect(new JobFailure('x', { cause }).cause).toBe(cause)
  })
})
