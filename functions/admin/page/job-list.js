import { read } from './api.js'
import { statesOf } from './state.js'

/** @typedef {import('./shapes.d.ts').Job} Job */

/** A page of the list; a shorter one where each job is a card. */
export const PAGE = matchMedia('(max-width: 820px)').matches ? 25 : 100
/** What the page itself looks through, for a text or for what is overdue. */
export const LOOKED_THROUGH = 1000

/**
 * Reads the jobs that a place of the list asks for: by how they stand, by what names them, or by how their name begins.
 *
 * @param {URLSearchParams} query
 * @param {AbortSignal} signal
 */
export async function listJobs(query, signal) {
  const name = query.get('name') ?? ''
  const find = (query.get('find') ?? '').toLowerCase()
  const standing = query.get('standing')
  const isOverdueOnly = standing === 'overdue'
  const looksThrough = find !== '' || isOverdueOnly
  /** @type {{ jobs: readonly Job[], next_cursor: string | null }} */
  const page = await read(
    '/api/jobs',
    {
      kind: kindOf(query),
      standing: isOverdueOnly ? null : standing,
      limit: looksThrough ? LOOKED_THROUGH : PAGE,
      cursor: query.get('cursor'),
      from: name,
    },
    signal,
  )
  // The listing is ordered: what begins with the text comes first, in one piece.
  const begins = page.jobs.filter((job) => job.name.startsWith(name))
  const next_cursor = begins.length < page.jobs.length ? null : page.next_cursor
  if (!looksThrough) return { jobs: begins, next_cursor, more: 0, isPart: false }
  const found = begins.filter(
    (job) => holds(job, find) && (!isOverdueOnly || statesOf(job).includes('overdue')),
  )
  const jobs = found.slice(0, PAGE)
  return { jobs, next_cursor: null, more: found.length - jobs.length, isPart: next_cursor !== null }
}

/**
 * Does what names a job on this page hold that text?
 *
 * @param {Job} job
 * @param {string} text in lower case
 */
function holds({ name, displayName = '', jobType = '' }, text) {
  return [name, displayName, jobType].some((one) => one.toLowerCase().includes(text))
}

/**
 * The kind of jobs that a place of the list shows.
 *
 * @param {URLSearchParams} query
 */
export function kindOf(query) {
  // Other kinds end by themselves: none of them is listed by how it stands.
  return query.has('standing') ? 'recurring' : (query.get('kind') ?? 'recurring')
}
