import type { Entry, Job } from '../job/job.ts'
import { parseJob } from '../job/parse.ts'
import type { Run } from '../job/run.ts'
import type { Documents, Ref, Stored } from '../store/documents.ts'

/** An attempt that this process holds. */
export interface Held {
  /** The job's name. */
  readonly job: string
  /** The entry as the claim wrote it. */
  readonly entry: Entry
  readonly run: Stored<Run>
}

/** Jobs as this tick last saw them, by name: the versions that its next writes are conditional on. */
export type Copies = Map<string, Stored<Job>>

/** Where a job stands in the store. */
export function jobRef(name: string): Ref {
  return { collection: 'scheduler_jobs', id: name }
}

/** Where the record of an occurrence stands in the store. */
export function runRef(id: string): Ref {
  return { collection: 'scheduler_runs', id }
}

/** Takes in a job as it was just read; one that is gone or cannot be read has no copy. */
export function see(copies: Copies, name: string, stored: Stored | null): void {
  const job = stored === null ? null : parseJob(stored)
  if (stored === null || job?.ok !== true) copies.delete(name)
  else copies.set(name, { ...stored, fields: job.value })
}

/** Reads a job anew into `copies`; false when the store is out of reach. */
export async function lookAgain(documents: Documents, copies: Copies, name: string): Promise<boolean> {
  const found = await documents.get([jobRef(name)]).catch(() => null)
  if (found !== null) see(copies, name, found.value[0] ?? null)
  return found !== null
}
