import { describe, expect, test } from 'vitest'
import { compare } from '../../../functions/shadow/compare.ts'
import {
  attempt,
  comparing,
  gap,
  intents,
  MINUTE,
  NOW,
  PLANNED,
  rule,
  SECOND,
  seen,
  T0,
  TERMS,
  TOLERANCE,
  verdicts,
} from './fixtures.ts'

const OTHER = { payload_hash: 'f'.repeat(32) }
const FAILED = { status: 'failed', error: 'no' } as const
const legacy = (minute: number, changes = {}) => seen('legacy', minute, changes)
const tick = (minute: number, changes = {}) => seen('tick', minute, changes)
const later = (minute: number, by: number) => ({ started_at: T0 + minute * MINUTE + by })

const replaced = (outcome: 'failed' | 'lost') => ({
  status: 'cancelled' as const,
  attempts: [attempt('tick', T0 + MINUTE, { outcome })],
})

describe('two paths', () => {
  test('agree on a run that both performed alike', () => {
    expect(verdicts({ live: [legacy(1)], shadow: [tick(1)] })).toEqual(['match'])
  })

  test('differ in a run that one of them performed, named by the path that did, whichever is live', () => {
    expect(verdicts({ live: [legacy(1)] })).toEqual(['only_legacy'])
    expect(verdicts({ shadow: [tick(1)] })).toEqual(['only_tick'])
    expect(verdicts({ live: [tick(1)], shadow_path: 'legacy' })).toEqual(['only_tick'])
    expect(verdicts({ shadow: [legacy(1)], shadow_path: 'legacy' })).toEqual(['only_legacy'])
  })

  test('are late when first starts are further apart than the tolerance, whichever is later', () => {
    const on = later(1, SECOND)
    expect(verdicts({ live: [legacy(1, on)], shadow: [tick(1, later(1, SECOND + TOLERANCE))] })).toEqual([
      'match',
    ])
    const over = later(1, SECOND + TOLERANCE + 1)
    expect(verdicts({ live: [legacy(1, on)], shadow: [tick(1, over)] })).toEqual(['late'])
    expect(verdicts({ live: [legacy(1, over)], shadow: [tick(1, on)] })).toEqual(['late'])
  })

  test('differ in their intents by another payload, or by another digest where both know intents', () => {
    expect(verdicts({ live: [legacy(1)], shadow: [tick(1, OTHER)] })).toEqual(['intents_differ'])
    expect(verdicts({ live: [legacy(1)], shadow: [tick(1, { intents: intents('mail') })] })).toEqual([
      'intents_differ',
    ])
    expect(verdicts({ live: [legacy(1)], shadow: [tick(1, PLANNED)] })).toEqual(['match'])
    expect(verdicts({ live: [legacy(1, { payload_hash: '' })], shadow: [tick(1)] })).toEqual(['match'])
  })

  test('differ in the outcome when one succeeded and the other failed', () => {
    expect(verdicts({ live: [legacy(1)], shadow: [tick(1, FAILED)] })).toEqual(['outcome_differs'])
    expect(verdicts({ live: [legacy(1, FAILED)], shadow: [tick(1)] })).toEqual(['outcome_differs'])
    expect(verdicts({ live: [legacy(1, FAILED)], shadow: [tick(1, FAILED)] })).toEqual(['match'])
    expect(verdicts({ live: [legacy(1, { status: 'cancelled' })], shadow: [tick(1, FAILED)] })).toEqual([
      'match',
    ])
  })

  test('differ in the outcome when one failed and was replaced before it was tried again', () => {
    expect(verdicts({ live: [legacy(1)], shadow: [tick(1, replaced('failed'))] })).toEqual([
      'outcome_differs',
    ])
    expect(verdicts({ live: [legacy(1)], shadow: [tick(1, replaced('lost'))] })).toEqual(['match'])
  })

  test('cannot differ in the outcome where the shadow succeeded without its handler; where it failed, they do', () => {
    expect(verdicts({ live: [legacy(1, FAILED)], shadow: [tick(1, PLANNED)] })).toEqual(['match'])
    expect(verdicts({ live: [legacy(1)], shadow: [tick(1, { ...FAILED, ...PLANNED })] })).toEqual([
      'outcome_differs',
    ])
  })

  test('wait for each other’s end before outcome and intents are compared, but not for a planned one', () => {
    const open = { status: 'retry', finished_at: null, intents: intents('half') } as const
    expect(verdicts({ live: [legacy(1, open)], shadow: [tick(1)] })).toEqual(['pending'])
    expect(verdicts({ live: [legacy(1)], shadow: [tick(1, { ...open, status: 'running' })] })).toEqual([
      'pending',
    ])
    expect(verdicts({ live: [legacy(1, open)], shadow: [tick(1, PLANNED)] })).toEqual(['match'])
    expect(verdicts({ live: [legacy(1, open)], shadow: [tick(1, OTHER)] })).toEqual(['intents_differ'])
  })

  test('count a run once, however many attempts it took', () => {
    const attempts = [
      attempt('legacy', T0 + MINUTE, { outcome: 'failed' }),
      attempt('legacy', T0 + 9 * MINUTE),
    ]
    expect(verdicts({ live: [legacy(1, { attempts })], shadow: [tick(1)] })).toEqual(['match'])
  })
})

