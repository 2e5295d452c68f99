import { describe, expect, test } from 'vitest'
import { mayBeginBeside, type Suspicion, suspicionOf } from '../../../functions/job/suspect.ts'
import { newMinutely, only, running, T0 } from './fixtures.ts'

const KINDS: readonly Suspicion[] = ['none', 'suspect', 'last_chance']

describe('an attempt', () => {
  test.each([
    [false, 3, 'none'],
    [true, 2, 'suspect'],
    [true, 3, 'last_chance'],
  ] as const)('of three after a death (%s), the number %i, is: %s', (died, attempt, suspicion) => {
    const job = running(newMinutely({ max_attempts: 3 }), T0)
    expect(suspicionOf(job, { ...only(job), died, attempt })).toBe(suspicion)
  })

  test('that nobody distrusts begins beside any', () => {
    expect(mayBeginBeside(KINDS, 'none')).toBe(true)
  })
})

test('a last chance never runs beside another suspect, whichever of the two is first; all others go side by side', () => {
  const pairs = KINDS.flatMap((living) => KINDS.map((next) => [living, next] as const))
  const apart = pairs.filter(([living, next]) => !mayBeginBeside(['none', living], next))
  expect(apart).toEqual([
    ['suspect', 'last_chance'],
    ['last_chance', 'suspect'],
    ['last_chance', 'last_chance'],
  ])
})
