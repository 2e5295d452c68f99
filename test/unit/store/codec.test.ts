import { Timestamp } from '@google-cloud/firestore'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { decode, encode, encodeInstant, fromVersion, toVersion } from '../../../functions/store/codec.ts'

const instant = fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 })

it('every instant comes back, to the millisecond', () => {
  fc.assert(
    fc.property(instant, (at) => {
      expect(encode({ claimable_at: at }).claimable_at).toBeInstanceOf(Timestamp)
      expect(decode(encode({ claimable_at: at, entries: [{ until: at }], n: at }))).toEqual({
        claimable_at: at,
        entries: [{ until: at }],
        n: at,
      })
    }),
  )
})

it('an instant that was read more finely than a millisecond is written back as it was, to the microsecond', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 4_000_000_000 }),
      fc.integer({ min: 0, max: 999_999 }),
      (seconds, micros) => {
        const stored = new Timestamp(seconds, micros * 1_000)
        expect(encodeInstant(Number(decode({ stored }).stored))).toEqual(stored)
      },
    ),
  )
})

it('a version loses no nanosecond of an update time', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 253_402_300_799 }),
      fc.integer({ min: 0, max: 999_999_999 }),
      (seconds, nanos) => {
        const time = new Timestamp(seconds, nanos)
        expect(fromVersion(toVersion(time))).toEqual(time)
      },
    ),
  )
})

it.each(['', 'x', '1', '1.5', '1.0000000000', '-1.000000000', '9999999999999.000000000'])(
  '%j is no version',
  (text) => {
    expect(fromVersion(text)).toBeNull()
  },
)
