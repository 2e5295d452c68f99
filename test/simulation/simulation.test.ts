import { expect, test } from 'vitest'
import { FAULTS } from './faults.ts'
import { BEHAVIOURS } from './jobs.ts'
import { TRANSITIONS } from './laws.ts'
import { simulate, TROUBLES } from './simulate.ts'
import { told } from './told.ts'

const SEEDS = 200

test(`the laws hold at every step of ${SEEDS} simulated worlds, and every trouble occurred in them`, async () => {
  const counts = new Map<string, number>()
  for (let seed = 1; seed <= SEEDS; seed++) {
    const simulated = await simulate(seed, true)
    expect(simulated.violations.map((violation) => told(seed, violation))).toEqual([])
    for (const [what, count] of simulated.counts) counts.set(what, (counts.get(what) ?? 0) + count)
  }
  const missing = [...FAULTS, ...BEHAVIOURS, ...TRANSITIONS, ...TROUBLES].filter((what) => !counts.has(what))
  expect(missing).toEqual([])
}, 170_000)

test('a seed replays: the same world, step for step', async () => {
  expect(await simulate(7)).toEqual(await simulate(7))
})
