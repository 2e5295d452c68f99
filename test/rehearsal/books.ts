import type { Job } from '../../functions/job/job.ts'
import { parseJob, parseRun } from '../../functions/job/parse.ts'
import type { Run, Skip } from '../../functions/job/run.ts'
import { allowance, pages } from '../../functions/rollout/gather/pages.ts'
import type { Documents, Query, Stored } from '../../functions/store/documents.ts'
import type { TickReport } from '../../functions/tick/report.ts'

/** A tick as it recorded itself. */
export type TickDocument = TickReport & {
  readonly id: string
  readonly status: string
  readonly started_at: number
  readonly ended_at: number
}

/** All that the store tells of what has been done. */
export interface Books {
  readonly jobs: readonly Job[]
  readonly runs: readonly Run[]
  readonly skips: readonly (Skip & { readonly job: string })[]
  readonly ticks: readonly TickDocument[]
  /** Of runs in shadow. */
  readonly rehearsed: number
}

const LANES = ['high', 'low']

/** Reads them whole. Rejects where a job or a run cannot be read. */
export async function readBooks(documents: Documents): Promise<Books> {
  const jobs = await every(documents, 'jobs', ['recurring', 'one_off'])
  const records = await every(documents, 'runs', LANES)
  const ticks = await every(documents, 'ticks', LANES)
  const rehearsed = await every(documents, 'shadow_runs', LANES)
  const skipped = records.filter(({ fields }) => fields.status === 'skipped')
  return {
    jobs: jobs.map((stored) => readable(parseJob(stored))),
    runs: records.filter((one) => !skipped.includes(one)).map(({ fields }) => readable(parseRun(fields))),
    skips: skipped.map(({ fields }) => fields as never),
    ticks: ticks.map(({ ref, fields }) => ({ ...(fields as never as TickDocument), id: ref.id })),
    rehearsed: rehearsed.length,
  }
}

async function every(
  documents: Documents,
  shape: Query['shape'],
  keys: readonly string[],
): Promise<Stored[]> {
  const found: Stored[] = []
  for (const equals of keys)
    for await (const page of pages(documents, { shape, equals }, null, allowance())) found.push(...page)
  return found
}

function readable<T>(parsed: { ok: true; value: T } | { ok: false; reason: string }): T {
  if (!parsed.ok) throw new Error(parsed.reason)
  return parsed.value
}