describe('the join', () => {
  test('takes the nearest instant within the tolerance for what has no partner by id', () => {
    const shadow = [tick(11), tick(20)]
    const found = compare(comparing({ live: [legacy(10), legacy(20)], shadow }))
    expect(found.map(({ legacy: a, tick: b }) => [a?.id, b?.id])).toEqual([
      [legacy(10).id, tick(11).id],
      [legacy(20).id, tick(20).id],
    ])
    expect(verdicts({ live: [legacy(10)], shadow: [tick(13)] })).toEqual(['only_legacy', 'only_tick'])
  })

  test('uses a partner once, and leaves the one that is further away alone', () => {
    expect(verdicts({ live: [legacy(10), legacy(11)], shadow: [tick(11.5)] })).toEqual([
      'only_legacy',
      'match',
    ])
    expect(verdicts({ live: [legacy(10)], shadow: [tick(10.5), tick(12)] })).toEqual(['match', 'only_tick'])
  })

  test('joins runs of one job only', () => {
    expect(verdicts({ live: [legacy(1, { job: 'a' })], shadow: [tick(1, { job: 'b' })] })).toEqual([
      'only_legacy',
      'only_tick',
    ])
  })

  test('leaves out a canary of that time on both sides, and what another path left in the shadow', () => {
    expect(verdicts({ live: [tick(1), tick(2)], shadow: [tick(1)] })).toEqual([])
    expect(verdicts({ live: [legacy(1)], shadow: [legacy(1)] })).toEqual([])
  })
})

describe('a comparison', () => {
  test('begins after the shadow did, and ends a tolerance ago', () => {
    const runs = [0, 1, 8, 9].map((minute) => legacy(minute))
    expect(compare(comparing({ live: runs })).map(({ legacy: run }) => run?.id)).toEqual(
      [1, 8, 9].map((minute) => legacy(minute).id),
    )
    const now = T0 + 8 * MINUTE + TOLERANCE
    expect(verdicts({ live: runs, now })).toHaveLength(2)
    expect(verdicts({ live: runs, now: now - 1 })).toHaveLength(1)
  })

  test('keeps to the window that was asked for', () => {
    const runs = [1, 2, 3, 4].map((minute) => legacy(minute))
    const found = compare(comparing({ live: runs, from: T0 + MINUTE, to: T0 + 3 * MINUTE }))
    expect(found.map(({ legacy: run }) => run?.id)).toEqual([legacy(2).id, legacy(3).id])
  })

  test('leaves out jobs that have no terms', () => {
    expect(verdicts({ live: [legacy(1)], terms: new Map() })).toEqual([])
  })
})

