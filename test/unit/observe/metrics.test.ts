import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Event } from '../../../functions/observe/events.ts'
import { createLog } from '../../../functions/observe/log.ts'
import { filterOf, METRICS, type Metric } from '../../../functions/observe/metrics.ts'
import { defineJob } from '../../../functions/target/handler.ts'
import { setup } from '../../support/engine.ts'
import { virtualClock } from '../../support/virtual-clock.ts'

/** The fields that may be labels. */
const FEW = ['lane', 'path', 'status', 'outcome', 'seldom', 'fate', 'code']

type Kind = Event['kind']
type Line = Readonly<Record<string, unknown>>

/** One of each kind that no tick below makes. */
const RARE: readonly Event[] = [
  { kind: 'job_already_claimed', job: 'j' },
  { kind: 'tick_alive', tick: 't', lane: 'default' },
  { kind: 'holder_died', job: 'j', run: 'j@1', attempt: 1, fate: 'retry', seldom: true },
  { kind: 'lease_lost', job: 'j', run: 'j@1', attempt: 1, performed: true },
  { kind: 'effect_repeated', run: 'j@1', key: 'k' },
  { kind: 'run_left', job: 'j', run: 'j@1', attempt: 1 },
  { kind: 'job_damaged', job: 'j', reason: 'r' },
  { kind: 'occurrences_skipped', job: 'j', reason: 'overlap', count: 1, first_at: 0, last_at: 0 },
  { kind: 'run_log', job: 'j', run: 'j@1', level: 'info', message: 'm', data: {} },
  { kind: 'report_refused', job: 'j', run: 'j@1' },
  { kind: 'overdue_checked', overdue: 2 },
  { kind: 'store_trouble', action: 'claim', reason: 'r' },
  {
    kind: 'request_refused',
    method: 'POST',
    path: '/cron/tick',
    status: 401,
    code: 'unauthenticated',
    reason: 'r',
  },
  { kind: 'process_stopping', reason: 'r' },
  { kind: 'unexpected', where: 'w', error: new Error('e') },
]

/** What a tick tells whose jobs work through items, fail, and ask the cache. */
async function eventsOfATick(): Promise<readonly Event[]> {
  const every = { every_seconds: 60 } as const
  const jobs = [
    defineJob({
      name: 'items',
      schedule: every,
      payload: z.object({}),
      run: async ({ items, cache }) => {
        Object.assign(items, { processed: 4, succeeded: 3, failed: 1 })
        for (let n = 0; n < 3; n++) await cache('k', async () => n)
      },
    }),
    defineJob({
      name: 'fails',
      schedule: every,
      payload: z.object({}),
      run: async () => {
        throw new Error('no')
      },
    }),
  ]
  const { clock, events, tick, passing } = await setup(jobs)
  await clock.advance(120_000)
  await passing(tick())
  return events
}

let events: readonly Event[]
let lines: readonly Line[]

beforeAll(async () => {
  events = [...(await eventsOfATick()), ...RARE]
  const texts: string[] = []
  const destination = { write: (text: string) => void texts.push(text) }
  const emit = createLog({ destination, clock: virtualClock(0), project: null, trace: () => null })
  for (const event of events) emit(event)
  for (const event of events) emit({ kind: 'in_shadow', path: 'tick', event })
  lines = texts.map((text) => JSON.parse(text) as Line)
})

const named = (kind: Kind) => lines.filter(({ event }) => event === kind)

describe('a line', () => {
  it('says which event it tells; one from shadow only that it is from there', () => {
    const told = lines.map(({ event }) => event)
    expect(told.slice(0, events.length)).toEqual(events.map(({ kind }) => kind))
    expect(new Set(told.slice(events.length))).toEqual(new Set(['in_shadow']))
  })

  it('of an attempt tells its items, and whether another follows', () => {
    const [items, fails] = ['items', 'fails'].map((job) =>
      named('run_settled').find((line) => line.job === job),
    )
    expect(items).toMatchObject({ ended: true, items_processed: 4, items_failed: 1, item_duration_ms: 0 })
    expect(fails).toMatchObject({
      outcome: 'retry',
      ended: false,
      items_processed: null,
      item_duration_ms: null,
    })
  })

  it('of a tick tells what the process asked its cache, and whether the tick slept', () => {
    expect(named('tick_completed')).toMatchObject([
      { dwells: false, store_permits_peak: 0, cache_hits: 2, cache_misses: 1 },
    ])
  })
})

function kindOf(is: unknown): string {
  if (typeof is !== 'object' || is === null) return typeof is
  return 'not' in is ? 'string' : 'number'
}

describe.each(Object.entries<Metric>(METRICS))('the metric %s', (_, metric) => {
  const { labels, value, bounds } = metric

  it('counts lines that there are, by fields that they carry', () => {
    for (const { event, where } of metric.lines) {
      const fields = [...Object.keys(where ?? {}), ...labels, ...(value === null ? [] : [value])]
      expect(named(event).length).toBeGreaterThan(0)
      for (const line of named(event)) expect(Object.keys(line)).toEqual(expect.arrayContaining(fields))
    }
  })

  it('has a value that is a number in some line', () => {
    if (value === null) return
    const told = metric.lines.flatMap(({ event }) => named(event).map((line) => typeof line[value]))
    expect(told).toContain('number')
  })

  it('compares fields with what they are', () => {
    for (const { event, where } of metric.lines)
      for (const [field, is] of Object.entries(where ?? {}))
        expect(named(event).map((line) => typeof line[field])).toContain(kindOf(is))
  })

  it('has bounds that rise where it has a value, and labels of few values', () => {
    expect(bounds === null).toBe(value === null)
    expect(bounds).toEqual(bounds?.toSorted((a, b) => a - b) ?? null)
    expect(new Set(bounds).size).toBe(bounds?.length ?? 0)
    for (const label of labels) expect(FEW).toContain(label)
  })
})

describe('a filter', () => {
  it('joins conditions with AND, kinds of lines with OR, and leaves null out of what is measured', () => {
    expect(filterOf(METRICS.runs)).toBe('jsonPayload.event="run_settled" AND jsonPayload.ended=true')
    expect(filterOf(METRICS.lateness_ms)).toBe(
      'jsonPayload.event="tick_completed" AND (jsonPayload.lateness_p99_ms=0 OR jsonPayload.lateness_p99_ms>0)',
    )
    expect(filterOf(METRICS.duplicates)).toBe(
      '(jsonPayload.event="lease_lost" AND jsonPayload.performed=true) OR (jsonPayload.event="effect_repeated") OR (jsonPayload.event="report_refused")',
    )
  })
})
