import { h } from './dom.js'
import { redraw } from './frame.js'
import { countText } from './numbers.js'
import { empty } from './panels.js'
import { hrefOf } from './router.js'
import { outcomeBadge } from './state.js'
import { durationText, fullInstant, instant } from './time.js'

/** @typedef {import('./shapes.d.ts').Execution} Execution */

/** The runs that stand open; a refresh keeps them so. @type {Set<string>} */
const open = new Set()

/**
 * A page of a job's runs, newest first; each opens to its attempts, its error and its result.
 *
 * @param {import('./shapes.d.ts').History} page
 * @param {import('./router.js').Place} place
 */
export function historyTable({ executions, pagination }, place) {
  const skipped = place.query.get('skipped')
  const labels = ['Fell due', 'Outcome', 'Late', 'Took', 'Items', 'Begun by', 'Attempts']
  return h(
    'div',
    {},
    h(
      'div',
      { class: 'row' },
      h(
        'a',
        { class: 'button', href: at(place, { skipped: skipped ? null : 'yes' }) },
        skipped ? 'Hide skipped' : 'Show skipped',
      ),
      h(
        'span',
        { class: 'dim' },
        pagination.total === 1 ? 'One run is known' : `${countText(pagination.total)} runs are known`,
      ),
    ),
    executions.length === 0
      ? empty('Nothing has run yet.')
      : h(
          'table',
          { class: 'table compact' },
          h('caption', { class: 'hidden' }, 'Runs, newest first'),
          h(
            'thead',
            {},
            h(
              'tr',
              {},
              labels.map((label) => h('th', { scope: 'col' }, label)),
            ),
          ),
          h(
            'tbody',
            {},
            executions.flatMap((one) => (one.status === 'skipped' ? [skipRow(one)] : runRows(one))),
          ),
        ),
    h(
      'nav',
      { class: 'row', 'aria-label': 'Pages of the history' },
      place.query.has('cursor') && h('a', { class: 'button', href: at(place, { cursor: null }) }, 'Newest'),
      pagination.next_cursor &&
        h('a', { class: 'button', href: at(place, { cursor: pagination.next_cursor }) }, 'Older'),
    ),
  )
}

/** @param {Execution} run */
function runRows(run) {
  const isOpen = open.has(run.id)
  const row = h(
    'tr',
    { 'data-key': `run-${run.id}` },
    h('th', { scope: 'row' }, opener(run, isOpen)),
    cell('Outcome', outcomeBadge(outcomeOf(run))),
    cell('Late', durationText(run.lateness_ms)),
    cell('Took', durationText(run.duration_ms)),
    cell('Items', itemsText(run)),
    cell(
      'Begun by',
      run.triggered_by === 'scheduler' ? run.path : (run.triggered_by_user ?? run.triggered_by),
    ),
    cell('Attempts', run.attempts?.length),
  )
  return isOpen
    ? [row, h('tr', { 'data-key': `open-${run.id}`, class: 'opened' }, h('td', { colspan: 7 }, detail(run)))]
    : [row]
}

/**
 * @param {Execution} run
 * @param {boolean} isOpen
 */
function opener(run, isOpen) {
  const onclick = () => {
    if (!open.delete(run.id)) open.add(run.id)
    redraw()
  }
  return h(
    'button',
    { type: 'button', class: 'quiet opener', 'aria-expanded': String(isOpen), onclick },
    h('span', { 'aria-hidden': 'true' }, isOpen ? '▾ ' : '▸ '),
    instant(run.scheduled_for),
  )
}

/** @param {Execution} run */
function detail(run) {
  const { attempts = [] } = run
  return h(
    'div',
    { class: 'detail' },
    h('p', { class: 'mono' }, run.id),
    run.error_message && h('pre', { class: 'bad-text' }, run.error_message),
    attempts.length > 0 && h('ol', { class: 'attempts' }, attempts.map(attemptLine)),
    run.metadata !== null &&
      run.metadata !== undefined &&
      h('pre', {}, JSON.stringify(run.metadata, null, 2)),
  )
}

/** @param {import('./shapes.d.ts').Attempt} one */
function attemptLine({ attempt, fence, owner, path, started_at, ended_at, outcome, error }) {
  const took = ended_at === null ? null : Date.parse(ended_at) - Date.parse(started_at)
  return h(
    'li',
    { value: attempt },
    outcomeBadge((outcome ?? 'running').replace('_', ' ')),
    ' ',
    fullInstant(started_at),
    ` · ${durationText(took)} · `,
    h('span', { class: 'mono dim' }, `${path} ${owner} fence ${fence}`),
    error && h('div', { class: 'bad-text' }, error),
  )
}

/** @param {import('./shapes.d.ts').Skipped} skip */
function skipRow({ id, reason, first_at, last_at, count }) {
  return h(
    'tr',
    { 'data-key': `skip-${id}`, class: 'skipped' },
    h('th', { scope: 'row' }, instant(first_at)),
    h(
      'td',
      { colspan: 6 },
      h('span', { class: 'badge' }, 'skipped'),
      ` ${count === 1 ? 'one occurrence' : `${count} occurrences`}: ${reason}`,
      count > 1 && h('span', { class: 'dim' }, ', the last ', instant(last_at)),
    ),
  )
}

/**
 * A run that succeeded in part is neither a success nor a failure.
 *
 * @param {Execution} run
 */
function outcomeOf({ status, state, items_failed }) {
  if (state === 'cancelled') return 'cancelled'
  if (state === 'retry') return 'retry'
  return status === 'completed' && items_failed > 0 ? 'partly failed' : status
}

/** @param {Execution} run */
function itemsText({ items_processed, items_failed }) {
  if (!items_processed) return '–'
  if (!items_failed) return countText(items_processed)
  return h(
    'span',
    {},
    `${countText(items_processed)}, `,
    h('strong', { class: 'bad-text' }, `${items_failed} failed`),
  )
}

/**
 * @param {string} label
 * @param {import('./dom.js').Child} content
 */
function cell(label, content) {
  return h('td', { 'data-label': label }, h('div', {}, content))
}

/**
 * @param {import('./router.js').Place} place
 * @param {Readonly<Record<string, string | null>>} changes
 */
function at({ name, query }, changes) {
  return hrefOf('job', name, { skipped: query.get('skipped'), audit: query.get('audit'), ...changes })
}
