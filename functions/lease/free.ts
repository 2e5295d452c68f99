import { TickoverError } from '../errors.ts'
import { buryDead } from '../job/dead.ts'
import { type Entry, isHeld, type Job } from '../job/job.ts'
import { parseJob } from '../job/parse.ts'
import type { Death, Look, Plan } from '../job/plan.ts'
import type { Path } from '../rollout/stage.ts'
import type { Change, Cursor, Documents, Stored } from '../store/documents.ts'
import { claim } from './claim.ts'

/** A holder, by its run. */
export interface Holder {
  readonly job: string
  readonly run: string
  readonly path: Path
}

/** What became of the holders: those past their `until` were buried, the others live. */
export interface Freed {
  readonly freed: readonly Holder[]
  readonly living: readonly (Holder & { readonly until: number })[]
}

/** What is written in the same commit as the end of a job's dead holders. */
export type Beside = (job: Job, deaths: readonly Death[], now: number) => readonly Change[]

/** No lease, and no target's deadline, is longer than this, in ms: a job with a holder is to be looked at by then. */
const LONGEST_LEASE_MS = 86_400_000

/** Jobs that one page reads, pages of one lane, and commits for the dead of one page. */
const PAGE = 500
const MOST_PAGES = 200
const MOST_COMMITS = 200

/**
 * Buries the holders that are past their `until` as any look would (their runs wait for a retry, or have failed), and
 * starts nothing. `path`: only in jobs of which a holder of that path died, and only its living ones are told. `now` in
 * ms by the store's time. Does no harm when repeated. Rejects with `store_unreachable`.
 */
export async function free(
  documents: Documents,
  lanes: readonly string[],
  now: number,
  path?: Path,
  beside: Beside = () => [],
): Promise<Freed> {
  const freed: Holder[] = []
  const living: (Holder & { until: number })[] = []
  for (const lane of lanes) {
    for await (const page of jobsOf(documents, lane, now)) {
      const holders = page.map((stored) => holdersOf(stored, path))
      living.push(...holders.flat().filter(({ until }) => until > now))
      const dead = page.filter((_, index) => holders[index]?.some(({ until }) => until <= now))
      freed.push(...(await buryAll(documents, dead, now, beside)))
    }
  }
  return { freed, living }
}

/** The jobs of a lane that may have a holder, page by page. */
async function* jobsOf(documents: Documents, lane: string, now: number): AsyncGenerator<readonly Stored[]> {
  let after: Cursor | undefined
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const upTo = now + LONGEST_LEASE_MS
    const query = { shape: 'due', equals: lane, upTo, limit: PAGE, ...(after && { after }) } as const
    const { value } = await documents.query(query)
    yield value
    const last = value.at(-1)
    if (last === undefined || value.length < PAGE) return
    after = { value: Number(last.fields.claimable_at), id: last.ref.id }
  }
}

/** None for a document that cannot be read: a tick sets it aside. */
function holdersOf(stored: Stored, path: Path | undefined): (Holder & { until: number })[] {
  const job = parseJob(stored)
  const held = (job.ok ? job.value.entries : []).filter(isHeld)
  return held
    .filter((entry) => path === undefined || entry.path === path)
    .map((entry) => ({ ...holder(stored.ref.id, entry), until: entry.until }))
}

async function buryAll(
  documents: Documents,
  jobs: readonly Stored[],
  now: number,
  beside: Beside,
): Promise<Holder[]> {
  const look = { now, owner: 'free', path: 'tick', lease_ms: 0 } as const
  const decide = (job: Job, seen: Look): Plan => {
    const plan = buryDead(job, seen)
    return plan.deaths.length === 0 ? plan : { ...plan, also: beside(job, plan.deaths, now) }
  }
  const freed: Holder[] = []
  let left = jobs
  for (let commits = 0; commits < MOST_COMMITS && left.length > 0; commits++) {
    const { written, lost, trouble } = await claim(documents, left, look, new Map(), decide)
    if (trouble !== null)
      throw new TickoverError('store_unreachable', 'Not every dead holder was freed. Ask for it again.')
    for (const { draft, deaths } of written)
      freed.push(...deaths.map(({ entry }) => holder(draft.stored.ref.id, entry)))
    const seen = new Set([...lost, ...written.map(({ draft }) => draft.stored.ref.id)])
    left = left.filter(({ ref }) => !seen.has(ref.id))
  }
  return freed
}

function holder(job: string, { run, path }: Entry): Holder {
  return { job, run, path }
}
