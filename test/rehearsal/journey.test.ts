import { afterAll, describe, expect, it } from 'vitest'
import type { Path } from '../../functions/rollout/stage.ts'
import { WITHOUT_FIRESTORE } from '../support/firestore.ts'
import { type Books, readBooks } from './books.ts'
import { wrongs } from './judge.ts'
import { handovers } from './overlap.ts'
import { type Era, openPlace, type Place } from './place.ts'

const STORAGES = WITHOUT_FIRESTORE ? (['json'] as const) : (['json', 'firestore'] as const)
const BEGINNING = { ROLLOUT_STAGE: '0', ROLLOUT_LEGACY_LOOP: 'on', ROLLOUT_LEGACY_POLL_SECONDS: '1' }

const FORWARD = ['advance', '--apply', '--force', '--reason', 'rehearsal', '--to']
const forward = (to: number, ...more: readonly string[]) => [...FORWARD, String(to), ...more]

/** Each move, and a path that performs at the stage to which it leads. */
const MOVES: readonly (readonly [readonly string[], Path])[] = [
  [forward(1), 'legacy'],
  [forward(2), 'tick'],
  [forward(3), 'legacy'],
  [forward(3, '--canary-jobs', 'second,pair'), 'tick'],
  [forward(4), 'tick'],
  [['rollback', '--to', '3', '--apply'], 'legacy'],
  [forward(4, '--shadow'), 'tick'],
  [forward(5), 'tick'],
]

const places: Place[] = []
afterAll(() => Promise.all(places.map((place) => place.end())))

/** One move, which has to end well, with ticks and a one-off job as soon as the new revision serves. */
async function move(place: Place, args: readonly string[]): Promise<void> {
  const begun: Promise<void>[] = []
  const { code, lines } = await place.rollout(args, (line) => {
    if (/revision \S+ serves/.test(line)) begun.push(place.stack.tickNow(), place.sendOneOff('note'))
  })
  expect(code, lines.join('\n')).toBe(0)
  expect(begun, lines.join('\n')).toHaveLength(2)
  await Promise.all(begun)
  await place.performing()
}

/** The paths that made attempts between two moves, era by era. */
function pathsOf({ runs }: Books, eras: readonly Era[]): Set<Path>[] {
  const attempts = runs.flatMap((run) => run.attempts)
  return eras.flatMap(({ from, rollouts }, index) => {
    if (rollouts.length > 1) return []
    const until = eras[index + 1]?.from ?? Number.POSITIVE_INFINITY
    const own = attempts.filter(({ started_at }) => started_at >= from && started_at < until)
    return [new Set(own.map(({ path }) => path))]
  })
}

describe.concurrent('the whole journey, with jobs running all the while', () => {
  it.each(STORAGES)(
    'on %s loses no occurrence and repeats none, and each path has what its stage gives it',
    async (storage) => {
      const place = await openPlace({ storage, flags: BEGINNING, linger_ms: 2_500 })
      places.push(place)
      await place.performing()
      for (const [args] of MOVES) await move(place, args)
      await place.quiesce()
      await using store = await place.open()
      const books = await readBooks(store.documents)
      expect(wrongs(books, place.ledger.entries, place.eras)).toEqual([])
      expect(books.jobs).toHaveLength(5 + MOVES.length)
      expect(new Set(books.runs.map(({ job_type }) => job_type)).size).toBe(6)
      expect(books.rehearsed).toBeGreaterThan(0)
      const seen = pathsOf(books, place.eras)
      expect(seen).toHaveLength(MOVES.length + 1)
      for (const [index, [, path]] of MOVES.entries()) expect(seen[index + 1]).toContain(path)
      if (storage === 'firestore') {
        const moves = handovers(books).filter(({ stages: [from, to] }) => from !== to)
        const shared = moves.filter(({ both_ms, late }) => both_ms >= 1_000 && late > 1)
        expect(shared.length, JSON.stringify(moves)).toBeGreaterThan(2)
        expect(shared.reduce((sum, { both_ms }) => sum + both_ms, 0)).toBeGreaterThan(5_000)
      }
    },
    180_000,
  )
})
