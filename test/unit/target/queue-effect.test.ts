import { describe, expect, test } from 'vitest'
import { LEASE } from '../job/fixtures.ts'
import { type Bench, bench, dies, leasesEnd, placeRef, settled, toldToEnd, type Work } from './queue-setup.ts'

/** Processes that mail once each item, and what was mailed. */
function mailing() {
  const outside: string[] = []
  const mail: Work = async ({ effect }) => {
    const sent = await effect('mail', {}, async (key) => outside.push(key))
    return sent
  }
  return { outside, mail }
}

async function effects(place: Bench, id: string) {
  const round = (await place.lease(id))?.round
  const record = { collection: 'scheduler_effects', id: `queue:places:scan:${id}:${round}:mail` } as const
  return (await place.read(record))?.fields
}

describe('an effect of an item', () => {
  test('is recorded for the item and its round, under the item’s fence', async () => {
    const place = bench()
    const { outside, mail } = mailing()
    await place.queue('a', 'b')
    const outcome = await place.work(place.a, mail)
    expect(outside).toHaveLength(2)
    expect(await effects(place, 'a')).toMatchObject({ key: 'mail', fence: 1, state: 'done', result: '1' })
    expect(outcome.acts).toMatchObject({ performed: 2, intents: { count: 2 } })
  })

  test('that is done is not performed by who takes over, though another run does', async () => {
    const place = bench()
    const { outside, mail } = mailing()
    await place.queue('a')
    await place.begin(place.a, async (item, context) => {
      await mail(item, context)
      return dies(item, context)
    })
    await settled(place)
    expect(outside).toHaveLength(1)
    await leasesEnd(place)
    const answers: unknown[] = []
    await place.work(place.b, async (item, context) => answers.push(await mail(item, context)))
    expect([outside.length, answers]).toEqual([1, [1]])
    expect(await place.item('a')).toMatchObject({ scan: 'Complete' })
  })

  test('that had begun when its worker died is performed again with the same key, and told of', async () => {
    const place = bench()
    await place.queue('a')
    const keys: string[] = []
    const dying: Work = ({ effect }) =>
      effect('mail', {}, (key) => {
        keys.push(key)
        return new Promise(() => {})
      })
    await place.begin(place.a, dying)
    await settled(place)
    await leasesEnd(place)
    await place.work(place.b, async ({ effect }) => effect('mail', {}, async (key) => keys.push(key)))
    expect(keys).toHaveLength(2)
    expect(new Set(keys).size).toBe(1)
    expect(place.repeated).toHaveLength(1)
    expect(await effects(place, 'a')).toMatchObject({ state: 'done', fence: 2 })
  })

  test('is performed anew when the item was put into the queue anew', async () => {
    const place = bench()
    const { outside, mail } = mailing()
    await place.queue('a')
    await place.work(place.a, mail)
    await place.queue('a')
    await place.work(place.a, mail)
    expect(new Set(outside).size).toBe(2)
  })

  test('is performed anew in a new round also where the owner has written over the whole item', async () => {
    const place = bench()
    const { outside, mail } = mailing()
    await place.queue('a')
    await place.work(place.a, mail)
    await place.put(placeRef('a'), { scan: 'Queued', scheduler_lease: null })
    await place.work(place.a, mail)
    expect(new Set(outside).size).toBe(2)
  })

  test('is spared an item that was given back', async () => {
    const place = bench()
    const { outside, mail } = mailing()
    await place.queue('a')
    const { outcome, stop } = await place.begin(place.a, async (item, context) => {
      await mail(item, context)
      return toldToEnd(item.signal)
    })
    await settled(place)
    stop()
    await outcome
    await place.work(place.b, mail)
    expect(outside).toHaveLength(1)
    expect(await place.item('a')).toMatchObject({ scan: 'Complete' })
  })

  test.each(['a:1', 'ä', 'x'.repeat(400), '%3A', 'a b'])(
    'has a record of its own for an item with the id %j',
    async (id) => {
      const place = bench()
      const { outside, mail } = mailing()
      await place.queue(id, `${id}2`)
      await place.work(place.a, mail)
      expect(new Set(outside).size).toBe(2)
      for (const key of outside) expect(key).not.toContain('/')
    },
  )
})

/** An item whose work is let on after what `meanwhile` does. */
async function mailedAfter(meanwhile: (place: Bench) => Promise<unknown>, run = { prolonged: false }) {
  const place = bench()
  await place.queue('a')
  const { promise, resolve } = Promise.withResolvers<void>()
  const { outside, mail } = mailing()
  let thrown: unknown
  const { outcome, prolong, held } = await place.begin(place.a, async (item, context) => {
    await promise
    await mail(item, context).catch((error: unknown) => {
      thrown = error
      throw error
    })
  })
  await settled(place)
  if (run.prolonged) prolong(held.entry.until + LEASE)
  await meanwhile(place)
  resolve()
  await outcome
  return { outside, thrown, place }
}

describe('no effect of an item begins', () => {
  test('under an old fence, also where this process has not heard of it', async () => {
    const { outside, thrown, place } = await mailedAfter(async (place) => {
      const lease = await place.lease('a')
      await place.put(placeRef('a'), { scheduler_lease: { scan: { ...lease, fence: 2, owner: 'b' } } })
    })
    expect(thrown).toMatchObject({ code: 'lost', message: expect.stringContaining('places/a') })
    expect(outside).toEqual([])
    expect(await place.item('a')).toMatchObject({ scan: 'Processing' })
  })

  test('once its lease has run out', async () => {
    const { outside, thrown } = await mailedAfter((place) => leasesEnd(place))
    expect([outside, thrown]).toEqual([[], expect.objectContaining({ code: 'lost' })])
  })

  test('on an item that its owner has moved on', async () => {
    const { outside, thrown } = await mailedAfter((place) => place.put(placeRef('a'), { scan: 'Cancelled' }))
    expect([outside, thrown]).toEqual([[], expect.objectContaining({ code: 'lost' })])
  })

  test('but it does while the lease is prolonged', async () => {
    const { outside } = await mailedAfter((place) => leasesEnd(place), { prolonged: true })
    expect(outside).toHaveLength(1)
  })
})
