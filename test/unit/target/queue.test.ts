import { describe, expect, test } from 'vitest'
import { rehearse } from '../../../functions/shadow/rehearse.ts'
import { createCache } from '../../../functions/target/cache.ts'
import { performEffect } from '../../../functions/target/effect.ts'
import { JobFailure } from '../../../functions/target/failure.ts'
import { createLimits } from '../../../functions/target/limits.ts'
import { createRegistry } from '../../../functions/target/registry.ts'
import { passing } from '../../support/engine.ts'
import { LEASE, MINUTE, T0 } from '../job/fixtures.ts'
import { bench, dies, leasesEnd, placeRef, scanQueue, settled, toldToEnd, type Work } from './queue-setup.ts'

/** What befalls the commit that claims the run itself. */
const AS_EVER = () => undefined

const fine: Work = async () => {}
const retryable: Work = async () => {
  throw new JobFailure('try later')
}

const retryableA: Work = async (item, context) => (item.id === 'a' ? retryable(item, context) : undefined)
const heeding: Work = ({ signal }) => toldToEnd(signal)

/** A process that waits until it is let go of. */
function gate() {
  const { promise, resolve } = Promise.withResolvers<void>()
  const seen: string[] = []
  const process: Work = async ({ id }) => {
    seen.push(id)
    await promise
  }
  return { process, seen, open: resolve }
}

describe('a run of a queue', () => {
  test('takes one batch in the order of ids, and changes three fields of an item', async () => {
    const place = bench()
    await place.queue('b', 'a', 'd', 'c')
    await place.put(placeRef('a'), { hand: { made: [1] }, scan_error: 'of last time' })
    const seen: unknown[] = []
    const outcome = await place.work(place.a, async ({ id, data, attempt }) => seen.push([id, data, attempt]))
    expect(seen).toEqual(['a', 'b', 'c'].map((id) => [id, { name: id }, 1]))
    expect(outcome).toMatchObject({
      kind: 'succeeded',
      result: '{"taken":3,"succeeded":3,"failed":0,"given_back":0,"lost":0}',
      items: { processed: 3, succeeded: 3, failed: 0 },
    })
    const { scheduler_lease, ...rest } = await place.item('a')
    expect(rest).toEqual({ scan: 'Complete', scan_error: null, name: 'a', hand: { made: [1] } })
    expect(scheduler_lease).toMatchObject({ scan: { state: 'done', fence: 1, attempt: 1 } })
    expect(await place.item('d')).toEqual({ scan: 'Queued', name: 'd' })
  })

  test('costs one commit to take all items, and one to end those that end together', async () => {
    const place = bench()
    await place.queue('a', 'b', 'c')
    await place.work(place.a, fine, { concurrency: 3 })
    expect(place.a.documents.asked.map((changes) => changes.length)).toEqual([3, 3])
  })

  test('works no more items at once than it may', async () => {
    const place = bench()
    await place.queue('a', 'b', 'c')
    const { process, seen, open } = gate()
    const { outcome } = await place.begin(place.a, process)
    await settled(place)
    expect(seen).toEqual(['a', 'b'])
    open()
    await outcome
    expect(seen).toEqual(['a', 'b', 'c'])
  })

  test('takes items by an instant of theirs where the queue says so', async () => {
    const place = bench()
    await place.queue('a', 'b')
    await place.put(placeRef('a'), { queued_at: T0 + 2 })
    await place.put(placeRef('b'), { queued_at: T0 + 1 })
    const seen: string[] = []
    await place.work(place.a, async ({ id }) => seen.push(id), { order_field: 'queued_at', batch: 1 })
    expect(seen).toEqual(['b'])
  })

  test('of an empty queue has succeeded', async () => {
    const place = bench()
    expect(await place.work(place.a, fine)).toMatchObject({ kind: 'succeeded', items: null })
  })

  test('waits to be tried again while the store is out of reach', async () => {
    const place = bench()
    await place.queue('a')
    const { outcome } = await place.begin(place.a, fine)
    expect(await outcome).toMatchObject({ kind: 'succeeded' })
    await place.queue('a')
    place.b.documents.commits.push(AS_EVER, 'unreachable')
    expect(await place.work(place.b, fine)).toMatchObject({
      kind: 'retry',
      error: expect.stringMatching(/^store_unreachable/),
    })
    expect(await place.item('a')).toMatchObject({ scan: 'Queued' })
  })
})

