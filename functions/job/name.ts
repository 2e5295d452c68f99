/** Names of jobs and job types: they stand in document ids, addresses and log lines. */
export const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/

/** Stands between a job's name and its backfill's; no name of a job that code or a service may choose holds it. */
const BACKFILL = '~'

/** The name of a backfill of a job. */
export function backfillName(parent: string, id: string): string {
  return `${parent}${BACKFILL}${id}`
}

/** The job that a backfill belongs to; any other job's own name. */
export function parentOf(name: string): string {
  const end = name.lastIndexOf(BACKFILL)
  return end > 0 ? name.slice(0, end) : name
}
