import { z } from 'zod'
import { CODES } from '../../errors.ts'
import type { ProblemBody } from '../problem.ts'

const STATUSES = [...new Set(Object.values(CODES))]

/** An error: a problem of RFC 9457, with the fields `error` and `message` that older clients read. */
export const PROBLEM = z.object({
  type: z.literal('about:blank'),
  title: z.string(),
  status: z.literal(STATUSES),
  detail: z.string(),
  code: z.enum(Object.keys(CODES)),
  error: z.string(),
  message: z.string(),
  problems: z.array(z.object({ field: z.string(), message: z.string() })).exactOptional(),
}) satisfies z.ZodType<ProblemBody>
