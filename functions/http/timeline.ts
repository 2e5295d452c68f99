import { z } from 'zod'
import { readTimeline } from '../admin/timeline/read.ts'
import { TickoverError } from '../errors.ts'
import { check } from './body.ts'
import { instant, iso } from './fields.ts'
import type { Deps, Handler } from './surface.ts'

const HOUR_MS = 3_600_000
const DEFAULT_MS = 6 * HOUR_MS
const MOST_MS = 7 * 24 * HOUR_MS

export const query = z.strictObject({
  lane: z.string().max(63).optional(),
  from: instant.optional(),
  to: instant.optional(),
})

/** GET /api/timeline?lane&from&to: what ran, was skipped and is missing in a lane's window, by default the last 6 hours. */
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
      const { from, to } = asked
      const { jobs, truncated } = await readTimeline(documents, { lane, from, to, now })
      return c.json({ lane, lanes, from: iso(from), to: iso(to), now: iso(now), jobs, truncated })
    },
  }
}

/** The query as it is meant at `now` (ms): without `to` the window ends now, without `from` it lasts 6 hours. */
function questionAt(now: number) {
  return query.transform(({ lane, to = now, from = to - DEFAULT_MS }, context) => {
    if (to - from > 0 && to - from <= MOST_MS) return { lane, from, to }
    context.addIssue({ code: 'custom', path: ['from'], message: 'must be before to, and at most 7 days' })
    return z.NEVER
  })
}
