import type { z } from 'zod'

/** Reads what gcloud answered with `--format=json`; fields that the schema does not name are not looked at. */
export function parse<T>(schema: z.ZodType<T>, text: string): T {
  const parsed = schema.safeParse(JSON.parse(text))
  if (parsed.success) return parsed.data
  const where = parsed.error.issues[0]?.path.join('.') ?? ''
  throw new Error(`gcloud answers what cannot be read here (${where}). Update it: gcloud components update`)
}

/** What stands after this part of a resource's full name. */
export function afterPart(name: string, part: string): string {
  const parts = name.split('/')
  return parts[parts.indexOf(part) + 1] ?? ''
}
