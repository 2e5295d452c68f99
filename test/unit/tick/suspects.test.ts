import { describe, expect, test } from 'vitest'
import { runId } from '../../../functions/job/job.ts'
import { bury, resume, start } from '../../../functions/job/lifecycle.ts'
import { toFields } from '../../../functions/job/stored.ts'
import { type EngineOptions, type Fresh, minutely, START, setup } from '../../support/engine.ts'

const SECOND = 1000

/** Jobs in the order of their names, each with a run whose holders have died so often, and what begins and ends when. */
async function yard(deaths: Readonly<Record<string, number>>, options: EngineOptions = {}) {
  const told: string[] = []
  const second = () => (fresh.clock.now() - START) / SECOND
  const names = Object.keys(deaths)
  const jobs = names.map((name) =>
    minutely(name, async ({ signal }) => {
      const began = second()
      await fresh.clock.sleep(10 * SECOND, signal)
      told.push(`${name} ${began}-${second()}`)
    }),
  )
  const fresh: Fresh = await setup(jobs, options)
  for (const name of names) await kill(fresh, name, deaths[name] ?? 0)
  await fresh.clock.advance(10 * SECOND)
  return { fresh, told }
}

/** The job's holder, and those after it, died in its first ten seconds. */
async function kill(fresh: Fresh, name: string, deaths: number): Promise<void> {
  if (deaths === 0) return
  const by = { owner: 'dead', path: 'tick', now: START } as const
  const run = runId(name, START)
  let job = start(await fresh.job(name), run, START, by, START + SECOND)
  for (let died = 1; died < deaths; died++)
    for (const entry of job.entries) job = resume(bury(job, entry), run, by, START + (died + 1) * SECOND)
  await fresh.edit(name, toFields(job))
}

describe('of what died together, a tick', () => {
  test('takes a last chance when no suspect lives, and the next when that has ended', async () => {
    const { fresh, told } = await yard({ a: 1, b: 2, c: 2, d: 1 })
    await fresh.passing(fresh.tick())
    expect(told.toSorted()).toEqual(['a 10-20', 'b 20-30', 'c 30-40', 'd 10-20'])
  })

  test('takes no suspect while a last chance lives', async () => {
    const { fresh, told } = await yard({ a: 2, b: 1 })
    await fresh.edit('a', { claimable_at: START })
    await fresh.passing(fresh.tick())
    expect(told).toEqual(['a 10-20', 'b 20-30'])
  })

  test('pages over what may not begin yet: it holds up nobody else', async () => {
    const { fresh, told } = await yard({ a: 2, b: 2, c: 2, d: 0 }, { settings: { concurrency: 2 } })
    await fresh.edit('d', { claimable_at: START + 9 * SECOND, next_run_at: START })
    await fresh.passing(fresh.tick({ limit: 2 }))
    expect(told).toEqual(['a 10-20', 'd 10-20'])
  })
})
