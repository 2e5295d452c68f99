import { read } from './api.js'
import { h } from './dom.js'
import { panel } from './panels.js'
import { hrefOf } from './router.js'
import { badge } from './state.js'
import { localText, ZONE } from './time.js'
import { axis, choose, HATCH, track } from './track.js'
import { itemsOf } from './track-items.js'
import { factTable } from './track-table.js'

/**
 * @typedef {{
 *   id: string, scheduled_for: string, started_at: string, finished_at: string | null,
 *   status: 'running' | 'retry' | 'completed' | 'failed' | 'cancelled',
 *   lateness_ms: number, is_late: boolean, triggered_by: string, attempts: number,
 * }} Run
 * @typedef {{ reason: string, first_at: string, last_at: string, count: number }} Skip
 * @typedef {{
 *   name: string, displayName: string, enabled: boolean, every_seconds: number | null,
 *   runs: readonly Run[], skips: readonly Skip[], missing: readonly string[],
 * }} Row
 * @typedef {{
 *   lane: string, lanes: readonly string[], from: string, to: string, now: string,
 *   jobs: readonly Row[], complete_from: string, skipped_jobs: number, left_out_jobs: number, truncated: boolean,
 * }} Timeline
 * @typedef {import('./track-items.js').Item} Item
 */

const HOUR = 3_600_000
const SPANS = /** @type {const} */ ([
  ['1h', '1 hour', HOUR],
  ['6h', '6 hours', 6 * HOUR],
  ['24h', '24 hours', 24 * HOUR],
  ['7d', '7 days', 7 * 24 * HOUR],
])
const USUAL = SPANS[1]
/** To the right of now there is so much of the span, so that what still runs is seen to go on. */
const AHEAD = 0.03

/** What makes an operator look: in the order in which it is told. */
const TROUBLES = /** @type {const} */ ([
  ['missing', 'missing', 'diamond'],
  ['failed', 'failed', 'cross'],
  ['late', 'late', 'bars'],
  ['overlapping', 'overlapping', 'play'],
])

/** The runs of a lane over time, a row for each job. @type {import('./router.js').View<Timeline>} */
export const view = {
  title: () => 'Timeline',
  load: ({ query }, signal) => {
    const [from, to] = windowOf(query)
    const asked = { lane: query.get('lane'), from: iso(from), to: iso(to), skip: query.get('skip') }
    return read('/api/timeline', asked, signal)
  },
  render: (timeline, place) => {
    const rows = timeline.jobs.map((row) => ({ row, items: itemsOf(row, Date.parse(timeline.now)) }))
    const asTable = place.query.get('table') === 'yes'
    return [
      head(timeline, place),
      panel(
        'Runs',
        summary(rows),
        leftOut(timeline, place),
        rows.length > 0 && chart(timeline, rows),
        rows.length > 0 && legend(),
        rows.length > 0 && toggle(place, asTable),
        asTable && factTable(rows),
      ),
    ]
  },
}

/** The most jobs that one look shows, and the most that it passes over. */
const JOBS = 100
const MOST_SKIPPED = 900

/**
 * What a look does not show, and the way to it: jobs beyond its 100, and runs before its 2,000 records.
 *
 * @param {Timeline} timeline
 * @param {import('./router.js').Place} place
 */
