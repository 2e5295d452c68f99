import type { Entry, Job } from '../../job/job.ts'
import { parseJob } from '../../job/parse.ts'
import type { Schedule } from '../../schedule/schedule.ts'
import type { Documents, Stored } from '../../store/documents.ts'
import type { Evidence } from '../evidence.ts'
import { overdueSince } from '../overdue.ts'
import { type Allowance, pages } from './pages.ts'
import type { Pace } from './slots.ts'

/** A held entry, with the lane of its job. */
export type Held = Entry & { readonly lane: string }

/** No lease is longer than this, in ms: a job with a holder is to be looked at by then. */
const LONGEST_LEASE_MS = 3_600_000

/** What the jobs show. */
export interface Standing {
  /** When, by the store's time (ms), which leases end by. */
  readonly at: number
  readonly held: readonly Held[]
  readonly overdue: number
}

/** Reads every job of the lanes that may be held, or that waits. Their ticks come as `pace` says. */
export async function readStanding(
  documents: Documents,
  lanes: readonly string[],
  pace: Pace,
  allowed: Allowance,
): Promise<Standing> {
  const at = await timeOf(documents)
  const held: Held[] = []
  let overdue = 0
  for (const equals of lanes) {
    const since = overdueSince(pace, equals, at)
    for await (const page of pages(
      documents,
      { shape: 'due', equals },
      [null, at + LONGEST_LEASE_MS],
      allowed,
    ))
      for (const stored of page) {
        if (isOverdue(stored, since)) overdue++
        const job = parseJob(stored)
        if (job.ok) held.push(...heldOf(job.value))
      }
  }
  return { at, held, overdue }
}

/** A backfill is of the past: it is never late. */
function isOverdue({ fields }: Stored, since: number | null): boolean {
  return since !== null && fields.kind !== 'backfill' && Number(fields.claimable_at) <= since
}

async function timeOf(documents: Documents): Promise<number> {
  const { time } = await documents.query({ shape: 'jobs', equals: 'recurring', limit: 1 })
  return time
}

function heldOf({ entries, lane }: Job): Held[] {
  return entries.filter(({ state }) => state === 'running').map((entry) => ({ ...entry, lane }))
}

/** What the recurring jobs say: their schedules by name, and the lanes that they are in. */
export async function readRecurring(documents: Documents, allowed: Allowance) {
  const schedules = new Map<string, Schedule>()
  const lanes = new Set<string>()
  const asked = { shape: 'jobs', equals: 'recurring' } as const
  for await (const page of pages(documents, asked, null, allowed))
    for (const stored of page) {
      const job = parseJob(stored)
      if (!job.ok) continue
      schedules.set(job.value.name, job.value.schedule)
      lanes.add(job.value.lane)
    }
  return { schedules, lanes }
}

/** Who holds how much, and what nobody has taken up since its lease ended. */
export function leasesOf(held: readonly Held[], now: number): NonNullable<Evidence['leases']> {
  const of = (path: Entry['path']) => {
    const own = held.filter((entry) => entry.path === path)
    const alive = own.filter(({ until }) => until > now).length
    return { alive, past_end: own.length - alive }
  }
  const oldest = Math.min(now, ...held.map(({ until }) => until))
  return { legacy: of('legacy'), tick: of('tick'), oldest_past_end_seconds: (now - oldest) / 1000 }
}
