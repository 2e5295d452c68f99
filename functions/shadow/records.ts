import { parseRun, parseSkip } from '../job/parse.ts'
import type { Cursor, Documents, Stored } from '../store/documents.ts'
import type { Gap, Seen, Side } from './compare/side.ts'

const PAGE = 1_000

/** What was recorded on both sides. */
export interface Records {
  readonly live: Side
  readonly shadow: Side
  readonly documents_read: number
  /** Records that the code cannot read. */
  readonly documents_unreadable: number
  /** Where reading stopped for want of more than `most` documents: from this instant (ms) on it is not whole; null: it is. */
  readonly cut_at: number | null
}

/** Which records: scheduled after `from`, up to `to` (ms); of one job or of all; at most `most` of them are read. */
export interface Wanted {
  readonly lanes: readonly string[]
  readonly from: number
  readonly to: number
  readonly job?: string | undefined
  readonly most: number
}

interface Stream {
  readonly side: 'live' | 'shadow'
  readonly lane: string
  /** What was read lies before this place. */
  after: Cursor & { readonly value: number }
}

/** Reads the records of both sides page by page, always where reading has come least far: cut off, it is cut at one instant. */
export async function readRecords(documents: Documents, wanted: Wanted): Promise<Records> {
  const records = { live: newSide(), shadow: newSide(), documents_read: 0, documents_unreadable: 0 }
  let open = wanted.lanes.flatMap((lane) => [stream('live', lane, wanted), stream('shadow', lane, wanted)])
  while (records.documents_read < wanted.most) {
    const next = open.toSorted((a, b) => a.after.value - b.after.value)[0]
    if (next === undefined) break
    const limit = Math.min(PAGE, wanted.most - records.documents_read)
    const page = await readPage(documents, next, wanted.to, limit)
    for (const stored of page) {
      const taken = take(records[next.side], stored, wanted.job)
      if (taken === 'unreadable') records.documents_unreadable++
    }
    records.documents_read += page.length
    if (page.length < limit) open = open.filter((other) => other !== next)
  }
  const cut_at = open.length === 0 ? null : Math.min(...open.map(({ after }) => after.value))
  return { ...records, cut_at }
}

async function readPage(
  documents: Documents,
  reading: Stream,
  upTo: number,
  limit: number,
): Promise<readonly Stored[]> {
  const shape = reading.side === 'live' ? 'runs' : 'shadow_runs'
  const { value } = await documents.query({ shape, equals: reading.lane, upTo, after: reading.after, limit })
  const last = value.at(-1)
  if (last !== undefined) reading.after = { value: Number(last.fields.scheduled_for), id: last.ref.id }
  return value
}

function stream(side: Stream['side'], lane: string, { from }: Wanted): Stream {
  return { side, lane, after: { value: from, id: '~' } }
}

type Growing = { readonly runs: Seen[]; readonly gaps: Gap[] }

function newSide(): Growing {
  return { runs: [], gaps: [] }
}

/** Takes in a run of the schedule or a range of skips; runs that people asked for are no part of a comparison. */
function take(side: Growing, { fields }: Stored, job: string | undefined): 'taken' | 'left' | 'unreadable' {
  const { status, triggered_by } = fields
  if (job !== undefined && fields.job !== job) return 'left'
  if (status === 'skipped') {
    const gap = parseSkip(fields)
    if (gap.ok) side.gaps.push(gap.value)
    return gap.ok ? 'taken' : 'unreadable'
  }
  if (typeof triggered_by === 'string' && triggered_by !== 'scheduler') return 'left'
  const run = parseRun(fields)
  if (!run.ok) return 'unreadable'
  // Results are large, and no part of a comparison.
  const { result: _, items: __, ...seen } = run.value
  side.runs.push(seen)
  return 'taken'
}
