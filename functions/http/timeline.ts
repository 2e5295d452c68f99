import { z } from 'zod'
import { readTimeline } from '../admin/timeline/read.ts'
import { TickoverError } from '../errors.ts'
import { check } from './body.ts'
import { count, instant, iso } from './fields.ts'
import type { Deps, Handler } from './surface.ts'

const HOUR_MS = 3_600_000
const DEFAULT_MS = 6 * HOUR_MS
const MOST_MS = 7 * 24 * HOUR_MS
/** The jobs of a lane are shown 100 at a time, up to this many. */
const MOST_SKIPPED = 900

export const query = z.strictObject({
  lane: z.string().max(63).optional(),
  from: instant.optional(),
  to: instant.optional(),
  skip: count(0, MOST_SKIPPED).default(0),
})

/**
 * GET /api/timeline?lane&from&to&skip: what ran, was skipped and is missing in a lane's window, by default the last 6 hours;
 * 100 jobs at a time, after those that are skipped.
 */
export function timelineRoutes({ documents, config, clock }: Pick<Deps, 'documents' | 'config' | 'clock'>): {
  'GET /api/timeline': Handler
} {
  const lanes = config.lanes.map(({ name }) => name)
  return {
    'GET /api/timeline': async (c) => {
      const now = clock.now()
      const asked = check(questionAt(now), c.req.query())
      const lane = asked.lane ?? lanes[0] ?? ''
      if (!lanes.includes(lane))
        throw new TickoverError('unknown_lane', `No lane has this name. Use one of ${lanes.join(', ')}.`)
      const { from, to, skip } = asked
      const found = await readTimeline(documents, { lane, from, to, now, skip })
      const window = { from: iso(from), to: iso(to), now: iso(now), complete_from: iso(found.complete_from) }
      const { jobs, left_out_jobs, truncated } = found
      return c.json({ lane, lanes, ...window, jobs, skipped_jobs: skip, left_out_jobs, truncated })
    },
  }
}

/** The query as it is meant at `now` (ms): without `to` the window ends now, without `from` it lasts 6 hours. */
function questionAt(now: number) {
  return query.transform(({ lane, skip, to = now, from = to - DEFAULT_MS }, context) => {
    if (to - from > 0 && to - from <= MOST_MS) return { lane, from, to, skip }
    context.addIssue({ code: 'custom', path: ['from'], message: 'must be before to, and at most 7 days' })
    return z.NEVER
  })
}
