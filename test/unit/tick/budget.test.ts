import { describe, expect, test } from 'vitest'
import { type Budget, type Phase, phaseOf, type Standing } from '../../../functions/tick/budget.ts'

const BUDGET: Budget = { claims_seconds: 50, dwells: false, request_seconds: 295 }
const DWELL: Budget = { ...BUDGET, dwells: true }

/** Seconds elapsed, runs that live, those of them begun within the budget, and what the tick does then. */
const PHASES: [string, Budget, number, number, number, Phase][] = [
  ['claims from the beginning, and ends when nothing is due', BUDGET, 0, 0, 0, 'claim'],
  ['waits for what falls due while something runs', BUDGET, 49.999, 1, 1, 'dwell'],
  ['of a lane with dwell waits within its budget', DWELL, 49.999, 0, 0, 'dwell'],
  ['begins nothing past its budget', BUDGET, 50, 0, 0, 'closed'],
  ['of a lane with dwell begins nothing past its budget', DWELL, 50, 0, 0, 'closed'],
  ['goes on past its budget while a run begun before lives', BUDGET, 50, 2, 1, 'dwell'],
  ['of a lane with dwell does so too', DWELL, 294.999, 1, 1, 'dwell'],
  ['does not go on for runs begun past its budget', BUDGET, 60, 2, 0, 'closed'],
  ['begins nothing past the request’s time, whatever lives', BUDGET, 295, 2, 2, 'closed'],
  ['of a lane with dwell begins nothing then either', DWELL, 295, 1, 1, 'closed'],
]

describe('a tick', () => {
  test.each(PHASES)('%s', (_what, budget, seconds, living, living_since_budget, phase) => {
    const standing: Standing = { elapsed_ms: seconds * 1000, living, living_since_budget, stopping: false }
    expect(phaseOf(budget, standing)).toBe(phase)
  })

  test.each(PHASES)(
    'begins nothing once the process stops, where it %s',
    (_what, budget, seconds, living, since) => {
      const standing = { elapsed_ms: seconds * 1000, living, living_since_budget: since, stopping: true }
      expect(phaseOf(budget, standing)).toBe('closed')
    },
  )
})
