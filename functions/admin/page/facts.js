import { h } from './dom.js'
import { countText } from './numbers.js'
import { asWritten, inWords } from './schedule.js'
import { spark } from './spark.js'
import { outcomeBadge } from './state.js'
import { durationText, fullInstant } from './time.js'

/** @typedef {import('./shapes.d.ts').Job} Job */
/** @typedef {readonly [term: string, value: import('./dom.js').Child]} Fact */

/**
 * Terms and what they are; those without a value are left out.
 *
 * @param {readonly Fact[]} facts
 */
export function factList(facts) {
  return h(
    'dl',
    { class: 'facts' },
    facts.flatMap(([term, value]) => (!value ? [] : [h('dt', {}, term), h('dd', {}, value)])),
  )
}

/**
 * Where a job stands now.
 *
 * @param {Job} job
 */
export function standing(job) {
  const { schedule, recent = [] } = job
  const words = schedule && inWords(schedule)
  const written = schedule && h('span', { class: 'mono dim' }, asWritten(schedule))
  return factList([
    ['Schedule', schedule && h('span', {}, words && `${words} `, schedule.kind !== 'at' && written)],
    ['Next run', fullInstant(job.nextRunAt, job.enabled === false ? 'paused' : 'none is left')],
    ['Last run', lastRun(job)],
    ['Last 20 runs', recent.length > 0 && spark(recent)],
    ['All runs', totals(job)],
    ['Last error', job.error && h('span', { class: 'bad-text' }, job.error)],
  ])
}

/** @param {Job} job */
function lastRun({ lastRunStatus, lastRunAt, lastRunDuration }) {
  if (!lastRunStatus) return h('span', { class: 'dim' }, 'none yet')
  const took = h('span', { class: 'dim' }, ` · took ${durationText(lastRunDuration)}`)
  return h('span', {}, outcomeBadge(lastRunStatus), ' ', fullInstant(lastRunAt), took)
}

/** @param {Job} job */
function totals({ totalRuns = 0, failedRuns = 0, totals: all }) {
  const suppressed = all?.duplicates_suppressed ?? 0
  const parts = [
    `${countText(totalRuns)} performed`,
    `${countText(failedRuns)} failed`,
    `${countText(all?.skipped ?? 0)} skipped`,
  ]
  return [...parts, ...(suppressed > 0 ? [`${suppressed} duplicates suppressed`] : [])].join(', ')
}
