import { afterAll, describe, expect, it } from 'vitest'
import type { CheckDocument } from '../../scripts/rollout/check.ts'
import { pauseAll } from '../../scripts/rollout/jobs.ts'
import { WITHOUT_FIRESTORE } from '../support/firestore.ts'
import { openPlace, type Place, type PlaceOptions } from './place.ts'

/** No lane dwells, and nothing ticks but what the test has tick, and Cloud Scheduler at the full minute. */
const CUTOVER = { ROLLOUT_STAGE: '4', SCHEDULER_LANES: 'high,low', SCHEDULER_LEASE_SECONDS: '10' }

const places: Place[] = []
afterAll(() => Promise.all(places.map((place) => place.end())))

async function open(options: PlaceOptions): Promise<Place> {
  const place = await openPlace(options)
  places.push(place)
  return place
}

/** The gate to stage 5: the exit code, the document, and the verdicts by line. */
async function check(place: Place) {
  const { code, lines } = await place.rollout(['check', '--to', '5', '--json'])
  const document = JSON.parse(lines.join('\n')) as CheckDocument
  const verdicts = new Map(document.lines.map(({ id, verdict }) => [id as string, verdict as string]))
  const failed = [...verdicts].filter(([, verdict]) => verdict === 'fail').map(([id]) => id)
  return { code, document, verdicts, failed }
}

/** Resolves to the process that began the attempt last told of. */
async function begun({ ledger }: Place): Promise<number> {
  await ledger.until(() => ledger.entries.some(({ what }) => what === 'begun'), 'it has begun', 20_000)
  return ledger.entries.findLast(({ what }) => what === 'begun')?.pid ?? 0
}

describe.concurrent('the gate on a running stack', () => {
  it.skipIf(WITHOUT_FIRESTORE)(
    'is inconclusive where there is no evidence, and fails on one duplicate',
    async () => {
      const place = await open({ storage: 'firestore', flags: CUTOVER, linger_ms: 60_000 })
      expect(await check(place)).toMatchObject({ code: 2, failed: [] })

      await place.sendOneOff('stubborn')
      const stalling = place.tick('low')
      const holder = await begun(place)
      process.kill(holder, 'SIGSTOP')
      await place.platform.deploy({ SCHEDULER_CACHE_TTL: '301' })
      const takenOver = () => place.ledger.entries.some(({ what, pid }) => what === 'ended' && pid !== holder)
      for (const end = Date.now() + 30_000; Date.now() < end && !takenOver(); ) await place.tick('low')
      expect(takenOver()).toBe(true)
      process.kill(holder, 'SIGCONT')
      expect(await stalling).toMatchObject({ status: 200, report: { leases_lost: 1, duplicates: 1 } })
      expect(place.ledger.entries.filter(({ what }) => what === 'ended')).toHaveLength(2)

      const { code, verdicts, document } = await check(place)
      expect([code, verdicts.get('duplicates')]).toEqual([1, 'fail'])
      expect(document.evidence.duplicates).toEqual({ settled: 1, effects: 0, legacy_reports: 0 })
    },
    60_000,
  )

  it('counts a tick that was killed as failed', async () => {
    // It begins fifteen seconds before a full minute of its own.
    const ahead_ms = 45_000 - (Date.now() % 60_000)
    const flags = { ...CUTOVER, SCHEDULER_TICK_BUDGET_SECONDS: '1' }
    const place = await open({ storage: 'json', flags, ahead_ms })
    await Promise.all(['high', 'low'].map((lane) => place.tick(lane)))
    expect((await check(place)).verdicts.get('ticks_failed')).toBe('inconclusive')

    await place.sendOneOff('stubborn', 60_000)
    process.kill(await begun(place), 'SIGKILL')
    // Else Cloud Scheduler tries again, and a tick that succeeds then is as good.
    await pauseAll(place.platform)
    await place.platform.deploy({ SCHEDULER_CACHE_TTL: '301' })
    let found = await check(place)
    const low = () => found.document.evidence.ticks?.find(({ lane }) => lane === 'low')
    for (const end = Date.now() + 30_000; Date.now() < end && low()?.expected === 0; )
      found = await check(place)
    expect(low()).toEqual({ lane: 'low', expected: 1, recorded: 0, failed: 1, failed_last: 1 })
    expect([found.code, found.verdicts.get('ticks_failed')]).toEqual([1, 'fail'])
  }, 60_000)
})
