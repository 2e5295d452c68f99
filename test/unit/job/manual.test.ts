import { describe, expect, test } from 'vitest'
import { pause } from '../../../functions/job/definition.ts'
import { runNow } from '../../../functions/job/manual.ts'
import { LEASE, look, MINUTE, newMinutely, only, running, T0 } from './fixtures.ts'

const RUN = 'digest:1'

/** A job whose holder will not come back. */
const abandoned = (max_attempts: number) => running(newMinutely({ max_attempts }), T0 + MINUTE)

describe('a run that somebody asks for', () => {
  test('takes a free slot under a new fence, and moves nothing of the schedule', () => {
    const job = newMinutely()
    const { plan, refusal } = runNow(job, look(T0 + 5), RUN)
    expect(refusal).toBeNull()
    expect(plan.attempt).toEqual(only(plan.job))
    expect(only(plan.job)).toMatchObject({
      run: RUN,
      state: 'running',
      fence: job.fence + 1,
      attempt: 1,
      scheduled_for: T0 + 5,
      until: T0 + 5 + LEASE,
    })
    expect(plan.job.next_run_at).toBe(job.next_run_at)
    expect(plan.skips).toEqual([])
  })

  test('leaves an occurrence that is due to the next look', () => {
    const { plan } = runNow(newMinutely(), look(T0 + 3 * MINUTE), RUN)
    expect(plan.job.next_run_at).toBe(T0 + MINUTE)
  })

  test('runs a paused job too', () => {
    expect(runNow(pause(newMinutely(), T0), look(T0), RUN).refusal).toBeNull()
  })

  test('is refused without a free slot, and told which run has it until when', () => {
    const job = running(newMinutely(), T0 + MINUTE)
    const { plan, refusal } = runNow(job, look(T0 + 2 * MINUTE), RUN)
    expect(plan.attempt).toBeNull()
    expect(plan.job.entries).toEqual(job.entries)
    expect(refusal).toContain(only(job).run)
    expect(refusal).toContain(new Date(only(job).until).toISOString())
  })

  test('takes another slot where the job has one', () => {
    const job = running(newMinutely({ max_instances: 2 }), T0 + MINUTE)
    const { plan } = runNow(job, look(T0 + 2 * MINUTE), RUN)
    expect(plan.job.entries.map(({ run }) => run)).toEqual([only(job).run, RUN])
  })

  test('takes the slot of a dead holder whose attempts are used up; one that is tried again keeps it', () => {
    const late = look(T0 + MINUTE + LEASE + 1)
    const free = runNow(abandoned(1), late, RUN)
    expect(free.plan.deaths).toMatchObject([{ fate: 'failed' }])
    expect(free.plan.attempt?.run).toBe(RUN)
    const kept = runNow(abandoned(3), late, RUN)
    expect(kept.plan.deaths).toMatchObject([{ fate: 'retry' }])
    expect(kept.refusal).toContain('waits for its next attempt')
  })
})
