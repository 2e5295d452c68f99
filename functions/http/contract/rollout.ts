import { z } from 'zod'
import { EVIDENCE } from '../../rollout/evidence.ts'
import { count, instant, PATH } from './parts.ts'

const LINE = z.object({
  id: z.string(),
  what: z.string(),
  required: z.string(),
  measured: z.string(),
  samples: z.number().nullable(),
  verdict: z.enum(['pass', 'fail', 'inconclusive']),
  refs: z.array(z.object({ guide: z.string(), item: z.string() })),
})

/** Where the move stands, and the gate to the next stage. The instants of `evidence` are milliseconds. */
export const ROLLOUT = z.object({
  stage: count,
  name: z.string(),
  environment: z.string(),
  since: instant.nullable(),
  revision: z.string(),
  next: count.nullable(),
  to: z.union([count, z.literal('30d')]),
  evidence: EVIDENCE,
  lines: z.array(LINE),
  for_people: z.array(z.object({ guide: z.string(), item: z.string(), act: z.string() })),
})

export const RECORDED = z.object({ recorded: z.string(), at: instant })

const HOLDER = z.object({ job: z.string(), run: z.string(), path: PATH })

export const FREED = z.object({ freed: z.array(HOLDER), living: z.array(HOLDER.extend({ until: instant })) })