describe('an item that fails', () => {
  test('gets its error as text, and keeps no other from being worked', async () => {
    const place = bench()
    await place.queue('a', 'b')
    const outcome = await place.work(place.a, async ({ id }) => {
      if (id === 'a') throw new Error('é'.repeat(5_000))
    })
    expect(outcome).toMatchObject({ kind: 'succeeded', items: { processed: 2, succeeded: 1, failed: 1 } })
    const { scan, scan_error } = await place.item('a')
    expect([scan, Buffer.byteLength(String(scan_error)) <= 4096]).toEqual(['Error', true])
    expect(scan_error).toMatch(/^é{1000,}…$/)
  })

  test('by its schema is an error that says where', async () => {
    const place = bench()
    await place.queue('a', 'b')
    await place.put(placeRef('a'), { name: 7 })
    await place.work(place.a, fine)
    expect(await place.item('a')).toMatchObject({
      scan: 'Error',
      scan_error: expect.stringMatching(/^name: /),
    })
    expect(await place.item('b')).toMatchObject({ scan: 'Complete' })
  })

  test('with all the others makes a failed run', async () => {
    const place = bench()
    await place.queue('a', 'b')
    const outcome = await place.work(place.a, async ({ id }) => {
      throw new Error(`no ${id}`)
    })
    expect(outcome).toMatchObject({
      kind: 'failed',
      error: 'All 2 items failed. a: no a',
      items: { processed: 2, failed: 2 },
    })
  })

  test('and may be tried again goes back into the queue, in the same round, as long as it has attempts', async () => {
    const place = bench({ max_attempts: 2 })
    await place.queue('a', 'b')
    expect(await place.work(place.a, retryableA)).toMatchObject({ kind: 'succeeded' })
    const first = await place.lease('a')
    expect(await place.item('a')).toMatchObject({ scan: 'Queued', scan_error: 'try later' })
    const attempts: number[] = []
    await place.work(place.a, async (item, context) => {
      attempts.push(item.attempt)
      return retryable(item, context)
    })
    expect(attempts).toEqual([2])
    expect(await place.item('a')).toMatchObject({ scan: 'Error', scan_error: 'try later' })
    expect(await place.lease('a')).toMatchObject({ round: first?.round, attempt: 2, fence: 2 })
  })

  test('and is put back by its owner begins anew', async () => {
    const place = bench({ max_attempts: 1 })
    await place.queue('a')
    await place.work(place.a, retryable)
    const first = await place.lease('a')
    await place.queue('a')
    const attempts: number[] = []
    await place.work(place.a, async ({ attempt }) => attempts.push(attempt))
    expect([attempts, (await place.item('a')).scan]).toEqual([[1], 'Complete'])
    expect((await place.lease('a'))?.round).toBeGreaterThan(first?.round ?? Number.POSITIVE_INFINITY)
  })
})

describe('when the process stops', () => {
  test('its items go back into the queue and have lost no attempt', async () => {
    const place = bench({ max_attempts: 1 })
    await place.queue('a', 'b', 'c')
    const { outcome, stop } = await place.begin(place.a, heeding)
    await settled(place)
    stop()
    expect(await outcome).toMatchObject({
      kind: 'succeeded',
      result: expect.stringContaining('"given_back":3'),
    })
    for (const id of ['a', 'b', 'c']) expect(await place.item(id)).toMatchObject({ scan: 'Queued' })
    await place.work(place.b, fine)
    for (const id of ['a', 'b', 'c']) expect(await place.item(id)).toMatchObject({ scan: 'Complete' })
  })

  test('an item that ends in spite of it is complete', async () => {
    const place = bench()
    await place.queue('a')
    const { process, open } = gate()
    const { outcome, stop } = await place.begin(place.a, process)
    await settled(place)
    stop()
    open()
    await outcome
    expect(await place.item('a')).toMatchObject({ scan: 'Complete' })
  })

  test('but at a timeout the attempt counts', async () => {
    const place = bench({ max_attempts: 1 })
    await place.queue('a', 'b', 'c')
    const { outcome, abort } = await place.begin(place.a, heeding)
    await settled(place)
    abort()
    await outcome
    const errors = await Promise.all(['a', 'b', 'c'].map(async (id) => (await place.item(id)).scan))
    // `c` had not begun.
    expect(errors).toEqual(['Error', 'Error', 'Queued'])
  })
})

