import { beforeAll, describe, expect, it } from 'vitest'
import indexes from '../../../firestore.indexes.json' with { type: 'json' }
import { transitJobs } from '../../../functions/jobs/examples/transit/jobs.ts'
import { createLog } from '../../../functions/observe/log.ts'
import { currentTrace } from '../../../functions/observe/trace.ts'
import type { Fields, Query, Stored } from '../../../functions/store/documents.ts'
import { LOGGED_BYTES, STORED_BYTES } from '../../../scripts/cost/month.ts'
import { createMemory } from '../../../scripts/dev/demo-service/received.ts'
import { virtualClock } from '../../support/virtual-clock.ts'
import { demoFetch } from '../../systems/demo-fetch.ts'
import { hourOf, MIDNIGHT } from './hour.ts'

/** As much as a constant may be off what is measured. */
const NEAR = 0.25

type Hour = Awaited<ReturnType<typeof hourOf>>
let hour: Hour

beforeAll(async () => {
  hour = await hourOf({
    lanes: [
      { name: 'high', dwell_seconds: 75 },
      { name: 'low', dwell_seconds: null },
    ],
    from: MIDNIGHT + 12 * 3_600_000,
    hours: 0.25,
    jobs: (clock) =>
      transitJobs({ baseUrl: 'http://demo.example', fetch: demoFetch(clock, createMemory(clock)).fetch }),
  })
})

/** Their size on average, with the entries of the composite indexes. */
async function stored(query: Omit<Query, 'limit'>, keep: (one: Stored) => boolean = () => true) {
  const { value } = await hour.documents.query({ ...query, limit: 1000 })
  const found = value.filter(keep)
  expect(found.length).toBeGreaterThan(0)
  return found.reduce((sum, one) => sum + sizeOf(one), 0) / found.length
}

function expectNear(constant: number, measured: number) {
  expect(Math.abs(constant - measured), `measured ${measured.toFixed(0)}`).toBeLessThan(NEAR * measured)
}

describe('what is stored of a job set is counted by the size', () => {
  it('of a run', async () => {
    expectNear(STORED_BYTES.runs, await stored({ shape: 'runs', equals: 'high' }, (one) => !isSkip(one)))
  })

  it('of a record of skipped occurrences', async () => {
    expectNear(STORED_BYTES.skips, await stored({ shape: 'runs', equals: 'high' }, isSkip))
  })

  it('of a tick', async () => {
    expectNear(STORED_BYTES.ticks, await stored({ shape: 'ticks', equals: 'high' }))
  })

  it('of an effect', async () => {
    const runs = { shape: 'performed', equals: 'route-broadcast', limit: 1 } as const
    const { value } = await hour.documents.query(runs)
    const run = value[0]?.ref.id ?? ''
    expectNear(STORED_BYTES.effects, await stored({ shape: 'effects', equals: run }))
  })
})

describe('what is logged is counted by the lines', () => {
  it('of a tick', () => {
    expectNear(LOGGED_BYTES.ticks, bytesOf(['tick_started', 'tick_completed']) / number('tick_completed'))
  })

  it('of a run', () => {
    expectNear(LOGGED_BYTES.runs, bytesOf(['job_claimed', 'run_settled']) / number('run_settled'))
  })
})

/** As Firestore's page on storage sizes counts: the document, and an entry of each composite index of its collection. */
function sizeOf({ ref, fields }: Stored): number {
  const name = Buffer.byteLength(ref.collection) + Buffer.byteLength(ref.id) + 2 + 16
  const entries = indexes.indexes
    .filter(({ collectionGroup }) => collectionGroup === ref.collection)
    .filter((index) => index.fields.every(({ fieldPath }) => fieldPath in fields))
    .map((index) =>
      index.fields.reduce((sum, { fieldPath }) => sum + valueSize(fields[fieldPath]), name + 32),
    )
  return entries.reduce((sum, one) => sum + one, name + 32 + mapSize(fields))
}

function mapSize(fields: Fields): number {
  return Object.entries(fields).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + 1 + valueSize(value),
    0,
  )
}

function valueSize(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value) + 1
  if (typeof value === 'number') return 8
  if (Array.isArray(value)) return value.reduce((sum: number, one) => sum + valueSize(one), 0)
  if (typeof value === 'object' && value !== null) return mapSize(value as Fields)
  return 1
}

function isSkip({ fields }: Stored): boolean {
  return fields.status === 'skipped'
}

/** Of the lines that events of these kinds make. */
function bytesOf(kinds: readonly string[]): number {
  let bytes = 0
  const destination = {
    write: (line: string) => {
      bytes += Buffer.byteLength(line)
    },
  }
  const log = createLog({
    destination,
    clock: virtualClock(MIDNIGHT),
    project: 'my-project',
    trace: currentTrace,
  })
  for (const event of hour.events) if (kinds.includes(event.kind)) log(event)
  return bytes
}

function number(kind: string): number {
  return hour.events.filter((event) => event.kind === kind).length
}
