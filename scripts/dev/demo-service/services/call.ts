import { z } from 'zod'

/** What a service is sent, and nothing else: it refuses any other field, and a user that is null. */
const body = z.strictObject({
  jobName: z.string().min(1),
  config: z.record(z.string(), z.unknown()),
  executionId: z.string().min(1),
  triggeredBy: z.enum(['scheduler', 'manual']),
  triggeredByUser: z.string().min(1).optional(),
})

/** One call of a job, as a service understands it. */
export type Call = z.output<typeof body>

/** Reads a call; null when its body or its headers are not as agreed. */
export function readCall(json: unknown, header: (name: string) => string | undefined): Call | null {
  const call = body.safeParse(json).data
  const ids = ['x-scheduler-execution-id', 'idempotency-key'].map(header)
  return call !== undefined && ids.every((id) => id === call.executionId) ? call : null
}
