import { describe, expect, test } from 'vitest'
import { release } from '../../../functions/job/release.ts'
import { look, MINUTE, newMinutely, only, running, T0 } from './fixtures.ts'

const NOW = T0 + 2 * MINUTE

describe('a release', () => {
  test('lets the run go on with its next attempt, and keeps why', () => {
    const job = running(newMinutely(), T0 + MINUTE)
    const plan = release(job, look(NOW), null, 'it hangs')
    expect(plan.deaths).toMatchObject([{ fate: 'retry', entry: { trouble: 'it hangs', fence: 1 } }])
    expect(only(plan.job)).toMatchObject({ state: 'retry', run: only(job).run, attempt: 1 })
    expect(plan.attempt).toBeNull()
  })

  test('ends a run that has no attempt left as failed', () => {
    const plan = release(running(newMinutely({ max_attempts: 1 }), T0 + MINUTE), look(NOW), null, 'why')
    expect(plan.deaths).toMatchObject([{ fate: 'failed' }])
    expect(plan.job).toMatchObject({ entries: [], totals: { runs: 1, failed: 1 } })
  })

  test('of one run leaves the others to their holders', () => {
    const two = running(running(newMinutely({ max_instances: 2 }), T0 + MINUTE), T0 + 2 * MINUTE)
    const [first, second] = two.entries
    const plan = release(two, look(NOW + 1), second?.run ?? '', 'why')
    expect(plan.deaths.map(({ entry }) => entry.run)).toEqual([second?.run])
    expect(plan.job.entries.find(({ run }) => run === first?.run)).toEqual(first)
  })

  test('of a run that waits, of another run or of an idle job takes nothing from anybody', () => {
    const job = running(newMinutely(), T0 + MINUTE)
    const waiting = release(job, look(NOW), null, 'why').job
    for (const [one, run] of [
      [waiting, null],
      [job, 'digest@other'],
      [newMinutely(), null],
    ] as const) {
      const plan = release(one, look(NOW), run, 'again')
      expect(plan.deaths).toEqual([])
      expect(plan.job.entries).toEqual(one.entries)
    }
  })

  test('also lets a run go that its target had taken', () => {
    const job = running(newMinutely(), T0 + MINUTE)
    const taken = { ...job, entries: [{ ...only(job), state: 'callback' as const, token: 'hash' }] }
    const plan = release(taken, look(NOW), null, 'why')
    expect(only(plan.job)).toMatchObject({ state: 'retry', token: null })
  })
})
