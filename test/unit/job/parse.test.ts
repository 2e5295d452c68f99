import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseJob, parseRun } from '../../../functions/job/parse.ts'
import { plan } from '../../../functions/job/plan.ts'
import { newRun, runFields, skipFields, withOutcome } from '../../../functions/job/run.ts'
import { toFields } from '../../../functions/job/stored.ts'
import { jobRef } from '../../../functions/lease/held.ts'
import type { Fields } from '../../../functions/store/documents.ts'
import { memoryDocuments } from '../../../functions/store/memory.ts'
import { look, MINUTE, newMinutely, only, running, T0 } from './fixtures.ts'

const at = (minute: number) => T0 + minute * MINUTE
const job = running(newMinutely(), at(1))

function parse(fields: Fields) {
  return parseJob({ ref: jobRef('digest'), fields })
}

/** The stored job with one field set otherwise, anywhere in it. */
function spoilt(path: readonly (string | number)[], value: unknown): Fields {
  const copy = structuredClone(toFields(job)) as Record<string | number, unknown>
  const parents = path.slice(0, -1)
  let place = copy
  for (const name of parents) place = place[name] as typeof place
  place[path.at(-1)!] = value
  return copy
}

/** Every place in a value, the inner ones included. */
function places(value: unknown, path: readonly (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [[...path]]
  const inner = Object.entries(value).flatMap(([name, one]) => places(one, [...path, name]))
  return path.length === 0 ? inner : [[...path], ...inner]
}

describe('a stored job that cannot be read', () => {
  test.each<[string, readonly (string | number)[], unknown, RegExp]>([
    ['lacks a field', ['fence'], undefined, /^fence: /],
    ['has a field of another type', ['enabled'], 'yes', /^enabled: /],
    ['has an entry in an unknown state', ['entries', 0, 'state'], 'asleep', /^entries\.0\.state: /],
    ['has an entry with a negative fence', ['entries', 0, 'fence'], -1, /^entries\.0\.fence: /],
    ['has a policy out of range', ['policies', 'max_attempts'], 0, /^policies\.max_attempts: /],
    ['has a schedule of an unknown kind', ['schedule'], { kind: 'sometimes' }, /^schedule/],
    ['has a schedule out of range', ['schedule', 'seconds'], 0, /every_seconds/],
    ['has another job’s name', ['name'], 'other', /^name: is not the document's id "digest"$/],
  ])('because it %s says where', (_why, path, value, reason) => {
    const parsed = parse(spoilt(path, value))
    expect(parsed).toEqual({ ok: false, reason: expect.stringMatching(reason) })
  })

  test.each([
    ['expression', { kind: 'cron', expression: '0 0 30 2 *', time_zone: 'UTC' }],
    ['zone', { kind: 'cron', expression: '* * * * *', time_zone: 'Mars/Olympus' }],
  ])('because its cron %s is none says so', (_what, schedule) => {
    expect(parse(spoilt(['schedule'], schedule))).toMatchObject({ ok: false })
  })

  test('is told of as a whole where it has no fields at all', () => {
    expect(parseJob({ ref: jobRef('digest'), fields: null as never })).toEqual({
      ok: false,
      reason: expect.stringMatching(/^the document: /),
    })
  })
})

test('a field that a hand has added hinders nobody', () => {
  expect(parse({ ...toFields(job), note: 'mine' })).toEqual({ ok: true, value: job })
})

test('whatever stands in a job’s document, reading it does not throw', () => {
  fc.assert(
    fc.property(fc.oneof(fc.object(), fc.dictionary(fc.string(), fc.jsonValue())), (fields) => {
      expect(parse(fields).ok).toBe(false)
    }),
  )
})

test('whatever stands in one place of a job’s document, reading it does not throw', () => {
  const path = fc.constantFrom(...places(toFields(job)))
  fc.assert(
    fc.property(
      path,
      fc.oneof(fc.jsonValue(), fc.double(), fc.integer(), fc.constant(undefined)),
      (place, value) => {
        expect([true, false]).toContain(parse(spoilt(place, value)).ok)
      },
    ),
    { numRuns: 1000 },
  )
})

test('a look at whatever could be read does not throw', () => {
  const instant = fc.oneof(
    fc.integer(),
    fc.double({ min: -8.64e15, max: 8.64e15, noNaN: true }),
    fc.constant(null),
  )
  const names = ['next_run_at', 'full_since', 'full_until'] as const
  const change = fc.record(Object.fromEntries(names.map((name) => [name, instant])))
  fc.assert(
    fc.property(change, fc.double({ min: -8.64e15, max: 8.64e15, noNaN: true }), (changes, until) => {
      const fields = { ...toFields(job), ...changes, entries: [{ ...only(job), until }] }
      const parsed = parse(fields)
      if (parsed.ok) expect(() => plan(parsed.value, look(at(10)))).not.toThrow()
    }),
    { numRuns: 300 },
  )
})

test.each([
  ['a path', 'a/b'],
  ['two dots', '..'],
  ['a reserved name', '__run__'],
  ['too long', 'x'.repeat(1001)],
])(
  'an entry whose run is %s makes the job unreadable: no store could be asked for that record',
  async (_why, run) => {
    const documents = memoryDocuments({ now: () => T0, sleep: async () => {} })
    await expect(documents.get([{ collection: 'scheduler_runs', id: run }])).rejects.toThrow(
      'cannot take this',
    )
    expect(parse(spoilt(['entries', 0, 'run'], run)).ok).toBe(false)
  },
)

describe('the record of a run', () => {
  const run = newRun(job, only(job), at(1))
  const done = withOutcome(
    run,
    { kind: 'succeeded', result: '1', items: { processed: 1, succeeded: 1, failed: 0 } },
    'succeed',
    at(2),
  )

  test.each([run, done])('is read back as it was', (one) => {
    expect(parseRun(runFields(one))).toEqual({ ok: true, value: one })
  })

  test('is not what stands for skipped occurrences', () => {
    const skip = { reason: 'overlap', first_at: at(1), last_at: at(2), count: 2 } as const
    expect(parseRun(skipFields(job, skip, at(3))).ok).toBe(false)
  })
})
