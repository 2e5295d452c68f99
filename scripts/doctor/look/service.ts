import { z } from 'zod'
import type { Platform } from '../../rollout/platform.ts'

const PATIENCE_MS = 30_000
const PAGE = 1_000
const MOST_PAGES = 5

const job = z.looseObject({
  name: z.string(),
  /** A damaged one has none to go by. */
  lane: z.string().nullable().default(null),
  status: z.string(),
  standing: z.string().default('ok'),
  kind: z.string().default('recurring'),
  error: z.string().nullable().default(null),
  failed_in_a_row: z.number().default(0),
  time_until_due_seconds: z.number().nullable().default(null),
  entries: z.array(z.looseObject({ state: z.string(), until: z.string() })).default([]),
})
const page = z.looseObject({ jobs: z.array(job), next_cursor: z.string().nullable().default(null) })

/** A job, as far as it is judged. A damaged one has little more than its name and why. */
export interface JobSeen {
  readonly name: string
  readonly lane: string | null
  readonly is_damaged: boolean
  readonly is_failing: boolean
  readonly error: string | null
  readonly failed_in_a_row: number
  /** A backfill is of the past: it is never late. */
  readonly is_backfill: boolean
  /** Negative once it is overdue; null: nothing is due. */
  readonly due_in_seconds: number | null
  /** When its leases end, of those who hold it. ISO 8601. */
  readonly leases_until: readonly string[]
}

/** Where the service shows a job. */
export function pathOf({ name }: Pick<JobSeen, 'name'>): string {
  return `/api/jobs/${encodeURIComponent(name)}`
}

/** The jobs that recur or are one-off, and whichever others were set aside or fail: 5,000 of each at most. Rejects with what was answered. */
export async function jobsOf({ url, token }: Pick<Platform, 'url' | 'token'>): Promise<readonly JobSeen[]> {
  const authorization = `Bearer ${await token()}`
  const asked = ['kind=recurring', 'kind=one_off', 'standing=damaged', 'standing=failing']
  const all = (await Promise.all(asked.map((what) => listOf(what, url, authorization)))).flat()
  return [...new Map(all.map((one) => [one.name, one])).values()].map(seenOf)
}

async function listOf(asked: string, url: string, authorization: string) {
  const found: z.infer<typeof job>[] = []
  let cursor: string | null = null
  for (let n = 0; n < MOST_PAGES; n += 1) {
    const after: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const at = new URL(`/api/jobs?${asked}&limit=${PAGE}${after}`, url)
    const signal = AbortSignal.timeout(PATIENCE_MS)
    // Followed, a redirect could take the token elsewhere.
    const answer = await fetch(at, { headers: { authorization }, signal, redirect: 'manual' })
    if (!answer.ok) throw new Error(`GET /api/jobs answered ${answer.status}`)
    const { jobs, next_cursor } = page.parse(await answer.json())
    found.push(...jobs)
    cursor = next_cursor
    if (cursor === null) break
  }
  return found
}

function seenOf({ name, lane, status, standing, kind, entries, ...one }: z.infer<typeof job>): JobSeen {
  return {
    name,
    lane,
    is_damaged: status === 'damaged',
    is_failing: standing === 'failing',
    error: one.error,
    failed_in_a_row: one.failed_in_a_row,
    is_backfill: kind === 'backfill',
    due_in_seconds: one.time_until_due_seconds,
    leases_until: entries.filter(({ state }) => state === 'running').map(({ until }) => until),
  }
}
