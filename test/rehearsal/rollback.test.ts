import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadConfig } from '../../functions/config.ts'
import { existingJobs, resumeAll } from '../../scripts/rollout/jobs.ts'
import { WITHOUT_FIRESTORE } from '../support/firestore.ts'
import { readBooks } from './books.ts'
import { killedAt } from './command.ts'
import { wrongs } from './judge.ts'
import { openPlace, type Place, type Told } from './place.ts'

const CUTOVER = { ROLLOUT_STAGE: '4', ROLLOUT_LEGACY_LOOP: 'off', ROLLOUT_LEGACY_POLL_SECONDS: '1' }

let place: Place

/** Has runs of three seconds under way, of a handler that heeds its signal and of one that does not. */
async function busy(): Promise<void> {
  const { ledger, stack } = place
  const begun = () => ledger.entries.filter(({ what }) => what === 'begun').length
  const before = begun()
  await Promise.all(['heeding', 'stubborn'].map((type) => place.sendOneOff(type)))
  await stack.tickNow()
  await ledger.until(() => begun() >= before + 2, 'both have begun', 20_000)
}

/** Kills the command at each of these lines in turn, then lets it come to its end. */
function broken(args: readonly string[], kills: readonly RegExp[]): Promise<Told> {
  return place.changing(async () => {
    for (const kill of kills) await killedAt(kill, place.folder, args)
    return place.rollout(args)
  })
}

/** All that a rollback is to bring about. */
async function standing() {
  const jobs = await existingJobs(place.platform)
  const { ROLLOUT_STAGE, ROLLOUT_LEGACY_LOOP, SCHEDULER_STORAGE } = await place.platform.flags()
  return {
    stage: ROLLOUT_STAGE,
    loop: ROLLOUT_LEGACY_LOOP,
    storage: SCHEDULER_STORAGE,
    scheduler: jobs.map(({ spec: { id }, state }) => `${id} ${state}`).toSorted(),
    revisions: await place.platform.revisions(),
  }
}

/** The time that it printed, in seconds. */
function timeOf({ lines }: Told): number {
  const [, seconds] = lines.join('\n').match(/^Rolled back in ([\d.]+) s: within the bound/m) ?? []
  return Number(seconds)
}

/** Those who hold a run by the ticks, by the store. */
async function heldByTicks(): Promise<string[]> {
  await using store = await place.open()
  const { jobs } = await readBooks(store.documents)
  const entries = jobs.flatMap((job) => job.entries)
  return entries.filter(({ path, state }) => path === 'tick' && state === 'running').map(({ run }) => run)
}

describe.skipIf(WITHOUT_FIRESTORE)('the ways back from stage 4, with runs under way', () => {
  beforeAll(async () => {
    place = await openPlace({ storage: 'firestore', flags: CUTOVER, linger_ms: 1_000 })
  })
  afterAll(() => place.end())

  it('full: killed as it deploys and as it waits, and run again, it leaves the legacy path alone with the jobs', async () => {
    await busy()
    const told = await broken(['rollback', '--apply'], [/^2\/\d deploy/, /^3\/\d wait/])
    expect(told.code, told.lines.join('\n')).toBe(0)
    expect(timeOf(told)).toBeLessThan(300)
    const after = await standing()
    expect(after).toEqual({
      stage: '1',
      loop: 'on',
      storage: 'firestore',
      scheduler: ['tickover-high-even PAUSED', 'tickover-high-odd PAUSED', 'tickover-low PAUSED'],
      revisions: [expect.objectContaining({ serves: true })],
    })
    expect(await heldByTicks()).toEqual([])
    await place.performing()
    expect((await place.rollout(['rollback', '--apply'])).code).toBe(0)
    expect(await standing()).toEqual(after)
  }, 60_000)

  it('partial: killed as it copies and as it deploys, and run again, the ticks go on with the state in the file', async () => {
    await place.changing(() => place.platform.deploy(CUTOVER).then(() => place.retired()))
    await resumeAll(place.platform, await place.platform.flags())
    await busy()
    const told = await broken(['rollback', '--partial', '--apply'], [/^ +to create [1-9]/, /^4\/\d deploy/])
    expect(told.code, told.lines.join('\n')).toBe(0)
    expect(timeOf(told)).toBeLessThan(1800)
    expect(await standing()).toEqual({
      stage: '4',
      loop: 'off',
      storage: 'json',
      scheduler: ['tickover-high-even ENABLED', 'tickover-high-odd ENABLED', 'tickover-low ENABLED'],
      revisions: [expect.objectContaining({ serves: true })],
    })
    await place.stack.tickNow()
    await place.performing()
  }, 60_000)

  it('throttle: one run at a time, five jobs in a commit, every ten minutes, and Cloud Scheduler follows', async () => {
    await busy()
    const told = await place.rollout(['rollback', '--throttle', '--apply'])
    expect(told.code, told.lines.join('\n')).toBe(0)
    expect(timeOf(told)).toBeLessThan(1800)
    expect(loadConfig(await place.platform.flags())).toMatchObject({
      stage: 4,
      concurrency: 1,
      batch_size: 5,
      cadence: '*/10 * * * *',
      lanes: [
        { name: 'high', dwell_seconds: null },
        { name: 'low', dwell_seconds: null },
      ],
    })
    const jobs = await existingJobs(place.platform)
    expect(jobs.map(({ spec: { id, schedule }, state }) => `${id} ${schedule} ${state}`).toSorted()).toEqual([
      'tickover-high */10 * * * * ENABLED',
      'tickover-low */10 * * * * ENABLED',
    ])
    const { report } = await place.tick('high')
    expect(report?.jobs_succeeded).toBeGreaterThan(0)
  }, 60_000)

  it('none of them has lost a run, or repeated one', async () => {
    await place.quiesce()
    await using store = await place.open()
    const books = await readBooks(store.documents)
    expect(wrongs(books, place.ledger.entries, place.eras)).toEqual([])
    expect(books.runs.length).toBeGreaterThan(20)
    expect(books.jobs).toHaveLength(5 + 6)
  }, 60_000)
})
