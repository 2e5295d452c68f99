import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Lane } from '../../../functions/config/lanes.ts'
import { type Counted, counted } from '../../../functions/store/counted.ts'
import { foreign } from '../../../functions/store/foreign.ts'
import { defineJob, type JobDefinition } from '../../../functions/target/handler.ts'
import { defineQueue } from '../../../functions/target/queue.ts'
import { type Part, times } from '../../../scripts/cost/operations.ts'
import { type Flags, moving, type Revision } from '../../support/moving.ts'
import type { VirtualClock } from '../../support/virtual-clock.ts'
import { hourOf, MIDNIGHT } from './hour.ts'

const ONE_LANE: readonly Lane[] = [{ name: 'default', dwell_seconds: null }]
const DWELLING: readonly Lane[] = [{ name: 'default', dwell_seconds: 75 }]

/** A job that waits, and has effects. */
const job = (
  clock: VirtualClock,
  every_seconds: number,
  { seconds = 0.1, effects = 0 } = {},
): JobDefinition =>
  defineJob({
    name: 'job',
    schedule: { every_seconds },
    payload: z.unknown(),
    policies: { timeout_seconds: 3000 },
    run: async (ctx) => {
      await clock.sleep(seconds * 1000, ctx.signal)
      for (let n = 0; n < effects; n += 1) await ctx.effect(`effect ${n}`, n, async () => n)
    },
  })

/** The parts, so many of each, without what only deletes. */
function parts(counts: Partial<Record<Part, number>>) {
  const { read, written, checked } = times(counts)
  return { read, written, checked }
}

const measure = async (jobs: (clock: VirtualClock) => readonly JobDefinition[], lanes = ONE_LANE) =>
  (await hourOf({ lanes, jobs, warm: 120_000 })).operations

describe('in an hour of real ticks', () => {
  it('an idle tick looks once and writes its record', async () => {
    expect(await measure(() => [])).toEqual(parts({ tick: 60, look: 60 }))
  })

  it('a tick that waits looks every ten seconds', async () => {
    expect(await measure(() => [], DWELLING)).toEqual(parts({ tick: 60, look: 8 * 60 }))
  })

  it('a run is the job and its record, written at the claim and at the settle', async () => {
    // Its tick finds it, looks again, and once more when it has ended.
    expect(await measure((clock) => [job(clock, 60)])).toEqual(parts({ tick: 60, look: 3 * 60, run: 60 }))
  })

  it('an effect is two writes, each held to a version', async () => {
    const once = await measure((clock) => [job(clock, 60, { effects: 3 })])
    expect(once).toEqual(parts({ tick: 60, look: 3 * 60, run: 60, effect: 3 * 60 }))
  })

  it('a lease is renewed once a third of its length', async () => {
    const { operations, events, runs } = await hourOf({
      lanes: ONE_LANE,
      jobs: (clock) => [job(clock, 600, { seconds: 350 })],
      warm: 120_000,
    })
    const ticks = events.filter(({ kind }) => kind === 'tick_completed').length
    expect(operations.written).toBe(parts({ tick: ticks, run: runs, renewal: 3 * runs }).written)
  })

  it('what is skipped is one record for a stretch of occurrences', async () => {
    const with_skips = await measure((clock) => [job(clock, 20)])
    expect(with_skips).toEqual(parts({ tick: 60, look: 3 * 60, run: 60, skip: 60 }))
  })
})

const queue = () => [
  defineQueue({
    name: 'queue',
    schedule: '@every 60s',
    collection: 'things',
    status_field: 'status',
    error_field: 'error',
    batch: 10,
    item: z.unknown(),
    process: async (item) => item.effect('done', 1, async () => 1),
  }),
]

describe('a queue', () => {
  it('that is empty asks what is queued and what is in work', async () => {
    const base = { tick: 60, look: 3 * 60, run: 60 }
    expect(await measure(queue)).toEqual(parts({ ...base, batch: 60, empty_batch: 60 }))
  })

  it('takes and ends each item, with what its effects cost', async () => {
    const { operations } = await hourOf({
      lanes: ONE_LANE,
      jobs: queue,
      warm: 120_000,
      each: (documents, minute) =>
        documents.commit(
          [1, 2, 3].map((n) => ({
            kind: 'create',
            ref: { collection: foreign('things'), id: `${minute}-${n}` },
            fields: { status: 'Queued' },
          })),
        ),
    })
    const base = { tick: 60, look: 3 * 60, run: 60 }
    expect(operations).toEqual(parts({ ...base, batch: 60, item: 180, effect: 180 }))
  })
})

describe('beside them', () => {
  it('a claim that another tick won reads the job and the record of its run back, and looks again', async () => {
    const { operations, events } = await hourOf({
      lanes: DWELLING,
      jobs: (clock) => [job(clock, 5)],
      warm: 120_000,
    })
    const lost = events.filter(({ kind }) => kind === 'job_already_claimed').length
    const won = parts({ look: 4 * 720, lost_claim: lost })
    // Who lost had looked, and looks again; each tick looks when it begins.
    expect(operations.read).toBeGreaterThanOrEqual(won.read + 2 * lost)
    expect(operations.read).toBeLessThanOrEqual(won.read + 2 * lost + 2 * 60)
  })

  it('a shadow follows the live jobs at each tick, looks and keeps a record of its own', async () => {
    expect(await spentBy({ ROLLOUT_STAGE: '3' }, (revision) => revision.tick('default'))).toEqual(
      parts({ tick: 2, look: 2, follow: 1 }),
    )
  })

  it('a one-off job is its document and its audit entry', async () => {
    const body = { job_type: 'job', schedule_at: '2030-01-02T00:00:00Z', payload: {} }
    const made = await spentBy({}, (revision) => revision.call('operator', 'POST', '/api/jobs', body))
    expect(made).toEqual(parts({ one_off: 1 }))
  })
})

/** What a revision with these flags asks of the store for something, once it has been up for some ticks. */
async function spentBy(flags: Flags, act: (revision: Revision) => Promise<unknown>) {
  const stores: Counted[] = []
  const world = moving({
    start: MIDNIGHT,
    documents: (store, clock) => {
      const documents = counted(store, clock)
      stores.push(documents)
      return documents
    },
  })
  const counts = () => stores[0]?.counts() ?? { read: 0, written: 0, checked: 0 }
  const revision = world.deploy({ SCHEDULER_LANES: 'default', ...flags }, [job(world.clock, 86_400)])
  // What was registered a minute ago is followed by now.
  for (let minute = 0; minute < 3; minute += 1) {
    await world.passing(revision.tick('default'))
    await world.clock.advance(60_000)
  }
  const before = counts()
  await world.passing(act(revision))
  const after = counts()
  await world.close()
  return {
    read: after.read - before.read,
    written: after.written - before.written,
    checked: after.checked - before.checked,
  }
}
