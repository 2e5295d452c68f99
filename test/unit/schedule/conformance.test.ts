import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { nextAfter, occurrences, parseSchedule } from '../../../functions/schedule/schedule.ts'

interface Next {
  readonly expr: string
  readonly tz: string
  readonly from: string
  readonly inclusive: boolean
  readonly expected: readonly string[]
}

interface Given {
  readonly schedule: string
  readonly createdAt: string
  readonly lastScheduleTime: string | null
  readonly now: string
}

interface Case<T> {
  readonly name: string
  readonly note?: string
  readonly given: Given
  readonly expect: T & { readonly error?: true }
}

function read(name: string) {
  return JSON.parse(readFileSync(new URL(`../../support/conformance/${name}`, import.meta.url), 'utf8'))
}

interface Kubernetes {
  readonly mostRecentScheduleTime: readonly Case<{ mostRecent: string | null; earliest: string }>[]
  readonly nextScheduleTimeDuration: readonly Case<{ seconds: number }>[]
  readonly nextScheduleTime: readonly Case<{ due?: string | null; dueNotNull?: true }>[]
}

function parse(expression: string, zone = 'UTC', anchor = 0) {
  return parseSchedule(expression, { time_zone: zone, anchor_at: anchor })
}

function iso(instant: number | null | undefined): string | null {
  return instant === null || instant === undefined
    ? null
    : new Date(instant).toISOString().replace('.000Z', 'Z')
}

const clockChanges: { cases: Next[] } = read('clock-changes.json')
const plain: { next: Next[]; invalid: { expr: string }[] } = read('plain-cron.json')
const real: { expr: string; tz?: string }[] = read('real-schedules.json')
const kubernetes: Kubernetes = read('kubernetes-cronjob.json')

describe('the next occurrence is the one that others expect', () => {
  const satisfiable = [...clockChanges.cases, ...plain.next].filter((one) => one.expected.length > 0)
  test.each(satisfiable)('$expr in $tz from $from', ({ expr, tz, from, inclusive, expected }) => {
    const after = Date.parse(from) - (inclusive ? 1 : 0)
    expect(iso(nextAfter(parse(expr, tz), after))).toBe(expected[0])
  })
})

describe('what never occurs or cannot be read is refused', () => {
  const never = plain.next.filter((one) => one.expected.length === 0)
  test.each([...never, ...plain.invalid])('$expr', ({ expr }) => {
    expect(() => parse(expr)).toThrow(expect.objectContaining({ code: 'invalid_schedule' }))
  })
})

describe('schedules that people really use are accepted', () => {
  test.each(real)('$expr', ({ expr, tz }) => {
    expect(nextAfter(parse(expr, tz), Date.UTC(2025, 0, 1))).toBeGreaterThan(Date.UTC(2025, 0, 1))
  })
})

function latestDue(given: Given, after: string): number | null {
  const schedule = parse(given.schedule, 'UTC', Date.parse(given.createdAt))
  return occurrences(schedule, Date.parse(after) + 1, Date.parse(given.now), 1_000).at(-1) ?? null
}

describe('the latest missed occurrence is the one that Kubernetes starts', () => {
  /** Kubernetes guesses the number missed from the first interval and then answers none; DESIGN 5 classifies each. */
  const decided: Readonly<Record<string, string>> = { 'another complex schedule': '2016-05-20T12:30:00Z' }

  test.each(kubernetes.mostRecentScheduleTime)('$name', ({ name, note, given, expect: expected }) => {
    if (expected.error) return expect(() => parse(given.schedule)).toThrow('never occurs')
    expect(note?.startsWith('ARTIFACT') ?? false).toBe(name in decided)
    expect(iso(latestDue(given, expected.earliest))).toBe(decided[name] ?? expected.mostRecent)
  })

  test.each(kubernetes.nextScheduleTime)('$name', ({ given, expect: expected }) => {
    if (expected.error) return expect(() => parse(given.schedule)).toThrow('never occurs')
    const due = iso(latestDue(given, given.lastScheduleTime ?? given.createdAt))
    if (expected.dueNotNull) expect(due).not.toBeNull()
    else expect(due).toBe(expected.due)
  })
})

describe('the wait for the next occurrence is the one that Kubernetes computes', () => {
  test.each(kubernetes.nextScheduleTimeDuration)('$name', ({ given, expect: expected }) => {
    const now = Date.parse(given.now)
    expect((nextAfter(parse(given.schedule), now) ?? 0) - now).toBe(expected.seconds * 1_000)
  })
})
