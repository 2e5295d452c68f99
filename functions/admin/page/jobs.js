import { h } from './dom.js'
import { kindOf, LOOKED_THROUGH, listJobs, PAGE } from './job-list.js'
import { jobRow } from './job-row.js'
import { empty } from './panels.js'
import { hrefOf, placeOf } from './router.js'
import { countStandings, standingLinks } from './standings.js'

/** The list waits this long after a keystroke before it asks. */
const TYPING_MS = 250

const KINDS = /** @type {const} */ ([
  ['recurring', 'Recurring'],
  ['one_off', 'One-off'],
  ['backfill', 'Backfills'],
  ['reported', 'Reported'],
])

/**
 * `more`: jobs that were looked through match, but stand on no page; `isPart`: not all jobs were looked through.
 *
 * @typedef {{
 *   jobs: readonly Job[], next_cursor: string | null, more: number, isPart: boolean,
 *   counts: import('./standings.js').Counts,
 * }} Page
 * @typedef {import('./shapes.d.ts').Job} Job
 */

/**
 * Jobs by name, a page at a time: all of a kind, those that stand in some way (`standing`), those with a text in what names
 * them (`find`), or those whose name begins with one (`name`). @type {import('./router.js').View<Page>}
 */
export const view = {
  title: () => 'Jobs',
  load: async ({ query }, signal) => {
    const [listed, counts] = await Promise.all([listJobs(query, signal), countStandings(signal)])
    return { ...listed, counts }
  },
  render: ({ jobs, next_cursor, more, isPart, counts }, { query }) => [
    head(query),
    standingLinks(counts, query.get('standing')),
    jobs.length === 0 ? nothing(query, isPart) : table(jobs),
    ...(more > 0 ? [empty(`${more} more match. Type more of the name.`)] : []),
    pages(query, next_cursor),
  ],
}

/** @param {URLSearchParams} query */
function head(query) {
  const find = query.get('find')
  return h(
    'div',
    { class: 'list-head', 'data-key': 'head' },
    h('h1', {}, 'Jobs'),
    h(
      'nav',
      { class: 'tabs', 'aria-label': 'Kinds of jobs' },
      KINDS.map(([kind, label]) =>
        h(
          'a',
          { href: hrefOf('jobs', '', { kind, find }), 'aria-current': kind === kindOf(query) && 'true' },
          label,
        ),
      ),
    ),
    h(
      'label',
      { class: 'filter' },
      h('span', { class: 'hidden' }, 'Name contains'),
      h('input', {
        type: 'search',
        placeholder: 'Name contains…',
        value: find ?? query.get('name') ?? '',
        oninput: filterLater,
        spellcheck: 'false',
        autocomplete: 'off',
      }),
    ),
  )
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let typing

/** @param {Event} event */
function filterLater({ target }) {
  if (!(target instanceof HTMLInputElement)) return
  clearTimeout(typing)
  typing = setTimeout(() => {
    const { query } = placeOf(location.hash)
    const kept = { kind: query.get('kind'), standing: query.get('standing') }
    history.replaceState(history.state, '', hrefOf('jobs', '', { ...kept, find: target.value.trim() }))
    dispatchEvent(new HashChangeEvent('hashchange'))
  }, TYPING_MS)
}

/** @param {readonly Job[]} jobs */
function table(jobs) {
  return h(
    'div',
    { class: 'panel flush', 'data-key': 'table' },
    h(
      'table',
      { class: 'table jobs' },
      h('caption', { class: 'hidden' }, 'Jobs by name'),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          h('th', { scope: 'col', 'aria-sort': 'ascending' }, 'Job'),
          ['State', 'Schedule', 'Next run', 'Last outcome', 'Success', 'Last 20 runs', 'Lane'].map((label) =>
            h('th', { scope: 'col' }, label),
          ),
        ),
      ),
      h('tbody', {}, jobs.map(jobRow)),
    ),
  )
}

/**
 * @param {URLSearchParams} query
 * @param {string | null} next
 */
function pages(query, next) {
  const kept = { kind: query.get('kind'), name: query.get('name'), standing: query.get('standing') }
  return h(
    'nav',
    { class: 'row', 'aria-label': 'Pages', 'data-key': 'pages' },
    query.has('cursor') &&
      h('a', { class: 'button', href: hrefOf('jobs', '', kept), onclick: toTop }, 'First page'),
    next !== null &&
      h('a', { class: 'button', href: hrefOf('jobs', '', { ...kept, cursor: next }) }, `Next ${PAGE}`),
  )
}

function toTop() {
  scrollTo(0, 0)
}

/**
 * @param {URLSearchParams} query
 * @param {boolean} isPart
 */
function nothing(query, isPart) {
  const [find, name, standing] = ['find', 'name', 'standing'].map((part) => query.get(part))
  if (find) return nothingFound(find, kindOf(query), isPart)
  if (name)
    return empty(
      `No job of this kind has a name that begins with “${name}”. Names are compared letter by letter.`,
    )
  if (standing === 'overdue')
    return empty(
      'No recurring job is overdue. Jobs of the other kinds may be: they are under their own tabs.',
    )
  return empty(
    standing ? `No job is ${standing}.` : (EMPTY[kindOf(query)] ?? 'There are no jobs of this kind.'),
  )
}

/**
 * The page compares what it has read; the service can look among all names, by how they begin.
 *
 * @param {string} find
 * @param {string} kind
 * @param {boolean} isPart
 */
function nothingFound(find, kind, isPart) {
  const among = isPart ? `None of the first ${LOOKED_THROUGH} jobs` : 'No job'
  return h(
    'p',
    { class: 'empty', 'data-key': 'nothing' },
    `${among} of this kind has “${find}” in its name, title or type. `,
    h('a', { href: hrefOf('jobs', '', { kind, name: find }) }, `Names beginning with “${find}”`),
  )
}

/** @type {Readonly<Record<string, string>>} */
const EMPTY = {
  recurring:
    'No job is registered yet. Coded jobs appear with the first tick, a service’s with its first registration.',
  one_off: 'No one-off job is stored. Finished ones are kept for 90 days.',
  backfill: 'No backfill was made. A job’s own view offers one.',
  reported: 'No outside scheduler reports here.',
}
