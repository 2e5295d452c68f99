import { describe, expect, test } from 'vitest'
import { newRun, type Run, withAttempt, withDeath, withOutcome } from '../../../functions/job/run.ts'
import { LEASE, MINUTE, newMinutely, only, running, T0 } from './fixtures.ts'

const at = (minute: number) => T0 + minute * MINUTE
const job = running(newMinutely(), at(1), at(1.5))
const entry = only(job)
const again = { ...entry, fence: 2, attempt: 2, owner: 'b' }
const first = newRun(job, entry, at(1.5))

function ends(run: Run) {
  return run.attempts.map(({ fence, outcome, ended_at }) => [fence, outcome, ended_at])
}

describe('the record of a run', () => {
  test('begins with its first attempt and how late that was', () => {
    expect(first).toMatchObject({
      id: entry.run,
      status: 'running',
      lateness_ms: MINUTE / 2,
      started_at: at(1.5),
      finished_at: null,
      fence: 1,
      attempts: [{ attempt: 1, fence: 1, owner: 'a', ended_at: null, outcome: null }],
    })
  })

  test('keeps result and items of a success', () => {
    const items = { processed: 3, succeeded: 2, failed: 1 }
    const run = withOutcome(first, { kind: 'succeeded', result: '{"a":1}', items }, 'succeed', at(2))
    expect(run).toMatchObject({
      status: 'succeeded',
      result: '{"a":1}',
      items,
      error: null,
      finished_at: at(2),
    })
    expect(ends(run)).toEqual([[1, 'succeeded', at(2)]])
  })

  test('keeps the error of a failure, and ends', () => {
    const run = withOutcome(first, { kind: 'failed', error: 'no', items: null }, 'fail', at(2))
    expect(run).toMatchObject({ status: 'failed', error: 'no', result: null, finished_at: at(2) })
    expect(ends(run)).toEqual([[1, 'failed', at(2)]])
  })

  test('goes on to the next attempt after one that failed, and the success forgets the error', () => {
    const failed = withOutcome(
      first,
      { kind: 'retry', error: 'no', items: null, after_seconds: null },
      'retry',
      at(2),
    )
    expect(failed).toMatchObject({ status: 'retry', error: 'no', finished_at: null })
    const second = withAttempt(failed, again, at(3))
    expect(second).toMatchObject({ status: 'running', fence: 2, lateness_ms: MINUTE / 2 })
    const done = withOutcome(second, { kind: 'succeeded', result: null, items: null }, 'succeed', at(4))
    expect(done).toMatchObject({ status: 'succeeded', error: null })
    expect(ends(done)).toEqual([
      [1, 'failed', at(2)],
      [2, 'succeeded', at(4)],
    ])
  })

  test('says of an attempt that it was given back', () => {
    const run = withOutcome(first, { kind: 'cancelled', error: 'stopped', items: null }, 'give_back', at(2))
    expect([run.status, ...ends(run)]).toEqual(['retry', [1, 'given_back', at(2)]])
  })

  test('stays open after an attempt that was left to run out, whose end is not told twice', () => {
    const left = withOutcome(first, { kind: 'unresponsive', error: 'slow', items: null }, 'abandon', at(2))
    expect([left.status, ...ends(left)]).toEqual(['running', [1, 'failed', at(2)]])
    const dead = withDeath(left, { ...entry, trouble: 'slow' }, 'failed', at(7))
    expect(dead).toMatchObject({ status: 'failed', error: 'slow', finished_at: at(7) })
    expect(ends(dead)).toEqual([[1, 'failed', at(2)]])
  })

  test.each([
    ['retry', 'retry', null],
    ['failed', 'failed', at(7)],
    ['replaced', 'cancelled', at(7)],
  ] as const)('after its holder died (%s) is %s', (fate, status, finished_at) => {
    const run = withDeath(first, entry, fate, at(7))
    expect(run).toMatchObject({ status, finished_at })
    expect(ends(run)).toEqual([[1, 'lost', at(7)]])
    expect(run.error).toMatch(fate === 'replaced' ? /later occurrence/ : /holder a did not come back/)
  })

  test('keeps the last 30 attempts', () => {
    let run = first
    for (let fence = 2; fence <= 40; fence++) run = withAttempt(run, { ...entry, fence }, at(fence))
    expect(run.attempts.map(({ fence }) => fence)).toEqual(Array.from({ length: 30 }, (_, n) => n + 11))
  })

  test('expires long after the lease', () => {
    expect(first.expire_at).toBeGreaterThan(entry.until + LEASE)
  })
})
