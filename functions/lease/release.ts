import { TickoverError } from '../errors.ts'
import type { Entry, Job } from '../job/job.ts'
import type { Death, Look, Plan } from '../job/plan.ts'
import { release } from '../job/release.ts'
import type { Change, Documents } from '../store/documents.ts'
import { existing, readable } from './change.ts'
import { claim } from './claim.ts'
import { jobRef } from './held.ts'

/** Which holders are to let go, and what is said of it. */
export interface Letting {
  /** Null: all runs of the job. */
  readonly run: string | null
  readonly why: string
  /** What is written in the same commit. */
  readonly also: (before: Job, deaths: readonly Death[], now: number) => readonly Change[]
}

const MOST_LOOKS = 5

/**
 * Takes a job's runs from their holders; answers those runs, none where nothing was held. Rejects with `not_found`,
 * `storage_damaged`, `store_unreachable`.
 */
export async function releaseLease(
  documents: Documents,
  name: string,
  { run, why, also }: Letting,
): Promise<readonly string[]> {
  let asked: Asked | null = null
  for (let looks = 0; looks < MOST_LOOKS; looks++) {
    const { value, time: now } = await documents.get([jobRef(name)])
    const stored = existing(value[0])
    const job = readable(stored)
    if (asked !== null && (await areThere(documents, asked.entries))) return asked.runs
    const meant: readonly Entry[] =
      asked?.meant ?? job.entries.filter((entry) => run === null || entry.run === run)
    const look: Look = { now, owner: 'release', path: 'tick', lease_ms: 0 }
    const decide = (one: Job): Plan => {
      const plan = release(one, look, (entry) => meant.some((seen) => isSame(seen, entry)), why)
      return { ...plan, also: also(one, plan.deaths, now) }
    }
    const { deaths, also: entries = [] } = decide(job)
    if (deaths.length === 0) return []
    asked = { meant, entries, runs: deaths.map(({ entry }) => entry.run) }
    const { written, trouble } = await claim(documents, [stored], look, new Map(), decide)
    if (trouble !== null)
      throw new TickoverError('store_unreachable', 'It is not known whether they were released. Ask again.')
    if (written.length > 0) return written.flatMap(({ deaths: gone }) => gone.map(({ entry }) => entry.run))
  }
  throw new TickoverError('store_unreachable', 'Others change this job again and again. Ask again.')
}

/** What was asked for: the entries as they were seen, so that a lost reply does not have a released run cancelled as well. */
interface Asked {
  readonly meant: readonly Entry[]
  readonly entries: readonly Change[]
  readonly runs: readonly string[]
}

function isSame(seen: Entry, { run, fence, state }: Entry): boolean {
  return seen.run === run && seen.fence === fence && seen.state === state
}

/** Was the commit made whose reply was lost? What it wrote beside tells. */
async function areThere(documents: Documents, entries: readonly Change[]): Promise<boolean> {
  if (entries.length === 0) return false
  const { value } = await documents.get(entries.map(({ ref }) => ref))
  return value.every((stored) => stored !== null)
}
