import { describe, expect, test } from 'vitest'
import type { Entry } from '../../../functions/job/job.ts'
import { release } from '../../../functions/job/release.ts'
import { look, MINUTE, newMinutely, only, running, T0 } from './fixtures.ts'

const all = () => true
const NOW = T0 + 2 * MINUTE

describe('a release', () => {
  test('lets the run go on with its next attempt, and keeps why', () => {
    const job = running(newMinutely(), T0 + MINUTE)
    const plan = release(job, look(NOW), all, 'it hangs')
    expect(plan.deaths).toMatchObject([{ fate: 'retry', entry: { trouble: 'it hangs', fence: 1 } }])
    expect(only(plan.job)).toMatchObject({ state: 'retry', run: only(job).run, attempt: 1 })
    expect(plan.attempt).toBeNull()
  })

  test('ends a run that has no attempt left as failed', () => {
    const plan = release(running(newMinutely({ max_attempts: 1 }), T0 + MINUTE), look(NOW), all, 'why')
    expect(plan.deaths).toMatchObject([{ fate: 'failed' }])
    expect(plan.job).toMatchObject({ entries: [], totals: { runs: 1, failed: 1 } })
  })

  test('of one run leaves the others to their holders', () => {
    const two = running(running(newMinutely({ max_instances: 2 }), T0 + MINUTE), T0 + 2 * MINUTE)
    const [first, second] = two.entries
    const plan = release(two, look(NOW + 1), ({ run }) => run === second?.run, 'why')
    expect(plan.deaths.map(({ entry }) => entry.run)).toEqual([second?.run])
    expect(plan.job.entries.find(({ run }) => run === first?.run)).toEqual(first)
  })

  test('of a run that only waits for another attempt cancels it', () => {
    const waiting = release(running(newMinutely(), T0 + MINUTE), look(NOW), all, 'it hangs').job
    const { job, deaths } = release(waiting, look(NOW + 1), all, 'for good')
    expect(deaths).toMatchObject([{ fate: 'cancelled', entry: { trouble: 'for good' } }])
    expect(job).toMatchObject({ entries: [], last_run: { outcome: 'cancelled', error: 'for good' } })
  })

  test('of another run or of an idle job takes nothing from anybody', () => {
    const job = running(newMinutely(), T0 + MINUTE)
    for (const [one, isMeant] of [
      [job, ({ run }: Entry) => run === 'digest@other'],
      [newMinutely(), all],
    ] as const) {
      const plan = release(one, look(NOW), isMeant, 'again')
      expect(plan.deaths).toEqual([])
      expect(plan.job.entries).toEqual(one.entries)
    }
  })

  test('also lets a run go that its target had taken', () => {
    const job = running(newMinutely(), T0 + MINUTE)
    const taken = { ...job, entries: [{ ...only(job), state: 'callback' as const, token: 'hash' }] }
    const plan = release(taken, look(NOW), all, 'why')
    expect(only(plan.job)).toMatchObject({ state: 'retry', token: null })
  })
})