describe('set aside is', () => {
  test('a live effect that failed: in its outcome, in its intents, but not in its payload', () => {
    const failed = { ...FAILED, effect_failed: true }
    expect(verdicts({ live: [legacy(1, failed)], shadow: [tick(1)] })).toEqual(['ignored effect_failed'])
    const half = { effect_failed: true, intents: intents('half') }
    expect(verdicts({ live: [legacy(1, half)], shadow: [tick(1)] })).toEqual(['ignored effect_failed'])
    expect(verdicts({ live: [legacy(1, half)], shadow: [tick(1, OTHER)] })).toEqual(['intents_differ'])
    expect(verdicts({ live: [legacy(1)], shadow: [tick(1, failed)] })).toEqual(['outcome_differs'])
  })

  test('no failure of the shadow, where the live run succeeded after an effect had failed', () => {
    const recovered = legacy(1, { effect_failed: true })
    expect(verdicts({ live: [recovered], shadow: [tick(1, FAILED)] })).toEqual(['outcome_differs'])
  })

  test('an overlap with a live run whose effect failed and that was tried again', () => {
    const retried = { effect_failed: true, finished_at: T0 + 5 * MINUTE }
    const sides = { live: [legacy(1, retried)], live_gaps: [gap('overlap', 2, 5)] }
    const shadow = [1, 2, 5, 6].map((minute) => tick(minute))
    expect(verdicts({ ...sides, shadow })).toEqual([
      'match',
      'ignored effect_failed',
      'ignored effect_failed',
      'only_tick',
    ])
    const inShadow = { live: [legacy(1, retried), legacy(2)], shadow: [tick(1)] }
    expect(verdicts({ ...inShadow, shadow_gaps: [gap('overlap', 2)] })).toEqual(['match', 'only_legacy'])
  })

  test('what the other side skipped because it was paused, as far as the range reaches', () => {
    const live = [1, 2, 3, 4].map((minute) => legacy(minute))
    const found = verdicts({ live, shadow_gaps: [gap('paused', 2, 3)] })
    expect(found).toEqual(['only_legacy', 'ignored paused', 'ignored paused', 'only_legacy'])
    expect(verdicts({ shadow: [tick(1)], live_gaps: [gap('paused', 1)] })).toEqual(['ignored paused'])
    expect(verdicts({ shadow: [tick(1)], live_gaps: [gap('paused', 1, 1, 'other')] })).toEqual(['only_tick'])
  })

  test('a live overlap where the shadow only plans, and no other one', () => {
    const live_gaps = [gap('overlap', 1)]
    expect(verdicts({ shadow: [tick(1, PLANNED)], live_gaps })).toEqual(['ignored overlap'])
    expect(verdicts({ shadow: [tick(1)], live_gaps })).toEqual(['only_tick'])
    expect(verdicts({ live: [legacy(1)], shadow_gaps: live_gaps })).toEqual(['only_legacy'])
    expect(verdicts({ shadow: [tick(1, PLANNED)], live_gaps: [gap('expired', 1)] })).toEqual(['only_tick'])
  })

  test('what was coalesced live for want of a slot, which under overlap: queue is said so', () => {
    const sides = { shadow: [tick(1, PLANNED)], live_gaps: [gap('coalesced', 1)] }
    expect(verdicts(sides)).toEqual(['only_tick'])
    const terms = new Map([['digest', { ...TERMS, overlap: 'queue' as const }]])
    expect(verdicts({ ...sides, terms })).toEqual(['ignored overlap'])
  })

  test('a live run that was queued behind another, where the shadow only plans', () => {
    const live = [legacy(1, { finished_at: T0 + 9 * MINUTE }), legacy(5, later(5, 4 * MINUTE))]
    const shadow = [tick(1, PLANNED), tick(5, PLANNED)]
    const terms = new Map([['digest', { ...TERMS, overlap: 'queue' as const }]])
    expect(verdicts({ live, shadow, terms })).toEqual(['match', 'ignored overlap'])
    expect(verdicts({ live, shadow })).toEqual(['match', 'late'])
    expect(verdicts({ live: live.slice(1), shadow: shadow.slice(1), terms })).toEqual(['late'])
    const waiting = [
      tick(1, { ...PLANNED, finished_at: T0 + 9 * MINUTE }),
      tick(5, { ...PLANNED, ...later(5, 4 * MINUTE) }),
    ]
    expect(verdicts({ live: [legacy(1), legacy(5)], shadow: waiting, terms })).toEqual(['match', 'late'])
  })

  test('a skip while a run whose holder had died was in flight, on either side', () => {
    const lost = attempt('legacy', T0 + MINUTE, { outcome: 'lost', ended_at: T0 + 4 * MINUTE })
    const run = { attempts: [lost, attempt('legacy', T0 + 4 * MINUTE)], finished_at: T0 + 5 * MINUTE }
    const sides = { live: [legacy(1, run)], live_gaps: [gap('overlap', 2, 7)] }
    expect(verdicts({ ...sides, shadow: [1, 3, 7].map((minute) => tick(minute)) })).toEqual([
      'match',
      'ignored holder_died',
      'only_tick',
    ])
    const inShadow = { live: [legacy(1), legacy(3)], shadow_gaps: [gap('overlap', 3)] }
    const died = tick(1, { ...run, attempts: [{ ...lost, path: 'tick' }] })
    expect(verdicts({ ...inShadow, shadow: [died] })).toEqual(['match', 'ignored holder_died'])
    expect(verdicts({ ...inShadow, shadow: [{ ...died, status: 'cancelled' }] })).toContain('only_legacy')
  })

  test('a failure for want of a holder that lived', () => {
    const attempts = [attempt('legacy', T0 + MINUTE, { outcome: 'lost' })]
    expect(verdicts({ live: [legacy(1, { ...FAILED, attempts })], shadow: [tick(1)] })).toEqual([
      'ignored holder_died',
    ])
  })

  test('nothing yet while the other side has no free slot: it is still to come', () => {
    expect(verdicts({ shadow: [tick(1)], live_gaps: [gap('undecided', 1, 9)] })).toEqual(['pending'])
  })

  test('what a rule names, on its job, until it ends', () => {
    const late = { live: [legacy(1)], shadow: [tick(1, later(1, TOLERANCE + MINUTE))] }
    expect(verdicts({ ...late, rules: [rule()] })).toEqual(['ignored known'])
    expect(verdicts({ ...late, rules: [rule({ job: '*' })] })).toEqual(['ignored known'])
    expect(verdicts({ ...late, rules: [rule({ job: 'other' })] })).toEqual(['late'])
    expect(verdicts({ ...late, rules: [rule({ verdict: 'only_tick' })] })).toEqual(['late'])
    expect(verdicts({ ...late, rules: [rule({ until: NOW })] })).toEqual(['late'])
  })

  test('no second difference behind one that is: it becomes the verdict', () => {
    const sides = { live: [legacy(1)], shadow: [tick(1, { ...OTHER, ...later(1, TOLERANCE + MINUTE) })] }
    expect(verdicts({ ...sides, rules: [rule()] })).toEqual(['intents_differ'])
  })
})
