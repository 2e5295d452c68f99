import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Job } from '../../../functions/job/job.ts'
import { parseJob } from '../../../functions/job/parse.ts'
import { toFields } from '../../../functions/job/stored.ts'
import { jobRef } from '../../../functions/lease/held.ts'
import { histories, jobs, type Step } from './arbitraries.ts'
import { T0 } from './fixtures.ts'
import { Life } from './life.ts'

const RUNS = { numRuns: 400 }

/** A job after everything that happened to it. */
function lived(job: Job, steps: readonly Step[]): Life {
  const life = new Life(job)
  for (const step of steps) life.step(step)
  return life
}

test('a look at a job whose instant has come always changes it, and looks come to an end', () => {
  // `Life` throws at a look that changed nothing, and after 500 looks in a row.
  fc.assert(
    fc.property(jobs, histories, (job, steps) => {
      const life = lived(job, steps)
      life.lookOn()
      expect(life.isDue()).toBe(false)
    }),
    RUNS,
  )
})

test('every occurrence gets exactly one outcome, in no other order than its own within a range', () => {
  fc.assert(
    fc.property(jobs, histories, (job, steps) => {
      const life = lived(job, steps)
      const end = life.job.next_run_at ?? life.now + 1
      const first = job.schedule.kind === 'at' ? job.schedule.at : T0 + 1
      expect(life.outcomes.toSorted((a, b) => a - b)).toEqual(life.between(first, end - 1))
    }),
    RUNS,
  )
})

test('there are never more entries than slots, a run never has two, and the fence never goes back', () => {
  // `Life` throws where one of the first two is broken.
  fc.assert(
    fc.property(jobs, histories, (job, steps) => {
      const { fences } = lived(job, steps)
      expect(fences).toEqual([...new Set(fences)].toSorted((a, b) => a - b))
    }),
    RUNS,
  )
})

test('no run is attempted more often than it may be', () => {
  fc.assert(
    fc.property(jobs, histories, (job, steps) => {
      const { job: after } = lived(job, steps)
      for (const { attempt } of after.entries)
        expect(attempt).toBeLessThanOrEqual(after.policies.max_attempts)
    }),
    RUNS,
  )
})

test('runs that have ended are counted once each: succeeded, failed, or given way', () => {
  fc.assert(
    fc.property(jobs, histories, (job, steps) => {
      const { job: after, outcomes } = lived(job, steps)
      const { runs, succeeded, failed, skipped } = after.totals
      expect(runs + after.entries.length + skipped).toBe(outcomes.length)
      expect(succeeded + failed).toBeLessThanOrEqual(runs)
    }),
    RUNS,
  )
})

test('a job is read back from its stored fields as it was', () => {
  fc.assert(
    fc.property(jobs, histories, (job, steps) => {
      const { job: after } = lived(job, steps)
      const read = parseJob({ ref: jobRef(after.name), fields: toFields(after) })
      expect(read).toEqual({ ok: true, value: after })
    }),
    RUNS,
  )
})
