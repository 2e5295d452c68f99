import { h } from './dom.js'
import { countText } from './numbers.js'
import { durationText } from './time.js'

const LABELS = ['Period', 'Runs', 'Good', 'Failed', 'Average', 'Items']

/**
 * What the runs of some periods came to.
 *
 * @param {readonly { days: number, stats: import('./shapes.d.ts').Stats }[]} periods
 */
export function statistics(periods) {
  return h(
    'table',
    { class: 'table compact tight' },
    h('caption', { class: 'hidden' }, 'Runs by period'),
    h('thead', {}, h('tr', {}, ...LABELS.map((label) => h('th', { scope: 'col' }, label)))),
    h('tbody', {}, periods.map(row)),
  )
}

/** @param {{ days: number, stats: import('./shapes.d.ts').Stats }} period */
function row({ days, stats: { stats } }) {
  const failed = stats.failed_executions
  const cells = [
    countText(stats.total_executions),
    countText(stats.successful_executions),
    failed > 0 ? h('strong', { class: 'bad-text' }, countText(failed)) : 0,
    stats.total_executions > 0 ? durationText(stats.avg_duration_ms) : '–',
    countText(stats.total_items_processed),
  ]
  return h(
    'tr',
    {},
    h('th', { scope: 'row' }, `${days} days`),
    cells.map((value, place) => h('td', { 'data-label': LABELS[place + 1] }, value)),
  )
}