describe('two workers', () => {
  test('are never on one item', async () => {
    const place = bench()
    await place.queue('a', 'b', 'c', 'd')
    const first = gate()
    const second = gate()
    const a = await place.begin(place.a, first.process, { concurrency: 9 })
    await settled(place)
    const b = await place.begin(place.b, second.process, { concurrency: 9 })
    await settled(place)
    first.open()
    second.open()
    await Promise.all([a.outcome, b.outcome])
    expect([first.seen, second.seen]).toEqual([['a', 'b', 'c'], ['d']])
  })

  test('that race for one batch both find work, and the loser touches nothing of the winner’s', async () => {
    const place = bench()
    await place.queue('a', 'b', 'c', 'd')
    const seen: Record<'a' | 'b', string[]> = { a: [], b: [] }
    const first: Work = async ({ id }) => seen.a.push(id)
    const second: Work = async ({ id }) => seen.b.push(id)
    // b has read the queue, and a is faster.
    place.b.documents.commits.push(AS_EVER, () => place.work(place.a, first))
    await place.work(place.b, second)
    expect(seen).toEqual({ a: ['a', 'b', 'c'], b: ['d'] })
    expect(await place.lease('a')).toMatchObject({ owner: 'a', fence: 1 })
    expect(await place.lease('d')).toMatchObject({ owner: 'b', fence: 1 })
  })

  test('that race meet no more: the loser goes on at a random place', async () => {
    const place = bench({}, () => 0.99)
    await place.queue('a', 'b', 'c', 'd')
    place.b.documents.commits.push(AS_EVER, () => place.work(place.a, fine, { batch: 1 }))
    await place.work(place.b, fine, { batch: 1 })
    expect(await place.lease('d')).toMatchObject({ owner: 'b' })
  })

  test('that always loses leaves the queue to the others', async () => {
    const place = bench()
    await place.queue('a')
    const faster = () => place.put(placeRef('a'), { touched: place.clock.now() })
    place.b.documents.commits.push(AS_EVER, ...Array.from({ length: 10 }, () => faster))
    expect(await place.work(place.b, fine)).toMatchObject({ kind: 'succeeded', items: null })
    expect(await place.item('a')).toMatchObject({ scan: 'Queued' })
  })

  test.each(['reply_lost', 'conflict_after_success', 'never_arrived'] as const)(
    'are not needed for a claim whose reply was lost (%s): each item is worked once',
    async (mishap) => {
      const place = bench()
      await place.queue('a', 'b')
      const seen: string[] = []
      place.a.documents.commits.push(AS_EVER, mishap)
      await place.work(place.a, async ({ id }) => seen.push(id))
      expect(seen.toSorted()).toEqual(['a', 'b'])
      for (const id of seen) expect(await place.item(id)).toMatchObject({ scan: 'Complete' })
    },
  )

  test.each(['reply_lost', 'conflict_after_success', 'never_arrived'] as const)(
    'do not meet when the reply to an item’s end was lost (%s)',
    async (mishap) => {
      const place = bench()
      await place.queue('a', 'b')
      const attempt = await place.begin(
        place.a,
        async () => {
          place.a.documents.commits.push(mishap)
        },
        { concurrency: 1, batch: 1 },
      )
      expect(await passing(place.clock, attempt.outcome)).toMatchObject({
        items: { processed: 1, succeeded: 1 },
      })
      expect(await place.item('a')).toMatchObject({ scan: 'Complete' })
    },
  )
})

test('an item of two queues is worked in each by its own status', async () => {
  const place = bench()
  await place.queue('a')
  await place.put(placeRef('a'), { mailing: 'Queued' })
  const scanning = gate()
  const a = await place.begin(place.a, scanning.process)
  await settled(place)
  const b = await place.work(place.b, fine, { status_field: 'mailing', error_field: 'mailing_error' })
  expect(b).toMatchObject({ items: { succeeded: 1 } })
  expect(await place.item('a')).toMatchObject({ scan: 'Processing', mailing: 'Complete' })
  scanning.open()
  expect(await a.outcome).toMatchObject({ items: { succeeded: 1 } })
  expect(await place.item('a')).toMatchObject({ scan: 'Complete', mailing: 'Complete' })
})

