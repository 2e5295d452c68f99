import { isDeepStrictEqual } from 'node:util'
import type { Job } from '../job/job.ts'

/** The payload of a run as JSON text: the one reported, in the job's own words where both say the same. */
export function textFor({ payload }: Job, reported: string | null): string {
  return reported === null || isDeepStrictEqual(JSON.parse(reported), dataOf(payload)) ? payload : reported
}

/** What a stored text says; undefined when a hand has made it no JSON. */
export function dataOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
