import { z } from 'zod'
import type { Platform } from '../../rollout/platform.ts'

const PATIENCE_MS = 30_000
const MOST_JOBS = 1_000

const job = z.looseObject({
  name: z.string(),
  status: z.string(),
  standing: z.string().default('ok'),
  kind: z.string().default('recurring'),
  error: z.string().nullable().default(null),
  failed_in_a_row: z.number().default(0),
  time_until_due_seconds: z.number().nullable().default(null),
  entries: z.array(z.looseObject({ state: z.string(), until: z.string() })).default([]),
})
const page = z.looseObject({ jobs: z.array(job) })

/** A job, as far as it is judged. A damaged one has little more than its name and why. */
export interface JobSeen {
  readonly name: string
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

/** The recurring jobs, and whichever others were set aside or fail: a thousand of each at most. Rejects with what was answered. */
export async function jobsOf({ url, token }: Pick<Platform, 'url' | 'token'>): Promise<readonly JobSeen[]> {
  const authorization = `Bearer ${await token()}`
  const lists = ['kind=recurring', 'standing=damaged', 'standing=failing'].map(async (asked) => {
    const at = new URL(`/api/jobs?${asked}&limit=${MOST_JOBS}`, url)
    const signal = AbortSignal.timeout(PATIENCE_MS)
    // Followed, a redirect could take the token elsewhere.
    const answer = await fetch(at, { headers: { authorization }, signal, redirect: 'manual' })
    if (!answer.ok) throw new Error(`GET /api/jobs answered ${answer.status}`)
    return page.parse(await answer.json()).jobs
  })
  const all = (await Promise.all(lists)).flat()
  return [...new Map(all.map((one) => [one.name, one])).values()].map(seenOf)
}

function seenOf({ name, status, standing, kind, entries, ...one }: z.infer<typeof job>): JobSeen {
  return {
    name,
    is_damaged: status === 'damaged',
    is_failing: standing === 'failing',
    error: one.error,
    failed_in_a_row: one.failed_in_a_row,
    is_backfill: kind === 'backfill',
    due_in_seconds: one.time_until_due_seconds,
    leases_until: entries.filter(({ state }) => state === 'running').map(({ until }) => until),
  }
}
