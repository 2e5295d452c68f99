import { h } from './dom.js'
import { factList } from './facts.js'
import { empty } from './panels.js'
import { badge } from './state.js'
import { fullInstant, instant } from './time.js'

const UNTIL = { running: 'Held until', callback: 'Its target answers until', retry: 'Next attempt' }

/**
 * The runs of a job that are in flight: who holds what, until when, in which attempt, with which trouble.
 *
 * @param {import('./shapes.d.ts').Job} job
 */
export function entryList({ entries = [] }) {
  if (entries.length === 0) return empty('Nobody: no run is in flight.')
  return h('div', { class: 'entries' }, ...entries.map(entry))
}

/** @param {import('./shapes.d.ts').Entry} one */
function entry({ run, state, fence, attempt, owner, path, until, began_at, scheduled_for, trouble }) {
  return h(
    'div',
    { class: 'entry', 'data-key': run },
    h(
      'div',
      { class: 'row' },
      badge(state === 'retry' ? 'warn' : 'busy', 'play', state),
      h('span', { class: 'mono' }, run),
    ),
    factList([
      ['Owner', h('span', { class: 'mono' }, owner || 'nobody yet')],
      [UNTIL[state], fullInstant(until)],
      ['Attempt', `${attempt} · fence ${fence} · path ${path}`],
      ['Fell due', instant(scheduled_for)],
      ['Began', instant(began_at)],
      ['Trouble', trouble && h('span', { class: 'bad-text' }, trouble)],
    ]),
  )
}
