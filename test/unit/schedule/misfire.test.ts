import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DEFAULT_POLICIES, type Policies } from '../../../functions/job/policies.ts'
import { judge, type Question } from '../../../functions/schedule/misfire.ts'

const NOW = 100_000

/** Judges occurrences given in seconds, looked at in second 100; `full` is (since, until]. */
function verdicts(
  policies: Partial<Policies>,
  due: readonly number[],
  full: readonly [number, number] | null = null,
  truncated = false,
): string {
  return judge({
    due: due.map((second) => second * 1000),
    truncated,
    now: NOW,
    full: full === null ? null : { since: full[0] * 1000, until: full[1] * 1000 },
    policies: { ...DEFAULT_POLICIES, ...policies },
  }).join(' ')
}

describe('what fell due while nobody looked', () => {
  test('is one run for all, at the latest', () => {
    expect(verdicts({}, [10, 20, 30])).toBe('coalesced coalesced run')
  })

  test('a punctual occurrence is the simplest case', () => {
    expect(verdicts({}, [100])).toBe('run')
    expect(verdicts({ catchup_window_seconds: 0 }, [100])).toBe('run')
  })

  test('with `all` each is run, in order', () => {
    expect(verdicts({ misfire: 'all' }, [10, 20, 30])).toBe('run run run')
  })

  test('with `all` the last ones up to the limit are run, the older ones coalesced', () => {
    expect(verdicts({ misfire: 'all', catchup_limit: 2 }, [10, 20, 30])).toBe('coalesced run run')
  })

  test('what is older than the window is expired, to the millisecond', () => {
    expect(verdicts({ catchup_window_seconds: 10 }, [89, 89.999, 90, 95])).toBe(
      'expired expired coalesced run',
    )
    expect(verdicts({ catchup_window_seconds: 10 }, [50, 60])).toBe('expired expired')
  })

  test('the limit counts only what the window leaves', () => {
    const policies = { misfire: 'all', catchup_limit: 2, catchup_window_seconds: 25 } as const
    expect(verdicts(policies, [60, 70, 80, 90, 100])).toBe('expired expired coalesced run run')
  })
})

describe('what fell due while no slot was free', () => {
  test('is an overlap, and what fell due outside that stretch is none', () => {
    expect(verdicts({ misfire: 'all' }, [10, 20, 30, 40], [10, 30])).toBe('run overlap overlap run')
  })

  test('is an overlap also when it has expired since: the first reason counts', () => {
    expect(verdicts({ catchup_window_seconds: 5 }, [10], [0, 20])).toBe('overlap')
  })

  test('with `queue` the latest is run, the others are coalesced, also beside misfires that are all run', () => {
    expect(verdicts({ overlap: 'queue' }, [10, 20, 30], [0, 50])).toBe('coalesced coalesced run')
    const all = { overlap: 'queue', misfire: 'all' } as const
    expect(verdicts(all, [10, 20, 30, 60, 70], [0, 50])).toBe('coalesced coalesced run run run')
  })

  test('with `queue` and `coalesce` one run is made of what waited and what was missed', () => {
    expect(verdicts({ overlap: 'queue' }, [10, 20, 60], [0, 50])).toBe('coalesced coalesced run')
  })

  test('with `queue` what has waited longer than the window is expired', () => {
    expect(verdicts({ overlap: 'queue', catchup_window_seconds: 20 }, [10, 90], [0, 95])).toBe('expired run')
  })

  test('with `replace` it is a misfire like any other', () => {
    expect(verdicts({ overlap: 'replace' }, [10, 20, 30], [0, 50])).toBe('coalesced coalesced run')
  })
})

test('where more are due than were listed, none of the listed is the latest', () => {
  expect(verdicts({}, [10, 20], null, true)).toBe('coalesced coalesced')
  expect(verdicts({ overlap: 'queue' }, [10, 20], [0, 50], true)).toBe('coalesced coalesced')
  expect(verdicts({ catchup_window_seconds: 85 }, [10, 20], [18, 50], true)).toBe('expired overlap')
})

describe('for any occurrences and any policy', () => {
  const question: fc.Arbitrary<Question> = fc
    .record({
      due: fc.uniqueArray(fc.integer({ min: 1, max: 100 }), { maxLength: 12 }),
      truncated: fc.boolean(),
      since: fc.integer({ min: 0, max: 100 }),
      length: fc.option(fc.integer({ min: 0, max: 100 })),
      overlap: fc.constantFrom('skip' as const, 'queue' as const, 'replace' as const),
      misfire: fc.constantFrom('coalesce' as const, 'all' as const),
      window: fc.option(fc.integer({ min: 0, max: 100 })),
      catchup_limit: fc.integer({ min: 1, max: 5 }),
    })
    .map(({ due, truncated, since, length, overlap, misfire, window, catchup_limit }) => ({
      due: due.toSorted((a, b) => a - b).map((second) => second * 1000),
      truncated,
      now: NOW,
      full: length === null ? null : { since: since * 1000, until: (since + length) * 1000 },
      policies: { ...DEFAULT_POLICIES, overlap, misfire, catchup_window_seconds: window, catchup_limit },
    }))

  test('each gets one verdict', () => {
    fc.assert(
      fc.property(question, (asked) => {
        expect(judge(asked)).toHaveLength(asked.due.length)
      }),
    )
  })

  test('the latest that neither overlaps nor is expired is run, if the list is whole', () => {
    fc.assert(
      fc.property(question, (asked) => {
        const judged = judge(asked)
        const waiting = judged.filter((verdict) => verdict === 'run' || verdict === 'coalesced')
        if (waiting.length > 0) expect(waiting.at(-1)).toBe(asked.truncated ? 'coalesced' : 'run')
      }),
    )
  })

  test('`coalesce` runs at most one, `all` at most its limit and one that was queued', () => {
    fc.assert(
      fc.property(question, (asked) => {
        const runs = judge(asked).filter((verdict) => verdict === 'run').length
        const { misfire, catchup_limit, overlap } = asked.policies
        const most = misfire === 'coalesce' ? 1 : catchup_limit + (overlap === 'queue' ? 1 : 0)
        expect(runs).toBeLessThanOrEqual(most)
      }),
    )
  })

  test('only `skip` makes overlaps, and only in the stretch without a free slot', () => {
    fc.assert(
      fc.property(question, (asked) => {
        judge(asked).forEach((verdict, index) => {
          const at = asked.due[index]!
          const inside = asked.full !== null && asked.full.since < at && at <= asked.full.until
          expect(verdict === 'overlap').toBe(inside && asked.policies.overlap === 'skip')
        })
      }),
    )
  })
})
