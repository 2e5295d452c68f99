import { read } from './api.js'
import { h } from './dom.js'
import { jobRow } from './job-row.js'
import { empty } from './panels.js'
import { hrefOf } from './router.js'

const PAGE = '100'
/** The list waits this long after a keystroke before it asks. */
const TYPING_MS = 250

const KINDS = /** @type {const} */ ([
  ['recurring', 'Recurring'],
  ['one_off', 'One-off'],
  ['backfill', 'Backfills'],
  ['reported', 'Reported'],
])

/** @typedef {{ jobs: readonly import('./shapes.d.ts').Job[], next_cursor: string | null }} Page */

/** All jobs of a kind, by name, 100 at a time. @type {import('./router.js').View<Page>} */
export const view = {
  title: () => 'Jobs',
  load: async ({ query }, signal) => {
    const name = query.get('name') ?? ''
    const asked = { kind: kindOf(query), limit: PAGE, cursor: query.get('cursor'), from: name }
    /** @type {Page} */
    const page = await read('/api/jobs', asked, signal)
    // The listing is ordered: what begins with the text comes first, in one piece.
    const jobs = page.jobs.filter((job) => job.name.startsWith(name))
    return { jobs, next_cursor: jobs.length < page.jobs.length ? null : page.next_cursor }
  },
  render: ({ jobs, next_cursor }, { query }) => [
    head(query),
    jobs.length === 0 ? empty(nothing(query)) : table(jobs),
    pages(query, next_cursor),
  ],
}

/** @param {URLSearchParams} query */
function head(query) {
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
          {
            href: hrefOf('jobs', '', { kind, name: query.get('name') }),
            'aria-current': kind === kindOf(query) && 'true',
          },
          label,
        ),
      ),
    ),
    h(
      'label',
      { class: 'filter' },
      h('span', { class: 'hidden' }, 'Name begins with'),
      h('input', {
        type: 'search',
        placeholder: 'Name begins with…',
        value: query.get('name') ?? '',
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
    const query = new URLSearchParams(location.hash.split('?')[1] ?? '')
    history.replaceState(null, '', hrefOf('jobs', '', { kind: query.get('kind'), name: target.value }))
    dispatchEvent(new HashChangeEvent('hashchange'))
  }, TYPING_MS)
}

/** @param {readonly import('./shapes.d.ts').Job[]} jobs */
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
  const kept = { kind: query.get('kind'), name: query.get('name') }
  return h(
    'nav',
    { class: 'row', 'aria-label': 'Pages', 'data-key': 'pages' },
    query.has('cursor') &&
      h('a', { class: 'button', href: hrefOf('jobs', '', kept), onclick: toTop }, 'First page'),
    next !== null &&
      h('a', { class: 'button', href: hrefOf('jobs', '', { ...kept, cursor: next }) }, 'Next 100'),
  )
}

function toTop() {
  scrollTo(0, 0)
}

/** @param {URLSearchParams} query */
function nothing(query) {
  const name = query.get('name')
  if (name)
    return `No job of this kind has a name that begins with “${name}”. Names are compared letter by letter.`
  return EMPTY[kindOf(query)] ?? 'There are no jobs of this kind.'
}

/** @type {Readonly<Record<string, string>>} */
const EMPTY = {
  recurring:
    'No job is registered yet. Coded jobs appear with the first tick, a service’s with its first registration.',
  one_off: 'No one-off job is stored. Finished ones are kept for 90 days.',
  backfill: 'No backfill was made. A job’s own view offers one.',
  reported: 'No outside scheduler reports here.',
}

/** @param {URLSearchParams} query */
function kindOf(query) {
  return query.get('kind') ?? 'recurring'
}
