import { h } from './dom.js'
import { countText } from './numbers.js'
import { asWritten, inWords } from './schedule.js'
import { spark } from './spark.js'
import { outcomeBadge, streakText } from './state.js'
import { durationText, fullInstant, relativeText } from './time.js'

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
 * @param {readonly (import('./shapes.d.ts').Execution | import('./shapes.d.ts').Skipped)[]} executions its last ones, as far as they are known
 */
export function standing(job, executions) {
  const { schedule, recent = [] } = job
  const words = schedule && inWords(schedule)
  const written = schedule && h('span', { class: 'mono dim' }, asWritten(schedule))
  return factList([
    ['Schedule', schedule && h('span', {}, words && `${words} `, schedule.kind !== 'at' && written)],
    ['Retrying', retrying(job, executions)],
    ['Failing', streakText(job)],
    ['Next run', nextRun(job)],
    ['Last run', lastRun(job)],
    ['Last 20 runs', recent.length > 0 && spark(recent)],
    ['All runs', totals(job)],
    ['Last error', job.error && h('span', { class: 'bad-text' }, job.error)],
  ])
}

/**
 * What the attempts so far have failed with, of the run that waits for another.
 *
 * @param {Job} job
 * @param {readonly (import('./shapes.d.ts').Execution | import('./shapes.d.ts').Skipped)[]} executions
 */
function retrying({ entries = [], policies }, executions) {
  const waiting = entries.find(({ state, attempt }) => state === 'retry' && attempt >= 1)
  if (waiting === undefined) return null
  const run = executions.find(({ id }) => id === waiting.run)
  const tried = run?.status === 'skipped' ? [] : (run?.attempts ?? [])
  const error = tried.at(-1)?.error ?? waiting.trouble
  const of = typeof policies?.max_attempts === 'number' ? ` of ${policies.max_attempts}` : ''
  return h(
    'span',
    {},
    `Attempt ${waiting.attempt}${of} has failed, the next comes ${relativeText(waiting.until)}`,
    error && h('span', { class: 'bad-text' }, `: ${error}`),
  )
}

/** @param {Job} job */
function nextRun({ enabled, nextRunAt }) {
  if (enabled === false) return h('strong', {}, 'paused: nothing begins until it is resumed')
  return fullInstant(nextRunAt, 'none is left')
}

/** @param {Job} job */
function lastRun({ last_run, lastRunAt, lastRunDuration }) {
  if (!last_run) return h('span', { class: 'dim' }, 'none has ended yet')
  const took = h('span', { class: 'dim' }, ` · took ${durationText(lastRunDuration)}`)
  return h(
    'span',
    {},
    outcomeBadge(last_run.outcome === 'succeeded' ? 'completed' : last_run.outcome),
    ' ',
    fullInstant(lastRunAt),
    took,
  )
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
