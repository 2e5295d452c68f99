import { z } from 'zod'
import { handoverAfter, ownerOf, type Path, type Rollout } from '../rollout/stage.ts'
import { check } from './body.ts'
import { readCursor, writeCursor } from './cursor.ts'
import { instant, iso, jobName } from './fields.ts'
import type { Deps, Handler } from './surface.ts'

const MOST = 1_000

export const asking = z.strictObject({
  job: jobName.optional(),
  at: instant.optional(),
  limit: z.coerce.number().int().min(1).max(MOST).default(MOST),
  cursor: z.string().max(2000).optional(),
})

/** GET /api/ownership: which path has a job, and until when: advice, since only a claim decides. */
export function ownershipRoutes({ config, clock, documents }: Pick<Deps, 'config' | 'clock' | 'documents'>): {
  'GET /api/ownership': Handler
} {
  return {
    'GET /api/ownership': async (c) => {
      const { job, at = clock.now(), limit, cursor } = check(asking, c.req.query())
      const { stage } = config
      if (job !== undefined) return c.json({ stage, jobs: [ownershipOf(job, at, config)] })
      const after = cursor === undefined ? {} : { after: readCursor(cursor) }
      const { value } = await documents.query({ shape: 'jobs', equals: 'recurring', limit, ...after })
      const last = value.length === limit ? value.at(-1) : undefined
      const jobs = value.map(({ ref }) => ownershipOf(ref.id, at, config))
      return c.json({ stage, jobs, next_cursor: last === undefined ? null : writeCursor(last) })
    },
  }
}

function ownershipOf(
  job: string,
  at: number,
  rollout: Rollout,
): { job: string; path: Path; until: string | null } {
  const handover = handoverAfter(at, rollout)
  return { job, path: ownerOf(job, at, rollout), until: Number.isFinite(handover) ? iso(handover) : null }
}
