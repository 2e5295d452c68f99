import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Path } from '../../../functions/rollout/stage.ts'
import type { Gap, Seen } from '../../../functions/shadow/compare/side.ts'
import { type Compared, compare } from '../../../functions/shadow/compare.ts'
import { attempt, comparing, intents, NOW, SECOND, seen, T0, TOLERANCE } from './fixtures.ts'

const JOBS = ['digest', 'mail'] as const
/** Half-minutes after `T0`, so that what has no partner by id often has one near by; 0 is before the window. */
const HALVES = 60
const FACTS = { minLength: 1, maxLength: 40, selector: ({ job, half }: Place) => `${job} ${half}` }

interface Place {
  readonly job: string
  readonly half: number
}

type Fact = Place & Pick<Seen, 'status' | 'intents'> & { readonly late: number; readonly died: boolean }

const fact: fc.Arbitrary<Fact> = fc.record({
  job: fc.constantFrom(...JOBS),
  half: fc.integer({ min: 0, max: HALVES }),
  late: fc.constantFrom(0, SECOND, 100 * SECOND, 200 * SECOND),
  status: fc.constantFrom('succeeded' as const, 'succeeded' as const, 'failed' as const, 'running' as const),
  intents: fc.constantFrom(intents('post'), intents('mail')),
  died: fc.boolean(),
})
const facts = fc.uniqueArray(fact, FACTS)
const gaps: fc.Arbitrary<Gap[]> = fc.array(
  fc
    .record({
      job: fc.constantFrom(...JOBS),
      reason: fc.constantFrom('overlap', 'expired', 'coalesced', 'paused', 'undecided'),
      half: fc.integer({ min: 0, max: HALVES }),
      length: fc.nat(5),
    })
    .map(({ job, reason, half, length }) => ({
      job,
      reason,
      first_at: instant(half),
      last_at: instant(half + length),
    })),
  { maxLength: 4 },
)

function instant(half: number): number {
  return T0 + half * 30 * SECOND
}

function runOf(path: Path, { job, half, late, status, intents, died }: Fact): Seen {
  const started_at = instant(half) + late
  const outcome = died ? 'lost' : status === 'failed' ? 'failed' : 'succeeded'
  const finished_at = status === 'running' ? null : started_at + 90 * SECOND
  const attempts = [attempt(path, started_at, { outcome })]
  return seen(path, half / 2, { job, status, intents, started_at, finished_at, attempts })
}

function ended(found: readonly Fact[]): Fact[] {
  return found.map((one) => ({
    ...one,
    status: one.status === 'running' ? 'failed' : one.status,
    died: false,
  }))
}

function inWindow({ scheduled_for }: Seen): boolean {
  return scheduled_for > T0 && scheduled_for <= NOW - TOLERANCE
}

function runsIn(found: readonly Compared[]): Seen[] {
  return found.flatMap(({ legacy, tick }) => [legacy, tick]).filter((run) => run !== null)
}

const other = (path: Path): Path => (path === 'tick' ? 'legacy' : 'tick')

function relabelled(run: Seen): Seen {
  return { ...run, attempts: run.attempts.map((one) => ({ ...one, path: other(one.path) })) }
}

const OTHER_NAME: Partial<Record<Compared['verdict'], string>> = {
  only_legacy: 'only_tick',
  only_tick: 'only_legacy',
}

describe('a comparison', () => {
  test('of identical sides agrees on every run, whatever the order', () => {
    const shuffled = facts.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    )
    fc.assert(
      fc.property(shuffled, ([list, order]) => {
        const live = ended(list).map((one) => runOf('legacy', one))
        const found = compare(comparing({ live, shadow: ended(order).map((one) => runOf('tick', one)) }))
        expect(found.map(({ verdict }) => verdict)).toEqual(live.filter(inWindow).map(() => 'match'))
      }),
    )
  })

  test('finds exactly the one difference that was planted, by its name', () => {
    const PLANTS: Record<string, (run: Seen) => Seen[]> = {
      only_legacy: () => [],
      only_tick: (run) => [run, { ...run, id: `${run.id}x`, scheduled_for: instant(HALVES + 9) }],
      late: (run) => [{ ...run, started_at: run.started_at + TOLERANCE + 1 }],
      intents_differ: (run) => [{ ...run, intents: intents('planted') }],
      outcome_differs: (run) => [{ ...run, status: run.status === 'failed' ? 'succeeded' : 'failed' }],
    }
    const plant = fc.constantFrom(...Object.keys(PLANTS))
    fc.assert(
      fc.property(facts, fc.nat(), plant, (list, pick, name) => {
        const inside = ended(list).map((one) => ({ ...one, half: one.half + 1 }))
        const [live, shadow] = [
          inside.map((one) => runOf('legacy', one)),
          inside.map((one) => runOf('tick', one)),
        ]
        const index = pick % shadow.length
        shadow.splice(index, 1, ...(PLANTS[name]?.(shadow[index]!) ?? []))
        const found = compare(comparing({ live, shadow })).map(({ verdict }) => verdict)
        expect(found.filter((verdict) => verdict !== 'match')).toEqual([name])
      }),
    )
  })

  test('gives every run of the window to exactly one verdict', () => {
    fc.assert(
      fc.property(facts, facts, gaps, gaps, (a, b, live_gaps, shadow_gaps) => {
        const live = a.map((one) => runOf('legacy', one))
        const shadow = b.map((one) => runOf('tick', one))
        const found = compare(comparing({ live, shadow, live_gaps, shadow_gaps }))
        const judged = runsIn(found)
        expect(new Set(judged).size).toBe(judged.length)
        expect(judged).toEqual(expect.arrayContaining([...live, ...shadow].filter(inWindow)))
        expect(found.every((one) => runsIn([one]).some(inWindow))).toBe(true)
      }),
    )
  })

  test('says the same when the live side and the shadow change places', () => {
    fc.assert(
      fc.property(facts, facts, gaps, gaps, (a, b, legacy_gaps, tick_gaps) => {
        const [legacy, tick] = [a.map((one) => runOf('legacy', one)), b.map((one) => runOf('tick', one))]
        const one = { live: legacy, shadow: tick, live_gaps: legacy_gaps, shadow_gaps: tick_gaps }
        const two = { live: tick, shadow: legacy, live_gaps: tick_gaps, shadow_gaps: legacy_gaps }
        expect(inOrder(compare(comparing({ ...two, shadow_path: 'legacy' })))).toEqual(
          inOrder(compare(comparing(one))),
        )
      }),
    )
  })

  test('says the same of each side when the paths change their names', () => {
    fc.assert(
      fc.property(facts, facts, gaps, gaps, (a, b, live_gaps, shadow_gaps) => {
        const [live, shadow] = [a.map((one) => runOf('legacy', one)), b.map((one) => runOf('tick', one))]
        const renamed = { live: live.map(relabelled), shadow: shadow.map(relabelled) }
        const shadow_path = 'legacy' as const
        const expected = compare(comparing({ live, shadow, live_gaps, shadow_gaps })).map(
          ({ verdict, rule }) => [OTHER_NAME[verdict] ?? verdict, rule],
        )
        const found = compare(comparing({ ...renamed, live_gaps, shadow_gaps, shadow_path }))
        expect(found.map(({ verdict, rule }) => [verdict, rule])).toEqual(expected)
      }),
    )
  })
})

function inOrder(found: readonly Compared[]): Compared[] {
  return found.toSorted((x, y) => (keyOf(x) < keyOf(y) ? -1 : 1))
}

function keyOf({ legacy, tick }: Compared): string {
  return `${legacy?.id} ${tick?.id}`
}
