import { z } from 'zod'
import { TickoverError } from '../errors.ts'
import { parseInstant } from '../schedule/instant.ts'
import type { Ref } from '../store/documents.ts'

/** An instant in ISO 8601, in ms; without a zone it is UTC. */
export const instant = z
  .string()
  .max(64)
  .transform((text, context) => {
    const read = parseInstant(text)
    if (read === null) context.addIssue('must be an instant in ISO 8601, such as 2030-01-31T09:30:00Z')
    return read?.at ?? z.NEVER
  })
  .describe('An instant in ISO 8601; without a zone it is UTC')

/** The name of a job that others may have made: whatever can be the id of a document. */
export const jobName = z
  .string()
  .regex(/^(?!\.{1,2}$)(?!__.*__$)[^/]{1,200}$/u, 'must be 1 to 200 characters, none of them "/"')

/** A text of one line, without what moves a terminal's cursor or turns the direction of writing. */
export const line = (most: number) =>
  z
    .string()
    .max(most)
    .regex(
      /^[^\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]*$/u,
      'must be one line, without control characters',
    )

/** A whole number of a query, in decimal digits. */
export const count = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,6}$/, `must be a whole number from ${least} to ${most}`)
    .transform(Number)
    .refine((number) => number >= least && number <= most, `must be a whole number from ${least} to ${most}`)
    .meta({ type: 'integer', minimum: least, maximum: most })

/** Where the job of this name stands; throws `not_found` for a name that no document can have. */
export function refOfJob(name: string): Ref {
  const isId = name.length > 0 && Buffer.byteLength(name) <= 1000 && !/^\.{1,2}$|^__.*__$|\//.test(name)
  if (isId && name.isWellFormed()) return { collection: 'scheduler_jobs', id: name }
  throw new TickoverError('not_found', 'Job not found. GET /api/jobs lists the jobs there are.')
}

/** JSON data, as text of at most so many bytes. */
export const jsonText = (most: number) =>
  z
    .unknown()
    .transform((value) => JSON.stringify(value))
    .refine((json) => Buffer.byteLength(json) <= most, `is over ${most} bytes of JSON: send less`)

/** A JSON object, as text of at most so many bytes. */
export const jsonObject = (most: number) =>
  z
    .record(z.string(), z.unknown(), 'must be an object')
    .transform((value) => JSON.stringify(value))
    .refine((json) => Buffer.byteLength(json) <= most, `is over ${most} bytes of JSON: send less`)

/** An instant (ms) as it is answered. */
export function iso(at: number): string {
  return new Date(at).toISOString()
}
