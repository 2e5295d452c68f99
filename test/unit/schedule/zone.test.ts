import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { localText, nextChange, stretchAt, zoneProblem } from '../../../functions/schedule/zone.ts'
import { wallOf } from './oracle.ts'

const instants = fc.integer({ min: 0, max: Date.UTC(2100, 0, 1) / 1_000 }).map((seconds) => seconds * 1_000)
const zones = fc.constantFrom(...Intl.supportedValuesOf('timeZone'))

test('in every zone the wall clock is the one that the runtime prints', () => {
  fc.assert(
    fc.property(zones, instants, (zone, at) => {
      expect(at + stretchAt(zone, at).offset).toBe(wallOf(zone, at))
    }),
    { numRuns: 400 },
  )
})

test('stretches follow one another without hole, and each knows the offset before it', () => {
  fc.assert(
    fc.property(zones, instants, (zone, at) => {
      const stretch = stretchAt(zone, at)
      expect(stretch.from).toBeLessThanOrEqual(at)
      expect(stretch.until).toBeGreaterThan(at)
      const next = stretchAt(zone, stretch.until)
      expect(next.from).toBe(stretch.until)
      expect(next.before).toBe(stretch.offset)
    }),
    { numRuns: 200 },
  )
})

test.each([
  ['America/Boa_Vista', '2000-10-01'],
  ['America/Noronha', '2000-10-01'],
  ['Asia/Gaza', '2040-10-10'],
])('changes only a week apart are all found: %s, %s', (zone, near) => {
  const from = Date.parse(near) - 20 * 86_400_000
  const first = nextChange(zone, from)
  const second = nextChange(zone, first?.from ?? 0)
  expect((second?.from ?? 0) - (first?.from ?? 0)).toBeLessThan(15 * 86_400_000)
  expect(second?.offset).toBe(first?.before)
})

test('a zone that keeps its offset has no next change', () => {
  expect(nextChange('UTC', 0)).toBeNull()
  expect(nextChange('Asia/Tokyo', Date.UTC(2024, 0, 1))).toBeNull()
})

test('local texts carry the offset, with seconds where history has them', () => {
  expect(localText('America/New_York', Date.UTC(2026, 2, 8, 7))).toBe('2026-03-08T03:00:00-04:00')
  expect(localText('Asia/Kathmandu', Date.UTC(2026, 2, 8, 7))).toBe('2026-03-08T12:45:00+05:45')
  expect(localText('UTC', 0)).toBe('1970-01-01T00:00:00+00:00')
  expect(localText('Africa/Monrovia', 0)).toBe('1969-12-31T23:15:30-00:44:30')
})

describe('names', () => {
  test.each([
    'UTC',
    'utc',
    'GMT',
    'Etc/GMT+5',
    'US/Eastern',
    'america/new_york',
    'Asia/Kolkata',
    'Asia/Calcutta',
  ])('%s is known', (zone) => expect(zoneProblem(zone)).toBeNull())

  test.each([
    ['America/NewYork', 'did you mean America/New_York?'],
    ['New York', 'did you mean America/New_York?'],
    ['Europe/Berln', 'did you mean Europe/Berlin?'],
    ['UTCC', 'did you mean UTC?'],
    ['Mars/Olympus', 'use an IANA name'],
    ['+05:30', 'use an IANA name'],
    ['', 'use an IANA name'],
    ['x'.repeat(10_000), 'use an IANA name'],
  ])('%s is refused: %s', (zone, says) => {
    expect(zoneProblem(zone)).toContain(says)
    expect(zoneProblem(zone)?.length).toBeLessThan(200)
  })
})