function leftOut({ from, complete_from, skipped_jobs, left_out_jobs }, place) {
  const [first, , span] = spanOf(place.query)
  const shorter = first === SPANS[0][0] ? '' : ', or choose a shorter window'
  const more = left_out_jobs === 1 ? 'At least one more job has' : `At least ${left_out_jobs} more jobs have`
  const earlier = iso(Date.parse(complete_from) + span / 10)
  return h(
    'div',
    { class: 'left-out', 'data-key': 'left-out' },
    complete_from > from &&
      h(
        'p',
        {},
        `Runs before ${localText(complete_from)} are not drawn: there are more than one look reads. `,
        h('a', { href: at(place, { to: earlier }) }, 'Go to where they are'),
        `${shorter}.`,
      ),
    left_out_jobs + skipped_jobs > 0 &&
      h(
        'nav',
        { class: 'row', 'aria-label': 'Pages of jobs' },
        h('span', {}, left_out_jobs > 0 ? `${more} something in this window.` : 'These are the last jobs.'),
        skipped_jobs > 0 &&
          h('a', { class: 'button', href: at(place, { skip: null }) }, `First ${JOBS} jobs`),
        left_out_jobs > 0 &&
          skipped_jobs < MOST_SKIPPED &&
          h(
            'a',
            { class: 'button', href: at(place, { skip: String(skipped_jobs + JOBS) }) },
            `Next ${JOBS} jobs`,
          ),
      ),
  )
}

/**
 * @param {Timeline} timeline
 * @param {import('./router.js').Place} place
 */
function head({ lane, lanes, from, to }, place) {
  const [name, words] = spanOf(place.query)
  const link = (
    /** @type {Record<string, string | null>} */ changes,
    /** @type {boolean} */ isHere,
    /** @type {string} */ text,
  ) => h('a', { href: at(place, { skip: null, ...changes }), 'aria-current': isHere ? 'true' : null }, text)
  return h(
    'div',
    { class: 'timeline-head', 'data-key': 'head' },
    h('h1', {}, 'Timeline'),
    h(
      'div',
      { class: 'row' },
      h(
        'nav',
        { class: 'tabs', 'aria-label': 'Lanes' },
        lanes.map((one) => link({ lane: one }, one === lane, one)),
      ),
      h(
        'nav',
        { class: 'tabs', 'aria-label': 'Window' },
        SPANS.map(([one, label]) => link({ span: one }, one === name, label)),
      ),
      steps(place),
    ),
    h('p', { class: 'dim' }, `${words}: ${localText(from)} to ${localText(to)}, ${ZONE}`),
  )
}

/** @param {import('./router.js').Place} place */
function steps(place) {
  const [, , span] = spanOf(place.query)
  const [, to] = windowOf(place.query)
  const isPast = place.query.has('to')
  const button = (/** @type {number | null} */ end, /** @type {string} */ text) =>
    h('a', { class: 'button', href: at(place, { to: end === null ? null : iso(end) }) }, text)
  return h(
    'nav',
    { class: 'row', 'aria-label': 'Earlier and later' },
    button(to - span / 2, '← Earlier'),
    isPast && button(to + span / 2 >= Date.now() ? null : to + span / 2, 'Later →'),
    isPast && button(null, 'Now'),
  )
}

/**
 * What is wrong, at once, each with links to the rows it is in.
 *
 * @param {readonly { row: Row, items: readonly Item[] }[]} rows
 */
function summary(rows) {
  if (rows.length === 0)
    return h('p', { class: 'empty' }, 'Nothing ran in this window, and nothing was to run.')
  const told = TROUBLES.flatMap(([trouble, word, shape]) => {
    const found = rows.flatMap(({ row, items }) => {
      const count = items.filter(({ troubles }) => troubles.includes(trouble)).length
      return count === 0 ? [] : [{ row, items, count }]
    })
    const total = found.reduce((sum, { count }) => sum + count, 0)
    const tone = trouble === 'missing' || trouble === 'failed' ? 'bad' : 'warn'
    return total === 0 ? [] : [troubleLine(badge(tone, shape, `${total} ${word}`), trouble, found)]
  })
  const all =
    told.length === 0
      ? [h('li', {}, badge('ok', 'check', 'Nothing late, missing, failed or overlapping'))]
      : told
  return h('ul', { class: 'troubles', 'data-key': 'summary' }, all)
}

/**
 * @param {Node} mark
 * @param {string} trouble
 * @param {readonly { row: Row, items: readonly Item[], count: number }[]} found
 */
