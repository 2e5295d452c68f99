import { describe, expect, test } from 'vitest'
import { TickoverError } from '../../../functions/errors.ts'
import { eachOf } from '../../../functions/target/batch.ts'
import { JobFailure } from '../../../functions/target/failure.ts'

function setup() {
  const counts = { processed: 0, succeeded: 0, failed: 0 }
  const abort = new AbortController()
  return { counts, abort, each: eachOf(counts, abort.signal) }
}

const items = Array.from({ length: 30 }, (_, n) => n)
const ONE = { concurrency: 1 }

/** Works that fail, each in its own way. */
const mixed = async (item: number) => {
  if (item === 3) throw new JobFailure('the token has expired', { retryable: false })
  if (item === 5) throw new Error('the network')
}
const wordy = async (item: number) => {
  if (item > 0) throw new Error('x'.repeat(1000))
}
const losing = async (item: number) => {
  if (item === 2) throw new TickoverError('lost', 'gone')
}
const refused = (retryable: boolean) => async () => {
  throw new JobFailure('no', { retryable, ...(retryable && { retryAfterSeconds: 90 }) })
}

describe('a batch', () => {
  test('is worked so many at once, and each item once', async () => {
    const { each, counts } = setup()
    const worked: number[] = []
    let [living, most] = [0, 0]
    const work = async (item: number) => {
      most = Math.max(most, ++living)
      worked.push(item)
      await new Promise(setImmediate)
      living--
    }
    const result = await each(items, work, { concurrency: 4 })
    expect(most).toBe(4)
    expect(worked).toEqual(items)
    expect(result).toEqual({ processed: 30, succeeded: 30, failed: 0, errors: [] })
    expect(counts).toEqual({ processed: 30, succeeded: 30, failed: 0 })
  })

  test('in which some items fail succeeds, and tells which did and whether trying again can help', async () => {
    const { each, counts } = setup()
    const result = await each(items, mixed, { concurrency: 5, name: (item) => `post ${item}` })
    expect(result).toEqual({
      processed: 30,
      succeeded: 28,
      failed: 2,
      errors: [
        { item: 'post 3', error: 'the token has expired', retryable: false },
        { item: 'post 5', error: 'the network', retryable: true },
      ],
    })
    expect(counts).toEqual({ processed: 30, succeeded: 28, failed: 2 })
  })

  test('tells of twenty failures at most, each in bounds', async () => {
    const { each } = setup()
    const { failed, errors } = await each(items, wordy, { ...ONE, name: () => 'n'.repeat(1000) })
    expect([failed, errors.length]).toEqual([29, 20])
    expect([errors[0]?.item.length, errors[0]?.error.length]).toEqual([100, 300])
  })

  test('of which nothing came has failed, for good only if no item may be tried again', async () => {
    const { each } = setup()
    await expect(each([1, 2], refused(false), ONE)).rejects.toMatchObject({
      message: 'All 2 items failed; the first, 0: no',
      retryable: false,
    })
    const one = async (item: number) => refused(item === 2)()
    await expect(each([1, 2], one, ONE)).rejects.toMatchObject({ retryable: true, retryAfterSeconds: 90 })
  })

  test('of nothing is done', async () => {
    expect(await setup().each([], async () => {}, ONE)).toMatchObject({ processed: 0 })
  })

  test('begins no item once its run was told to end, and says so, since another attempt has to work them', async () => {
    const { each, abort, counts } = setup()
    const worked: number[] = []
    const work = async (item: number) => {
      worked.push(item)
      if (item === 2) abort.abort(new Error('The process stops'))
    }
    await expect(each(items, work, ONE)).rejects.toThrow('The process stops')
    expect(worked).toEqual([0, 1, 2])
    expect(counts.processed).toBe(3)
  })

  test('that is told to end at its last item is done', async () => {
    const { each, abort } = setup()
    const work = async (item: number) => {
      if (item === 2) abort.abort()
    }
    expect(await each([0, 1, 2], work, ONE)).toMatchObject({ processed: 3, failed: 0 })
  })

  test('ends as lost when its attempt may not act any more', async () => {
    const { each } = setup()
    await expect(each(items, losing, ONE)).rejects.toMatchObject({ code: 'lost' })
  })
})
