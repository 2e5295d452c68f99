import { describe, expect, test } from 'vitest'
import { compare } from '../../../functions/shadow/compare.ts'
import { type Reporting, reportOf } from '../../../functions/shadow/report.ts'
import type { IgnoreRule } from '../../../functions/shadow/rules.ts'
import {
  attempt,
  comparing,
  gap,
  MINUTE,
  NOW,
  PLANNED,
  rule,
  SECOND,
  type Sides,
  seen,
  T0,
  TOLERANCE,
} from './fixtures.ts'

const FAILED = { status: 'failed', error: 'no' } as const
const minutes = (count: number) => Array.from({ length: count }, (_, n) => n + 1)
const late = (minute: number) => ({ started_at: T0 + minute * MINUTE + TOLERANCE + MINUTE })

function report(sides: Sides, changes: Partial<Reporting> = {}, rules: readonly IgnoreRule[] = []) {
  const input = comparing({ ...sides, rules })
  return reportOf({
    stage: 3,
    shadow_path: input.shadow_path,
    compared: compare(input),
    terms: input.terms,
    rules,
    now: NOW,
    since: T0,
    until: NOW,
    complete: true,
    documents_read: 7,
    documents_unreadable: 0,
    examples: 5,
    ...changes,
  })
}

describe('the report', () => {
  test('tells agreement over what was compared: neither pending nor ignored runs are part of it', () => {
    const live = [
      ...[1, 2, 3].map((minute) => seen('legacy', minute)),
      seen('legacy', 4, { effect_failed: true, ...FAILED }),
      seen('legacy', 5, { status: 'running' }),
    ]
    const shadow = [1, 2, 4, 5].map((minute) => seen('tick', minute))
    const { total } = report({ live, shadow })
    expect(total).toMatchObject({ compared: 3, agreement: 2 / 3, ignored: { effect_failed: 1 } })
    expect(total.verdicts).toMatchObject({ match: 2, only_legacy: 1, pending: 1, ignored: 1, late: 0 })
  })

  test('says of nothing compared that there is no agreement, rather than a full one', () => {
    expect(report({}).total).toMatchObject({ compared: 0, agreement: null })
    expect(
      report({ live: [seen('legacy', 1, { status: 'running' })], shadow: [seen('tick', 1)] }).total.agreement,
    ).toBe(null)
  })

  test('tells each job apart, in the order of their names, and all together', () => {
    const live = ['b', 'a', 'a'].map((job, n) => seen('legacy', n + 1, { job }))
    const { jobs, total } = report({ live, shadow: [seen('tick', 1, { job: 'b' })] })
    expect(jobs.map(({ job, compared, agreement }) => [job, compared, agreement])).toEqual([
      ['a', 2, 0],
      ['b', 1, 1],
    ])
    expect(total.compared).toBe(3)
  })

  test('tells the lateness of first attempts on both paths', () => {
    const live = minutes(100).map((n) => seen('legacy', n, { started_at: T0 + n * MINUTE + n * SECOND }))
    const shadow = minutes(100).map((n) => seen('tick', n))
    const { legacy, tick } = report({ live, shadow }).total
    expect(legacy.lateness).toEqual({ samples: 100, p50_ms: 50_000, p95_ms: 95_000, p99_ms: 99_000 })
    expect(tick.lateness).toEqual({ samples: 100, p50_ms: 1000, p95_ms: 1000, p99_ms: 1000 })
  })

  test('tells errors of first attempts and of runs apart; what was given back or has not ended is no sample', () => {
    const at = T0 + MINUTE
    const lost = [attempt('legacy', at, { outcome: 'lost' }), attempt('legacy', at + MINUTE)]
    const failed = [attempt('legacy', at, { outcome: 'failed' })]
    const given = [attempt('legacy', at, { outcome: 'given_back' }), attempt('legacy', at + MINUTE)]
    const live = [
      seen('legacy', 1, { attempts: lost }),
      seen('legacy', 2, { attempts: failed, ...FAILED }),
      seen('legacy', 3, { attempts: given, status: 'cancelled' }),
      seen('legacy', 4),
    ]
    const { legacy } = report({ live }).total
    expect(legacy.first_attempt_errors).toEqual({ ended: 3, failed: 2, rate: 2 / 3 })
    expect(legacy.run_errors).toEqual({ ended: 3, failed: 1, rate: 1 / 3 })
    expect(legacy.durations).toEqual({ samples: 2, p50_ms: 1000, p95_ms: 1000 })
  })

  test('has neither durations nor errors of a shadow that only planned', () => {
    const { tick, legacy } = report({
      live: [seen('legacy', 1, { intents: null })],
      shadow: [seen('tick', 1, PLANNED)],
    }).total
    expect(tick).toMatchObject({ runs: 1, planned: 1, lateness: { samples: 1 }, durations: { samples: 0 } })
    expect(tick.run_errors).toEqual({ ended: 0, failed: 0, rate: null })
    expect(legacy).toMatchObject({ planned: 0, durations: { samples: 1 }, run_errors: { ended: 1 } })
  })

  test('shows examples of each kind of mismatch with both sides whole, as many as asked for', () => {
    const live = minutes(20).map((n) => seen('legacy', n, n > 10 ? late(n) : {}))
    const shadow = minutes(20)
      .filter((n) => n > 8)
      .map((n) => seen('tick', n))
    const { jobs } = report({ live, shadow, shadow_gaps: [gap('coalesced', 1)] }, { examples: 3 })
    const examples = jobs[0]?.examples ?? []
    expect(examples.map(({ verdict }) => verdict)).toEqual([
      ...Array(3).fill('only_legacy'),
      ...Array(3).fill('late'),
    ])
    expect(examples[0]).toEqual({
      verdict: 'only_legacy',
      legacy: {
        run: seen('legacy', 1).id,
        path: 'legacy',
        scheduled_for: '2030-01-31T12:01:00.000Z',
        started_at: '2030-01-31T12:01:01.000Z',
        status: 'succeeded',
        error: null,
        attempts: 1,
        payload_hash: seen('legacy', 1).payload_hash,
        intents: seen('legacy', 1).intents,
        skip_reason: null,
      },
      tick: expect.objectContaining({ run: null, path: 'tick', status: null, skip_reason: 'coalesced' }),
    })
    expect(report({ live, shadow }, { examples: 0 }).jobs[0]?.examples).toEqual([])
  })

  test('lists every rule with what it set aside: also the idle and the expired', () => {
    const sides = { live: [seen('legacy', 1, late(1))], shadow: [seen('tick', 1)] }
    const rules = [rule(), rule({ job: 'other' }), rule({ name: 'old', until: NOW })]
    const { rules: told, total } = report(sides, {}, rules)
    expect(told.map(({ name, ignored, expired }) => [name, ignored, expired])).toEqual([
      ['known', 1, false],
      ['known', 0, false],
      ['old', 0, true],
    ])
    expect(told[0]?.until).toBe(new Date(NOW + MINUTE).toISOString())
    expect(total.ignored).toEqual({ known: 1 })
  })
})
