import { h } from './dom.js'
import { outcomeBadge } from './state.js'
import { localText, utcText } from './time.js'

/** The most lines of the table; the picture shows them all. */
const MOST = 500

/**
 * The rows of a timeline as a table, newest first.
 *
 * @param {readonly { row: import('./timeline.js').Row, items: readonly import('./track-items.js').Item[] }[]} rows
 */
export function factTable(rows) {
  const all = rows.flatMap(({ row, items }) =>
    items.map(({ facts, from }) => ({ name: row.name, facts, from })),
  )
  const shown = all.toSorted((a, b) => b.from - a.from).slice(0, MOST)
  const labels = ['Job', 'What', 'Fell due', 'Started', 'Ended', 'Note']
  return h(
    'div',
    { 'data-key': 'table' },
    all.length > MOST && h('p', { class: 'dim' }, `The newest ${MOST} of ${all.length}.`),
    h(
      'table',
      { class: 'table' },
      h('caption', { class: 'hidden' }, 'All that the timeline shows, newest first'),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          labels.map((label) => h('th', { scope: 'col' }, label)),
        ),
      ),
      h('tbody', {}, shown.map(line)),
    ),
  )
}

/** @param {{ name: string, facts: import('./track-items.js').Facts }} one */
function line({ name, facts }) {
  return h(
    'tr',
    {},
    h('th', { scope: 'row' }, name),
    h('td', { 'data-label': 'What' }, outcomeBadge(facts.what)),
    h('td', { 'data-label': 'Fell due' }, time(facts.due)),
    h('td', { 'data-label': 'Started' }, time(facts.started)),
    h('td', { 'data-label': 'Ended' }, time(facts.ended)),
    h('td', { 'data-label': 'Note' }, facts.note),
  )
}

/** @param {string | null} at */
function time(at) {
  return at === null ? '–' : h('time', { datetime: at, title: utcText(at) }, localText(at))
}
