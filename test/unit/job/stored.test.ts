import { describe, expect, test } from 'vitest'
import { pause } from '../../../functions/job/definition.ts'
import type { Job } from '../../../functions/job/job.ts'
import { hear } from '../../../functions/job/lifecycle.ts'
import { plan } from '../../../functions/job/plan.ts'
import { settlement } from '../../../functions/job/settlement.ts'
import { claimableAt, KEEP_MS, toFields } from '../../../functions/job/stored.ts'
import { look, MINUTE, minutes, newMinutely, noChance, only, running, T0 } from './fixtures.ts'

const at = (minute: number) => T0 + minute * MINUTE

function waiting(job: Job, minute: number): Job {
  return hear(job, only(job).run, 1, { kind: 'retry', error: '', at: at(minute) }, at(1))!
}

describe('a job is looked at again', () => {
  const one = running(newMinutely(), at(1))
  test.each<[string, Job, number | null]>([
    ['at its next occurrence, while nothing runs', newMinutely(), 1],
    ['when its only slot’s lease runs out', one, 6],
    ['at the occurrence, where a slot is left', running(newMinutely({ max_instances: 2 }), at(1)), 2],
    ['at the occurrence, where it may replace', running(newMinutely({ overlap: 'replace' }), at(1)), 2],
    ['when the lease runs out, where that comes before the occurrence', { ...one, next_run_at: at(9) }, 6],
    ['when a retry may begin', waiting(one, 1.5), 1.5],
    [
      'at the earliest of several leases',
      running(running(newMinutely({ max_instances: 2 }), at(1)), at(2)),
      6,
    ],
    ['not while it is paused', pause(newMinutely(), T0), null],
    ['not for the retry of a paused one', pause(waiting(one, 1.5), T0), null],
    ['for holders that may die, also when it is paused', pause(one, T0), 6],
    ['not when no occurrence is left', { ...newMinutely(), next_run_at: null }, null],
    ['for a run in flight, also when no occurrence is left', { ...one, next_run_at: null }, 6],
  ])('%s', (_when, job, expected) => {
    expect(minutes(claimableAt(job))).toBe(expected)
    expect(toFields(job).claimable_at).toBe(claimableAt(job))
  })
})

describe('for people a job', () => {
  const oneOff = newMinutely({ max_attempts: 1 }, { kind: 'one_off', schedule: { kind: 'at', at: at(1) } })
  const begun = plan(oneOff, look(at(2))).job
  const ended = (kind: 'succeeded' | 'failed') => {
    const outcome =
      kind === 'succeeded' ? { kind, result: null, items: null } : { kind, error: 'no', items: null }
    return settlement(begun, only(begun), outcome, at(3), noChance)!.job
  }

  test.each<[string, Job, object]>([
    [
      'is pending before its run',
      oneOff,
      { status: 'pending', attempts: 0, lease_until: null, schedule_at: at(1), expire_at: null },
    ],
    [
      'is running under its lease',
      begun,
      { status: 'running', attempts: 1, lease_until: at(7), max_attempts: 1 },
    ],
    [
      'is pending while a retry waits',
      waiting(running(newMinutely(), at(1)), 2),
      { status: 'pending', lease_until: null },
    ],
    ['is completed after success', ended('succeeded'), { status: 'completed', expire_at: at(3) + KEEP_MS }],
    ['is failed after failure', ended('failed'), { status: 'failed', expire_at: at(3) + KEEP_MS }],
    [
      'that recurs never expires',
      { ...newMinutely(), next_run_at: null },
      { expire_at: null, schedule_at: null },
    ],
  ])('%s', (_what, job, expected) => {
    expect(toFields(job)).toMatchObject({ damage: null, ...expected })
  })
})
