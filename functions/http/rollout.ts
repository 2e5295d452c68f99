import { z } from 'zod'
import { forPeople } from '../rollout/criteria.ts'
import type { Target } from '../rollout/gate/check.ts'
import { nextOf } from '../rollout/gate/order.ts'
import { judge } from '../rollout/gate.ts'
import { gather, type Sources } from '../rollout/gather.ts'
import { STAGES } from '../rollout/stage.ts'
import { check } from './body.ts'
import { instant } from './fields.ts'
import type { Handler } from './surface.ts'

const TARGETS: Readonly<Record<string, Target>> = { 1: 1, 2: 2, 3: 3, 4: 4, 5: 5, '30d': '30d' }

export const asked = z.strictObject({
  to: z
    .string()
    .refine((text) => Object.hasOwn(TARGETS, text), 'must be a stage from 1 to 5, or 30d')
    .transform((text) => TARGETS[text])
    .optional(),
  from: instant.optional(),
})

/**
 * GET /api/rollout?to&from: where the move stands, and the gate to the next stage as far as the store can tell. `evidence`
 * keeps its instants as milliseconds, so that it can be judged again with what was probed from outside.
 */
export function rolloutRoutes(sources: Sources): { 'GET /api/rollout': Handler } {
  return {
    'GET /api/rollout': async (c) => {
      const { to, from } = check(asked, c.req.query())
      const evidence = await gather(sources, from ?? null)
      const { stage, environment, revision, stage_since } = evidence
      const next = nextOf(evidence)
      const lines = judge(evidence, to ?? next)
      return c.json({
        stage,
        name: STAGES[stage],
        environment,
        since: stage_since === null ? null : new Date(stage_since).toISOString(),
        revision,
        next: next === '30d' ? null : next,
        to: to ?? next,
        evidence,
        lines,
        for_people: forPeople(to ?? next),
      })
    },
  }
}
