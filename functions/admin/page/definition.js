import { resetButton } from './actions.js'
import { h } from './dom.js'
import { factList } from './facts.js'
import { asWritten } from './schedule.js'
import { fullInstant, instant } from './time.js'

/** @typedef {import('./shapes.d.ts').Job} Job */

/**
 * What an operator changed, and the way back; null where a job stands as it is registered.
 *
 * @param {Job} job
 */
export function overrides(job) {
  const { enabled, schedule } = job.overrides ?? { enabled: null, schedule: null }
  if (!enabled && !schedule) return null
  const was = enabled?.registered ? 'enabled' : 'paused'
  return h(
    'div',
    { class: 'override', 'data-key': 'overrides' },
    enabled && override(enabled, job.enabled ? 'Resumed' : 'Paused', was),
    schedule && override(schedule, 'Schedule changed', asWritten(schedule.registered)),
    resetButton(job),
  )
}

/**
 * What a job is: target, config, policies.
 *
 * @param {Job} job
 */
export function definition(job) {
  return factList([
    ['Kind', job.kind?.replace('_', '-')],
    ['Job type', job.jobType && h('span', { class: 'mono' }, job.jobType)],
    ['Target', target(job.target)],
    ['Lane', job.lane],
    ['Stands so since', fullInstant(job.defined_at)],
    ['Config', h('pre', {}, JSON.stringify(job.config ?? {}, null, 2))],
    ['Policies', job.policies && policies(job.policies)],
  ])
}

/**
 * @param {import('./shapes.d.ts').Override<unknown>} change
 * @param {string} what
 * @param {string} registered
 */
function override({ by, at, reason }, what, registered) {
  return h(
    'div',
    {},
    h('p', {}, h('strong', {}, `${what} by ${by}`), ' ', instant(at)),
    h('p', {}, reason === '' ? 'No reason was given.' : `“${reason}”`),
    h('p', {}, 'Registered: ', h('span', { class: 'mono' }, registered)),
  )
}

/** @param {Job['target']} where */
function target(where) {
  if (where === undefined) return null
  if (where.kind === 'handler') return 'a handler in the code'
  return h('span', {}, `${where.service ?? 'HTTP'} `, h('span', { class: 'mono' }, where.endpoint))
}

/** @param {Readonly<Record<string, unknown>>} all */
function policies(all) {
  const lines = Object.entries(all).map(([name, value]) => `${spoken(name)}: ${inText(value)}`)
  return h(
    'details',
    {},
    h('summary', {}, `${lines.length} policies`),
    h('ul', { class: 'policies' }, ...lines.map((line) => h('li', {}, line))),
  )
}

/** @param {string} name */
function spoken(name) {
  return name.replaceAll('_', ' ')
}

/**
 * @param {unknown} value
 * @returns {string}
 */
function inText(value) {
  if (value === null || value === undefined) return 'none'
  if (typeof value !== 'object') return JSON.stringify(value).replaceAll('"', '')
  return Object.entries(value)
    .map(([name, part]) => `${spoken(name)} ${inText(part)}`)
    .join(', ')
}