describe('a lease', () => {
  test('is prolonged with its run’s, for all items at once', async () => {
    const place = bench()
    await place.queue('a', 'b')
    const { process, open } = gate()
    const { outcome, prolong, held } = await place.begin(place.a, process)
    await settled(place)
    prolong(held.entry.until + LEASE)
    await place.clock.advance(LEASE / 2)
    for (const id of ['a', 'b']) expect((await place.lease(id))?.until).toBe(held.entry.until + LEASE)
    open()
    await outcome
    expect(place.a.documents.asked.map((changes) => changes.length)).toEqual([2, 2, 2])
  })

  test('of a dead worker runs out, and its item is taken over before any other, as the next attempt', async () => {
    const place = bench()
    await place.queue('z')
    await place.begin(place.a, dies)
    await settled(place)
    await leasesEnd(place)
    await place.queue('a')
    const seen: unknown[] = []
    await place.work(place.b, async ({ id, attempt }) => seen.push([id, attempt]), { concurrency: 1 })
    expect(seen).toEqual([
      ['z', 2],
      ['a', 1],
    ])
    expect(await place.item('z')).toMatchObject({ scan: 'Complete' })
  })

  test('of a dead worker is found behind any number of items that others work on', async () => {
    const place = bench()
    await place.queue('z')
    await place.begin(place.a, dies)
    await settled(place)
    await leasesEnd(place)
    const lease = { state: 'held', owner: 'an app', run: '', fence: 1, attempt: 1, round: T0, mark: '' }
    const until = place.clock.now() + 60 * MINUTE
    for (let n = 0; n < 250; n++)
      await place.put(placeRef(`living-${n}`), {
        scan: 'Processing',
        scheduler_lease: { scan: { ...lease, until } },
      })
    const seen: unknown[] = []
    await place.work(place.b, async ({ id, attempt }) => seen.push([id, attempt]))
    expect(seen).toEqual([['z', 2]])
  })

  test('that ends further ahead than any can is nobody’s: its item is watched, and taken', async () => {
    const place = bench()
    const until = place.clock.now() + 366 * 24 * 60 * MINUTE
    const lease = { state: 'held', owner: 'x', run: 'y', fence: 7, until, attempt: 1, round: T0, mark: '' }
    await place.put(placeRef('a'), { scan: 'Processing', name: 'a', scheduler_lease: { scan: lease } })
    await place.work(place.a, fine)
    await leasesEnd(place)
    await place.work(place.a, fine)
    expect(await place.item('a')).toMatchObject({ scan: 'Complete' })
  })

  test('ends an item as an error when its workers have died as often as it has attempts', async () => {
    const place = bench({ max_attempts: 2 })
    await place.queue('a')
    for (const worker of [place.a, place.b]) {
      await place.begin(worker, dies)
      await settled(place)
      await leasesEnd(place)
    }
    const outcome = await place.work(place.a, fine)
    expect(outcome).toMatchObject({ items: { processed: 1, failed: 1 } })
    expect(await place.item('a')).toMatchObject({
      scan: 'Error',
      scan_error: expect.stringMatching(/^It has used up its 2 attempts: the worker of the last one \(b in /),
    })
  })

  test('that was lost is not ended by who lost it', async () => {
    const place = bench()
    await place.queue('a')
    const slow = gate()
    const a = await place.begin(place.a, slow.process)
    await settled(place)
    await leasesEnd(place)
    const other = gate()
    const b = await place.begin(place.b, other.process)
    await settled(place)
    slow.open()
    expect(await a.outcome).toMatchObject({ result: expect.stringContaining('"lost":1'), items: null })
    expect(await place.item('a')).toMatchObject({ scan: 'Processing' })
    expect(await place.lease('a')).toMatchObject({ state: 'held', owner: 'b', fence: 2 })
    other.open()
    await b.outcome
    expect(await place.item('a')).toMatchObject({ scan: 'Complete' })
  })

  test('is lost, and the work told to end, when the owner moves the item on', async () => {
    const place = bench()
    await place.queue('a')
    let reason: unknown
    const { outcome, prolong, held } = await place.begin(place.a, ({ signal }) =>
      toldToEnd(signal).catch((error: unknown) => {
        reason = error
        throw error
      }),
    )
    await settled(place)
    await place.put(placeRef('a'), { scan: 'Cancelled' })
    prolong(held.entry.until + LEASE)
    await place.clock.advance(LEASE / 2)
    await outcome
    expect(String(reason)).toMatch(/lease of this item is lost/)
    expect(await place.item('a')).toMatchObject({ scan: 'Cancelled' })
  })

  test('stands though the owner edits the item', async () => {
    const place = bench()
    await place.queue('a')
    const { process, open } = gate()
    const { outcome } = await place.begin(place.a, process)
    await settled(place)
    await place.put(placeRef('a'), { name: 'edited' })
    open()
    await outcome
    expect(await place.item('a')).toMatchObject({ scan: 'Complete', name: 'edited' })
  })
})

describe('an item in the work of somebody who keeps no lease', () => {
  const processing = { scan: 'Processing', name: 'a' }

  test('is taken over once it has stood unchanged for a lease’s length', async () => {
    const place = bench()
    await place.put(placeRef('a'), processing)
    const seen: string[] = []
    const process: Work = async ({ id }) => seen.push(id)
    await place.work(place.a, process)
    expect(await place.item('a')).toMatchObject(processing)
    await place.clock.advance(LEASE - 2 * MINUTE)
    await place.work(place.a, process)
    expect(seen).toEqual([])
    await place.work(place.a, process)
    await place.work(place.a, process)
    expect(seen).toEqual(['a'])
    expect(await place.item('a')).toMatchObject({ scan: 'Complete' })
  })

  test('is left to them as long as they change it', async () => {
    const place = bench()
    await place.put(placeRef('a'), processing)
    for (let n = 0; n < 3; n += 1) {
      await place.work(place.a, fine)
      await place.put(placeRef('a'), { progress: n })
      await leasesEnd(place)
    }
    await place.work(place.a, fine)
    expect(await place.item('a')).toMatchObject(processing)
  })

  test('is left to them when they take it again after a round of ours', async () => {
    const place = bench()
    await place.queue('a')
    await place.work(place.a, fine)
    await place.put(placeRef('a'), processing)
    await leasesEnd(place)
    await place.work(place.a, fine)
    expect(await place.item('a')).toMatchObject(processing)
  })
})

test('a shadow of a queue reads what it would take, and touches nothing', async () => {
  const place = bench({ shadow: 'plan' })
  await place.queue('a', 'b', 'c', 'd')
  await place.clock.advanceTo(T0 + MINUTE)
  const held = await place.a.hold('digest')
  place.a.documents.asked.length = 0
  const standing = { held, signal: new AbortController().signal, until: () => held.entry.until }
  const performing = {
    ...place.a.settling,
    handlers: new Map([['digest', scanQueue(fine)]]),
    effect: performEffect,
    repeated: () => {},
    cache: createCache(60, place.clock),
    limits: createLimits(place.clock),
    call: () => Promise.reject(new Error('no HTTP here')),
    emit: () => {},
    stop: standing.signal,
  }
  const outcome = await rehearse(standing.signal, performing, standing, '{}')
  expect(outcome).toEqual({
    kind: 'succeeded',
    result: '{"would_take":3,"first":["a","b","c"]}',
    items: null,
  })
  expect(place.a.documents.asked).toEqual([])
})

test('what is wrong with queues is told at once', () => {
  const wrong = scanQueue(fine, {
    collection: 'scheduler_jobs',
    error_field: 'scan',
    batch: 100,
    concurrency: 0,
    policies: { max_instances: 20 },
    statuses: { queued: 'a', processing: 'a', complete: 'b', error: 'c' },
  })
  const create = () => createRegistry([wrong], { time_zone: 'UTC', lanes: ['default'] })
  for (const field of ['collection', 'status_field', 'batch', 'concurrency', 'statuses'])
    expect(create).toThrow(new RegExp(`"digest": ${field}[:,]`))
})
