import type { Context } from 'hono'
import { z } from 'zod'
import { startOfDays, sumDaily } from '../job/daily.ts'
import type { Job } from '../job/job.ts'
import { ownOffset } from '../job/occurrences.ts'
import { existing, readable } from '../lease/change.ts'
import { preview } from '../schedule/preview.ts'
import { parseSchedule, type Schedule } from '../schedule/schedule.ts'
import type { Documents, Query, Stored } from '../store/documents.ts'
import { check } from './body.ts'
import { readPlace, writePlace } from './cursor.ts'
import { presentExecution } from './execution.ts'
import { count, instant, iso, refOfJob } from './fields.ts'
import { datedFields } from './presentation.ts'
import type { Deps, Handler, Vars } from './surface.ts'

/** The furthest that an offset goes: each document before it is read, and billed. */
const MOST_OFFSET = 10_000

/** The most that one query reads. */
const MOST_READ = 1_000

export const historyQuery = z.strictObject({
  limit: count(1, 100).default(20),
  offset: count(0, MOST_OFFSET).default(0),
  cursor: z.string().max(2000).optional(),
  include: z.enum(['performed', 'skipped'], 'must be performed or skipped').default('performed'),
})

export const statsQuery = z.strictObject({ days: count(1, 365).default(30) })

export const previewQuery = z.strictObject({
  count: count(1, 100).default(10),
  cron: z.string().max(200).optional(),
  time_zone: z.string().max(100).optional(),
  from: instant.optional(),
})

export const auditQuery = z.strictObject({
  limit: count(1, 100).default(20),
  cursor: z.string().max(2000).optional(),
})

/** What a job did and will do: its runs page by page, sums of days, next occurrences, and who changed what. */
export function historyRoutes({
  documents,
  clock,
}: Pick<Deps, 'documents' | 'clock'>): Record<
  `GET /api/jobs/:name/${'history' | 'stats' | 'preview' | 'audit'}`,
  Handler
> {
  const jobOf = async (c: Context<Vars>): Promise<Job> => {
    const { value } = await documents.get([refOfJob(c.req.param('name') ?? '')])
    return readable(existing(value[0]))
  }
  return {
    'GET /api/jobs/:name/history': async (c) => {
      const { limit, offset, cursor, include } = check(historyQuery, c.req.query())
      const { name, totals, entries } = await jobOf(c)
      const shape = include === 'skipped' ? 'history' : 'performed'
      const after = cursor === undefined ? {} : { after: readPlace(cursor) }
      const value = await pageAt(documents, { shape, equals: name, limit: limit + 1, ...after }, offset)
      const page = value.slice(0, limit)
      const hasMore = value.length > limit
      const isEnd = !hasMore && cursor === undefined && (page.length > 0 || offset === 0)
      const known = totals.runs + entries.filter(({ attempt }) => attempt > 0).length
      // Records leave after 90 days, and a range of skips is one of them: at the end it is known how many there are.
      const total = isEnd
        ? offset + page.length
        : Math.max(known, page.length === 0 ? 0 : offset + value.length)
      const next_cursor = hasMore ? writeLast(page, 'listed_at') : null
      const pagination = { limit, offset, total, hasMore, next_cursor }
      return c.json({ executions: page.map(presentExecution), pagination })
    },
    'GET /api/jobs/:name/stats': async (c) => {
      const { days } = check(statsQuery, c.req.query())
      const { daily } = await jobOf(c)
      const now = clock.now()
      const from = startOfDays(now, days)
      const { runs, succeeded, failed, duration_ms, items } = sumDaily(daily, from, now)
      const stats = {
        total_executions: runs,
        successful_executions: succeeded,
        failed_executions: failed,
        avg_duration_ms: runs === 0 ? 0 : Math.round(duration_ms / runs),
        total_items_processed: items,
      }
      return c.json({ stats, period: { days, from: iso(from), to: iso(now) } })
    },
    'GET /api/jobs/:name/preview': async (c) => {
      const { count: most, cron, time_zone, from } = check(previewQuery, c.req.query())
      const job = await jobOf(c)
      const schedule = scheduleFor(job.schedule, cron, time_zone)
      const after = from === undefined ? clock.now() : from - 1
      const { occurrences, clock_changes } = preview(schedule, after, most, ownOffset(job))
      return c.json({
        schedule: datedFields(schedule),
        occurrences: occurrences.map(dated),
        clock_changes: clock_changes.map(dated),
      })
    },
    'GET /api/jobs/:name/audit': async (c) => {
      const { limit, cursor } = check(auditQuery, c.req.query())
      const { id: equals } = refOfJob(c.req.param('name') ?? '')
      const after = cursor === undefined ? {} : { after: readPlace(cursor) }
      const { value } = await documents.query({ shape: 'audit_of', equals, limit: limit + 1, ...after })
      const page = value.slice(0, limit)
      const entries = page.map(({ ref, fields }) => ({ id: ref.id, ...datedFields(fields) }))
      return c.json({ entries, next_cursor: value.length > limit ? writeLast(page, 'at') : null })
    },
  }
}

/** With its instant as it is answered. */
function dated<T extends { readonly at: number }>(one: T) {
  return { ...one, at: iso(one.at) }
}

/** A page that begins so many documents further on: those before it are read, at most 1,000 at once. */
async function pageAt(documents: Documents, query: Query, offset: number): Promise<readonly Stored[]> {
  let page = query
  for (let left = offset; ; ) {
    if (left + query.limit <= MOST_READ) {
      const { value } = await documents.query({ ...page, limit: left + query.limit })
      return value.slice(left)
    }
    const passed = Math.min(MOST_READ, left)
    const { value } = await documents.query({ ...page, limit: passed })
    const last = value.at(-1)
    if (last === undefined || value.length < passed) return []
    left -= passed
    page = { ...page, after: { value: Number(last.fields.listed_at), id: last.ref.id } }
  }
}

/** The schedule to look ahead by: the job's own, or one that somebody thinks of, in the job's time zone unless named. */
function scheduleFor(own: Schedule, cron: string | undefined, zone: string | undefined): Schedule {
  if (cron === undefined) return own
  const time_zone = zone ?? zoneOf(own)
  return parseSchedule({ cron, time_zone }, { time_zone, anchor_at: 0 })
}

/** The time zone that a schedule is in. */
export function zoneOf(schedule: Schedule): string {
  return schedule.kind === 'cron' ? schedule.time_zone : 'UTC'
}

function writeLast(page: readonly Stored[], field: string): string | null {
  const last = page.at(-1)
  return last === undefined ? null : writePlace({ value: Number(last.fields[field]), id: last.ref.id })
}
