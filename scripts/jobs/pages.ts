import { z } from 'zod'
import { jobRef, runRef } from '../../functions/lease/held.ts'
import type { Cursor, Documents, Query, Stored } from '../../functions/store/documents.ts'
import { placeOf } from '../../functions/store/order.ts'

/** What has to be known of a store before anything of it is moved. */
export interface Overview {
  /** The names of its jobs. */
  readonly jobs: ReadonlySet<string>
  readonly lanes: ReadonlySet<string>
  /** The runs in flight: those that a job has an entry of. */
  readonly open: readonly string[]
  /** The jobs of which an attempt is under way. */
  readonly held: readonly string[]
  /** The store's time, in ms. */
  readonly time: number
}

type Page = readonly Stored[]

const KINDS = ['recurring', 'one_off', 'reported']
/** Jobs of this many go into one commit also with the largest payloads. */
const PAGE = 100
/** Runs whose effects are asked for at once. */
const AT_ONCE = 20

const entries = z.array(z.object({ run: z.string(), state: z.string(), until: z.number() })).catch([])

/** Looks at all jobs. Rejects with `store_unreachable`. */
export async function overview(documents: Documents): Promise<Overview> {
  const { time } = await documents.get([jobRef('-')])
  const jobs = new Set<string>()
  const lanes = new Set<string>()
  const open: string[] = []
  const held: string[] = []
  for await (const page of jobPages(documents)) {
    for (const { ref, fields } of page) {
      jobs.add(ref.id)
      if (typeof fields.lane === 'string') lanes.add(fields.lane)
      const flights = entries.parse(fields.entries)
      open.push(...flights.map(({ run }) => run))
      if (flights.some(({ state, until }) => state !== 'retry' && until > time)) held.push(ref.id)
    }
  }
  return { jobs, lanes, open, held, time }
}

/**
 * What moves, in pages of 100, jobs last: until they are there, nobody claims anything in the other store. Of the records
 * of runs, those in flight and those scheduled since an instant (ms); of the effects, those of runs in flight.
 */
export async function* pagesToMove(
  documents: Documents,
  seen: Overview,
  since: number,
): AsyncGenerator<Page> {
  let held: Stored[] = []
  for await (const page of parts(documents, seen, since)) {
    held.push(...page)
    for (; held.length >= PAGE; held = held.slice(PAGE)) yield held.slice(0, PAGE)
  }
  if (held.length > 0) yield held
}

async function* parts(documents: Documents, seen: Overview, since: number): AsyncGenerator<Page> {
  for (let n = 0; n < seen.open.length; n += AT_ONCE)
    yield* await Promise.all(seen.open.slice(n, n + AT_ONCE).map((run) => effectsOf(documents, run)))
  for (let n = 0; n < seen.open.length; n += PAGE) {
    const { value } = await documents.get(seen.open.slice(n, n + PAGE).map(runRef))
    const found = value.filter((stored) => stored !== null)
    yield found.filter(({ fields }) => !isRecent(fields, seen, since))
  }
  // The last that could come before the instant.
  const before = { value: since - 1, id: '~' }
  for (const lane of seen.lanes) yield* pages(documents, 'runs', lane, before)
  yield* jobPages(documents)
}

async function effectsOf(documents: Documents, run: string): Promise<Page> {
  const found: Stored[] = []
  for await (const page of pages(documents, 'effects', run)) found.push(...page)
  return found
}

function isRecent({ lane, scheduled_for }: Stored['fields'], { lanes }: Overview, since: number): boolean {
  return Number(scheduled_for) >= since && lanes.has(String(lane))
}

async function* jobPages(documents: Documents): AsyncGenerator<Page> {
  for (const kind of KINDS) yield* pages(documents, 'jobs', kind)
}

async function* pages(
  documents: Documents,
  shape: Query['shape'],
  equals: string,
  start?: Cursor,
): AsyncGenerator<Page> {
  let after = start
  let size = PAGE
  while (size === PAGE) {
    const { value } = await documents.query({ shape, equals, limit: PAGE, ...(after && { after }) })
    yield value
    after = placeAfter(shape, value) ?? after
    size = value.length
  }
}

function placeAfter(shape: Query['shape'], page: Page): Cursor | null {
  const last = page.at(-1)
  const value = last === undefined ? null : placeOf(shape, last.fields)
  return last === undefined || value === null ? null : { value, id: last.ref.id }
}
