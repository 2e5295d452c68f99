import { actions } from './actions.js'
import { jobPath, read } from './api.js'
import { auditTrail } from './audit.js'
import { historyCharts } from './charts.js'
import { definition, overrides } from './definition.js'
import { h } from './dom.js'
import { entryList } from './entries.js'
import { standing } from './facts.js'
import { historyTable } from './history.js'
import { titleOf } from './job-row.js'
import { occurrenceList } from './occurrences.js'
import { failureLine, panel } from './panels.js'
import { hrefOf } from './router.js'
import { stateBadges } from './state.js'
import { statistics } from './statistics.js'

/**
 * What was read, or why it could not be: one part that fails hides no other.
 *
 * @template T
 * @typedef {{ value: T } | { error: unknown }} Read
 */

/**
 * @typedef {{
 *   job: import('./shapes.d.ts').Job,
 *   stats: Read<readonly { days: number, stats: import('./shapes.d.ts').Stats }[]>,
 *   preview: Read<import('./shapes.d.ts').Preview>,
 *   charted: Read<import('./shapes.d.ts').History>,
 *   history: Read<import('./shapes.d.ts').History>,
 *   audit: Read<import('./audit.js').Audit>,
 * }} Data
 */

const PERIODS = [7, 30, 90]

/** One job: how it stands, what an operator may do, when it falls due, what it did. @type {import('./router.js').View<Data>} */
export const view = {
  title: ({ name }) => name,
  load: async ({ name, query }, signal) => {
    const part = (/** @type {string} */ rest, /** @type {Record<string, string | number | null>} */ asked) =>
      read(jobPath(name, rest), asked, signal)
    const page = { limit: 20, cursor: query.get('cursor'), include: query.get('skipped') && 'skipped' }
    const [job, stats, preview, charted, history, audit] = await Promise.all([
      part('', {}),
      attempt(Promise.all(PERIODS.map(async (days) => ({ days, stats: await part('/stats', { days }) })))),
      attempt(part('/preview', { count: 10 })),
      attempt(part('/history', { limit: 100 })),
      attempt(part('/history', page)),
      attempt(part('/audit', { limit: 20, cursor: query.get('audit') })),
    ])
    return { job, stats, preview, charted, history, audit }
  },
  render: ({ job, stats, preview, charted, history, audit }, place) => [
    head(job),
    ...overridden(job),
    h(
      'div',
      { class: 'columns', 'data-key': 'now' },
      panel('Now', standing(job, 'value' in charted ? charted.value.executions : [])),
      panel('Who holds it', entryList(job)),
      panel('Statistics', drawn(stats, statistics)),
    ),
    panel(
      'Lateness and duration',
      drawn(charted, ({ executions }) => historyCharts(executions)),
    ),
    panel(
      'History',
      drawn(history, (page) => historyTable(page, place)),
    ),
    h(
      'div',
      { class: 'columns', 'data-key': 'definition' },
      panel(
        'Next occurrences',
        drawn(preview, (listed) => occurrenceList(listed, { isPaused: job.enabled === false })),
      ),
      panel('Definition', definition(job)),
    ),
    panel(
      'Audit trail',
      drawn(audit, (page) => auditTrail(page, place)),
    ),
  ],
}

/**
 * What an operator changed stands first: it explains all the rest.
 *
 * @param {import('./shapes.d.ts').Job} job
 */
function overridden(job) {
  const shown = overrides(job)
  return shown === null ? [] : [shown]
}

/** @param {import('./shapes.d.ts').Job} job */
function head(job) {
  const title = titleOf(job)
  return h(
    'div',
    { class: 'job-head', 'data-key': `head-${job.name}` },
    h('a', { class: 'small', href: hrefOf('jobs', '', { kind: job.kind }) }, '← Jobs'),
    h('div', { class: 'row' }, h('h1', {}, title), stateBadges(job)),
    title !== job.name && h('p', { class: 'mono dim' }, job.name),
    job.description && h('p', { class: 'description' }, job.description),
    job.status === 'damaged' && h('p', { class: 'failure-line' }, damageText(job)),
    actions(job),
  )
}

/** @param {import('./shapes.d.ts').Job} job */
function damageText({ error, damage }) {
  return `This job’s document cannot be read, so nothing runs it: ${error ?? damage ?? 'no reason is known'}`
}

/**
 * @template T
 * @param {Promise<T>} reading
 * @returns {Promise<Read<T>>}
 */
function attempt(reading) {
  return reading.then(
    (value) => ({ value }),
    (error) => ({ error }),
  )
}

/**
 * @template T
 * @param {Read<T>} part
 * @param {(value: T) => Node} draw
 */
function drawn(part, draw) {
  return 'value' in part ? draw(part.value) : failureLine(part.error)
}
