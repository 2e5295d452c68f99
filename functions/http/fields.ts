import { z } from 'zod'
import { parseInstant } from '../schedule/instant.ts'

/** An instant in ISO 8601, in ms; without a zone it is UTC. */
export const instant = z
  .string()
  .max(64)
  .transform((text, context) => {
    const read = parseInstant(text)
    if (read === null) context.addIssue('must be an instant in ISO 8601, such as 2030-01-31T09:30:00Z')
    return read?.at ?? z.NEVER
  })

/** The name of a job that others may have made: whatever can be the id of a document. */
export const jobName = z
  .string()
  .regex(/^(?!\.{1,2}$)(?!__.*__$)[^/]{1,200}$/u, 'must be 1 to 200 characters, none of them "/"')

/** JSON data, as text of at most so many bytes. */
export const jsonText = (most: number) =>
  z
    .unknown()
    .transform((value) => JSON.stringify(value))
    .refine((json) => Buffer.byteLength(json) <= most, `is over ${most} bytes of JSON: send less`)

/** An instant (ms) as it is answered. */
export function iso(at: number): string {
  return new Date(at).toISOString()
}
