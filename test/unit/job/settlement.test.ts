import { describe, expect, test } from 'vitest'
import { pause } from '../../../functions/job/definition.ts'
import type { Job } from '../../../functions/job/job.ts'
import { hear, resume } from '../../../functions/job/lifecycle.ts'
import type { Outcome } from '../../../functions/job/outcome.ts'
import { type Settlement, settlement } from '../../../functions/job/settlement.ts'
import { MINUTE, minutes, newMinutely, noChance, only, running, short, T0 } from './fixtures.ts'

const at = (minute: number) => T0 + minute * MINUTE

const SUCCEEDED: Outcome = { kind: 'succeeded', result: '1', items: null }
const FAILED: Outcome = { kind: 'failed', error: 'never', items: null }
const RETRY: Outcome = { kind: 'retry', error: 'not now', items: null, after_seconds: null }
const CANCELLED: Outcome = { kind: 'cancelled', error: 'stopped', items: null }
const UNRESPONSIVE: Outcome = { kind: 'unresponsive', error: 'unresponsive: slow', items: null }

/** Settles the only entry at a minute. */
function settleAt(job: Job, outcome: Outcome, minute: number): Settlement {
  const settled = settlement(job, only(job), outcome, at(minute), noChance)
  if (settled === null) throw new Error('lost')
  return settled
}

/** The job with its first run, of minute 1, in the attempt given. */
function inAttempt(attempt: number, policies: Parameters<typeof newMinutely>[0] = {}): Job {
  const job = running(newMinutely(policies), at(1))
  return { ...job, entries: [{ ...only(job), attempt }] }
}

describe('a run that has ended', () => {
  test('frees its slot, is counted and remembered as the last', () => {
    const { job, event, retry_at } = settleAt(inAttempt(1), SUCCEEDED, 1.5)
    expect([event.kind, retry_at, job.entries]).toEqual(['succeed', null, []])
    expect(job.totals).toMatchObject({ runs: 1, succeeded: 1, failed: 0 })
    expect(job.last_run).toEqual({
      run: only(inAttempt(1)).run,
      outcome: 'succeeded',
      began_at: at(1),
      ended_at: at(1.5),
      error: null,
      failures: 0,
      failing_since: null,
    })
  })

  test('in failure says why', () => {
    const { job } = settleAt(inAttempt(1), FAILED, 1.5)
    const failing = { failures: 1, failing_since: job.last_run?.ended_at }
    expect(job.last_run).toMatchObject({ outcome: 'failed', error: 'never', ...failing })
    expect(job.totals).toMatchObject({ runs: 1, succeeded: 0, failed: 1 })
  })

  test('closes what fell due while it had the last slot, and no more', () => {
    const { job, skips } = settleAt(inAttempt(1), SUCCEEDED, 3.5)
    expect([skips.map(short), minutes(job.next_run_at)]).toEqual([['overlap 2-3 (2)'], 4])
    expect(job.totals.skipped).toBe(2)
  })

  test('leaves open what queued for its slot', () => {
    const { job, skips } = settleAt(inAttempt(1, { overlap: 'queue' }), SUCCEEDED, 3.5)
    expect([skips.map(short), minutes(job.next_run_at)]).toEqual([['coalesced 2-2 (1)'], 3])
  })

  test('closes nothing where another slot was free all the time', () => {
    const { job, skips } = settleAt(inAttempt(1, { max_instances: 2 }), SUCCEEDED, 2.5)
    expect([skips, minutes(job.next_run_at)]).toEqual([[], 2])
  })

  test('closes nothing of a paused job', () => {
    const { job, skips } = settleAt(pause(inAttempt(1), at(1.5)), SUCCEEDED, 3.5)
    expect([skips, minutes(job.next_run_at)]).toEqual([[], 2])
  })
})

describe('attempts', () => {
  test('that failed are followed by another after the policy’s pause, up to the most there may be', () => {
    const first = settleAt(inAttempt(1), RETRY, 2)
    expect([first.event.kind, minutes(first.retry_at)]).toEqual(['retry', 3])
    const second = settleAt(inAttempt(2), RETRY, 2)
    expect([second.event.kind, minutes(second.retry_at)]).toEqual(['retry', 4])
    const third = settleAt(inAttempt(3), RETRY, 2)
    expect([third.event.kind, third.retry_at, third.job.last_run?.error]).toEqual(['fail', null, 'not now'])
  })

  test('wait at least as long as the target asked for', () => {
    const patient = settleAt(inAttempt(1), { ...RETRY, after_seconds: 600 }, 2)
    expect(minutes(patient.retry_at)).toBe(12)
    const soon = settleAt(inAttempt(1), { ...RETRY, after_seconds: 1 }, 2)
    expect(minutes(soon.retry_at)).toBe(3)
  })

  test('keep their slot while they wait, so what falls due meanwhile is an overlap', () => {
    const { job } = settleAt(inAttempt(1), RETRY, 2)
    expect(only(job)).toMatchObject({ state: 'retry', until: at(3) })
    const taken = resume(job, only(job).run, { owner: 'b', path: 'tick', now: at(3) }, at(8))
    expect(settleAt(taken, SUCCEEDED, 3.5).skips.map(short)).toEqual(['overlap 3-3 (1)'])
  })

  test('that cannot help end at once', () => {
    expect(settleAt(inAttempt(1), FAILED, 2).event).toEqual({ kind: 'fail', error: 'never' })
  })

  test('given back may begin again at once and count as none', () => {
    const { job, event, retry_at } = settleAt(inAttempt(1), CANCELLED, 2)
    expect([event.kind, minutes(retry_at), only(job).attempt, only(job).give_backs]).toEqual([
      'give_back',
      2,
      0,
      1,
    ])
  })

  test('given back for the third time use up the last attempt', () => {
    const job = inAttempt(3)
    const thrice = { ...job, entries: [{ ...only(job), give_backs: 2 }] }
    const { event, job: after } = settleAt(thrice, CANCELLED, 2)
    expect(event).toEqual({ kind: 'fail', error: 'stopped' })
    expect(after.last_run).toMatchObject({ outcome: 'failed', error: 'stopped' })
  })

  test('that did not end when told to keep their slot, unrenewed, with what is known of them', () => {
    const job = inAttempt(1)
    const { event, retry_at, job: after } = settleAt(job, UNRESPONSIVE, 2)
    expect([event.kind, retry_at]).toEqual(['abandon', null])
    expect(only(after)).toEqual({ ...only(job), trouble: 'unresponsive: slow' })
    expect(after.totals.runs).toBe(0)
  })
})

describe('a holder has lost', () => {
  test('when its entry is gone', () => {
    expect(settlement(newMinutely(), only(inAttempt(1)), SUCCEEDED, at(2), noChance)).toBeNull()
  })

  test('when its entry waits for another attempt, or carries another fence', () => {
    const job = inAttempt(1)
    const { run } = only(job)
    const waiting = hear(job, run, 1, { kind: 'retry', error: '', at: at(2) }, at(1.5))!
    expect(settlement(waiting, only(job), SUCCEEDED, at(2), noChance)).toBeNull()
    const taken = resume(waiting, run, { owner: 'b', path: 'tick', now: at(2) }, at(7))
    expect(settlement(taken, only(job), SUCCEEDED, at(3), noChance)).toBeNull()
    expect(settlement(taken, only(taken), SUCCEEDED, at(3), noChance)).not.toBeNull()
  })
})
