import { read } from './api.js'
import { h } from './dom.js'
import { hrefOf } from './router.js'

/** The most that are counted of each. */
const MOST = 100

/** What of a job wants an operator's eye, the most urgent first; the service lists jobs by each. */
const STANDINGS = /** @type {const} */ (['damaged', 'failing', 'retrying', 'paused'])

/** How many jobs there are of each; null: it could not be asked. @typedef {readonly { standing: string, count: number | null }[]} Counts */

/**
 * Counts the recurring jobs that want an eye. What cannot be counted hides no list: its count is null.
 *
 * @param {AbortSignal} signal
 * @returns {Promise<Counts>}
 */
export async function countStandings(signal) {
  const counting = STANDINGS.map(async (standing) => ({ standing, count: await countOf(standing, signal) }))
  return Promise.all([...counting, countOverdue(signal)])
}

/**
 * The counts, each a link to the jobs that it counts; none where there is nothing to count.
 *
 * @param {Counts} counts
 * @param {string | null} chosen
 */
export function standingLinks(counts, chosen) {
  const told = counts.filter(({ standing, count }) => count !== 0 || standing === chosen)
  return h(
    'nav',
    { class: 'row', 'aria-label': 'Jobs that want an eye', 'data-key': 'standings' },
    told.length === 0 &&
      h('span', { class: 'dim' }, 'No job is failing, retrying, paused, damaged or overdue.'),
    told.map(({ standing, count }) =>
      h(
        'a',
        {
          class: `button count ${standing}`,
          href: hrefOf('jobs', '', { standing: standing === chosen ? null : standing }),
          'aria-current': standing === chosen ? 'true' : null,
          title: standing === chosen ? 'Show all jobs again' : null,
        },
        h('strong', {}, countText(count)),
        ` ${standing}`,
      ),
    ),
  )
}

/**
 * @param {string} standing
 * @param {AbortSignal} signal
 * @returns {Promise<number | null>}
 */
function countOf(standing, signal) {
  return read('/api/jobs', { standing, limit: MOST }, signal).then(
    ({ jobs }) => jobs.length,
    () => null,
  )
}

/**
 * @param {AbortSignal} signal
 * @returns {Promise<{ standing: string, count: number | null }>}
 */
function countOverdue(signal) {
  return read('/health', {}, signal).then(
    ({ overdue_jobs = null }) => ({ standing: 'overdue', count: overdue_jobs }),
    () => ({ standing: 'overdue', count: null }),
  )
}

/** @param {number | null} count */
function countText(count) {
  if (count === null) return '?'
  return count >= MOST ? `${MOST}+` : String(count)
}