function troubleLine(mark, trouble, found) {
  const links = found
    .slice(0, 6)
    .flatMap(({ row, items, count }, place) => [
      place === 0 ? ' ' : ', ',
      h(
        'button',
        { type: 'button', class: 'link', onclick: () => lead(row.name, items, trouble) },
        count === 1 ? row.name : `${row.name} (${count})`,
      ),
    ])
  const rest = found.length > 6 ? ` and ${found.length - 6} more jobs` : ''
  return h('li', {}, mark, links, rest)
}

/**
 * Takes the reader to the first such place in a row.
 *
 * @param {string} name
 * @param {readonly Item[]} items
 * @param {string} trouble
 */
function lead(name, items, trouble) {
  const row = [...document.querySelectorAll('svg.track')].find((one) => one.getAttribute('data-job') === name)
  if (!(row instanceof SVGElement)) return
  row.scrollIntoView({ block: 'center' })
  row.focus({ preventScroll: true })
  choose(
    row,
    items,
    items.findIndex(({ troubles }) => troubles.some((one) => one === trouble)),
  )
}

/**
 * @param {Timeline} timeline
 * @param {readonly { row: Row, items: readonly Item[] }[]} rows
 */
function chart({ from, to, now }, rows) {
  const window = { from: Date.parse(from), to: Date.parse(to), now: Date.parse(now) }
  return h(
    'div',
    { class: 'timeline', 'data-key': 'chart' },
    HATCH(),
    h('div', { class: 'lane-row axis-row' }, h('span', { class: 'lane-name' }), axis(window)),
    rows.map(({ row, items }) =>
      h(
        'div',
        { class: 'lane-row', 'data-key': `row-${row.name}` },
        h(
          'div',
          { class: 'lane-name' },
          h('a', { href: hrefOf('job', row.name) }, row.displayName),
          row.enabled ? null : h('span', { class: 'dim small' }, ' not enabled'),
        ),
        track(row, items, window),
      ),
    ),
    h(
      'p',
      { class: 'track-detail', id: 'track-detail', 'aria-live': 'polite', 'data-keep': true },
      'Point at a run, or move to a row and step through it with the arrow keys: what it is stands here. A click opens the job.',
    ),
  )
}

function legend() {
  const entries = /** @type {const} */ ([
    ['run completed', 'ran'],
    ['run failed', 'failed (with a cross below)'],
    ['run running', 'still runs (open to the right)'],
    ['run retry', 'waits for another attempt'],
    ['delay', 'late: from its instant to its start, with a flag'],
    ['skipped', 'skipped'],
    ['missing', 'missing'],
  ])
  return h(
    'ul',
    { class: 'legend', 'aria-label': 'What the marks mean' },
    entries.map(([kind, text]) =>
      h('li', {}, h('span', { class: `swatch ${kind}`, 'aria-hidden': 'true' }), text),
    ),
  )
}

/**
 * @param {import('./router.js').Place} place
 * @param {boolean} asTable
 */
function toggle(place, asTable) {
  const href = at(place, { table: asTable ? null : 'yes' })
  return h('p', {}, h('a', { class: 'button', href }, asTable ? 'Hide the table' : 'The same as a table'))
}

/**
 * The window that the address names; without an end it ends a little after now. In ms.
 *
 * @param {URLSearchParams} query
 * @returns {[number, number]}
 */
function windowOf(query) {
  const [, , span] = spanOf(query)
  const asked = Date.parse(query.get('to') ?? '')
  const to = Number.isNaN(asked) ? Date.now() + span * AHEAD : asked
  return [to - span, to]
}

/** @param {URLSearchParams} query */
function spanOf(query) {
  return SPANS.find(([name]) => name === query.get('span')) ?? USUAL
}

/**
 * @param {import('./router.js').Place} place
 * @param {Readonly<Record<string, string | null>>} changes
 */
function at({ query }, changes) {
  const names = ['lane', 'span', 'to', 'table', 'skip']
  return hrefOf('timeline', '', {
    ...Object.fromEntries(names.map((name) => [name, query.get(name)])),
    ...changes,
  })
}

/** @param {number} at */
function iso(at) {
  return new Date(at).toISOString()
}
