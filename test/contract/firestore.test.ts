import { randomUUID } from 'node:crypto'
import { type Firestore, GeoPoint, Timestamp } from '@google-cloud/firestore'
import { GoogleAuth, PassThroughClient } from 'google-auth-library'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Change, Documents, Ref } from '../../functions/store/documents.ts'
import { firestoreDocuments } from '../../functions/store/firestore.ts'
import { firestoreHost, freshFirestore, WITHOUT_FIRESTORE } from '../support/firestore.ts'
import { type Line, openProxy } from '../support/proxy.ts'
import { realClock } from '../support/real-clock.ts'
import { untilAsync } from '../support/until-async.ts'

/** What the emulator takes for the token of a signed-in end user. */
const END_USER = `${btoa('{"alg":"none"}')}.${btoa('{"sub":"somebody"}')}.`

const job = (id: string): Ref => ({ collection: 'scheduler_jobs', id })
const create = (id: string, fields = {}): Change => ({ kind: 'create', ref: job(id), fields })

describe.skipIf(WITHOUT_FIRESTORE)('the Firestore adapter', () => {
  let host: string
  let projectId: string
  let client: Firestore
  let documents: Documents
  const ends: (() => Promise<unknown>)[] = []

  beforeAll(async () => {
    host = await firestoreHost()
  })
  beforeEach(() => {
    projectId = `t-${randomUUID()}`
    client = freshFirestore(host, { projectId })
    documents = open(client)
  })
  afterEach(async () => {
    for (const end of ends.splice(0)) await end()
  })

  function open(firestore: Firestore, deadlineMs?: number): Documents {
    const opened = firestoreDocuments(firestore, realClock, deadlineMs)
    ends.push(() => opened.close())
    return opened
  }
  async function throughProxy(deadlineMs: number): Promise<{ proxy: Line; far: Documents }> {
    const proxy = await openProxy(host)
    const distant = freshFirestore(proxy.host, { projectId })
    const far = open(distant, deadlineMs)
    ends.unshift(() => proxy.close())
    // The first call connects, which may take a busy machine longer than the deadline that is tested.
    await distant.doc('scheduler_jobs/warm').get()
    return { proxy, far }
  }
  const isThere = async (id: string) => (await documents.get([job(id)])).value[0] !== null

  it('stores instants in its own time type, nested ones too, and other numbers as numbers', async () => {
    const at = Date.UTC(2026, 0, 15)
    await documents.commit([
      create('a', { claimable_at: at, entries: [{ until: at + 1, fence: at }], at: null }),
    ])
    expect((await client.doc('scheduler_jobs/a').get()).data()).toEqual({
      claimable_at: Timestamp.fromMillis(at),
      entries: [{ until: Timestamp.fromMillis(at + 1), fence: at }],
      at: null,
    })
  })

  it('reads what others wrote, whatever it is, and tells what JSON has no word for', async () => {
    await client.doc('scheduler_jobs/a').set({
      place: new GeoPoint(1, 2),
      bytes: Buffer.from('x'),
      other: client.doc('x/y'),
      none: Number.NaN,
      list: [new GeoPoint(1, 2)],
      made_at: new Timestamp(5, 1_000),
    })
    const [stored] = (await documents.get([job('a')])).value
    expect(stored?.fields).toEqual({
      place: '[GeoPoint]',
      bytes: '[Buffer]',
      other: '[DocumentReference]',
      none: '[NaN]',
      list: ['[GeoPoint]'],
      made_at: 5_000.001,
    })
    await documents.commit([
      { kind: 'update', ref: job('a'), version: stored?.version ?? '', fields: { n: 1 } },
    ])
    expect((await client.doc('scheduler_jobs/a').get()).get('place')).toEqual(new GeoPoint(1, 2))
  })

  it('pages past instants that others wrote more finely than a millisecond', async () => {
    const batch = client.batch()
    for (const [n, micros] of [1, 2, 2, 999].entries())
      batch.set(client.doc(`scheduler_jobs/j${n}`), {
        lane: 'main',
        claimable_at: new Timestamp(5, micros * 1_000),
      })
    await batch.commit()
    const seen: string[] = []
    let after: { value: number; id: string } | undefined
    for (let n = 0; n < 4; n += 1) {
      const page = await documents.query({ shape: 'due', equals: 'main', limit: 1, ...(after && { after }) })
      const last = page.value[0]
      after = { value: Number(last?.fields.claimable_at), id: last?.ref.id ?? '' }
      seen.push(after.id)
    }
    expect(seen).toEqual(['j0', 'j1', 'j2', 'j3'])
  })

  it('says the same over REST', async () => {
    const auth = new GoogleAuth({ authClient: new PassThroughClient() })
    const rest = open(freshFirestore(host, { preferRest: true, projectId, auth }))
    const made = await rest.commit([create('a', { lane: 'main', claimable_at: 5, text: 'é 😀', list: [] })])
    const [version = ''] = made.outcome === 'done' ? made.versions : []
    const stored = {
      ref: job('a'),
      version,
      fields: { lane: 'main', claimable_at: 5, text: 'é 😀', list: [] },
    }
    expect((await rest.get([job('none'), job('a')])).value).toEqual([null, stored])
    expect((await rest.query({ shape: 'due', equals: 'main', upTo: 5, limit: 9 })).value).toEqual([stored])
    const check: Change = { kind: 'check', ref: job('a'), version }
    expect(await rest.commit([check, create('b')])).toMatchObject({ outcome: 'done' })
    expect(await rest.commit([check, create('b')])).toMatchObject({ outcome: 'conflict' })
    await rest.commit([{ kind: 'update', ref: job('a'), version, fields: { n: 1 } }])
    expect(await rest.commit([check, create('c')])).toMatchObject({ outcome: 'conflict' })
  })

  it('holds the commit of a lost reply as conflict when the client repeated it: all of it is there', async () => {
    const { proxy, far } = await throughProxy(15_000)
    proxy.hold()
    const committing = far.commit([create('a'), create('b')])
    await untilAsync(() => isThere('b'), 'the commit arrived')
    proxy.pass()
    proxy.cut()
    expect(await committing).toMatchObject({ outcome: 'conflict' })
    expect((await far.get([job('a'), job('b')])).value.map((stored) => stored !== null)).toEqual([true, true])
  })

  it('answers unknown when no reply comes in time, though the commit was made', async () => {
    const { proxy, far } = await throughProxy(200)
    proxy.hold()
    expect(await far.commit([create('a')])).toEqual({ outcome: 'unknown', reason: 'no answer within 200 ms' })
    expect(await isThere('a')).toBe(true)
    await expect(far.get([job('a')])).rejects.toMatchObject({ code: 'store_unreachable' })
    await expect(far.query({ shape: 'due', equals: 'main', limit: 1 })).rejects.toMatchObject({
      code: 'store_unreachable',
    })
  })

  it('answers unknown, within its deadline, while the store is out of reach, and makes nothing half', async () => {
    const { proxy, far } = await throughProxy(200)
    proxy.refuse()
    const began = performance.now()
    expect(await far.commit([create('a'), create('b')])).toMatchObject({ outcome: 'unknown' })
    await expect(far.get([job('a')])).rejects.toMatchObject({ code: 'store_unreachable' })
    expect(performance.now() - began).toBeLessThan(3_000)
    expect((await documents.get([job('a'), job('b')])).value).toEqual([null, null])
  })

  it('is shut to end users: reads reject and commits are unreachable', async () => {
    const customHeaders = { Authorization: `Bearer ${END_USER}` }
    const stranger = freshFirestore(host, { customHeaders })
    // The client tries a refused read again for seconds.
    const impatient = open(stranger, 500)
    await expect(impatient.get([job('a')])).rejects.toMatchObject({ code: 'store_unreachable' })
    expect(await open(stranger).commit([create('a')])).toMatchObject({
      outcome: 'unreachable',
      reason: expect.stringContaining('PERMISSION_DENIED'),
    })
  })

  it('throws bad_request for what only the store could know to be too large', async () => {
    const made = await documents.commit([create('a', { one: 'x'.repeat(1_000_000) })])
    const [version = ''] = made.outcome === 'done' ? made.versions : []
    await expect(
      documents.commit([{ kind: 'update', ref: job('a'), version, fields: { two: 'x'.repeat(1_000_000) } }]),
    ).rejects.toMatchObject({ code: 'bad_request' })
  })
})
