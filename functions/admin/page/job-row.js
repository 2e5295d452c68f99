import { h } from './dom.js'
import { hrefOf } from './router.js'
import { asWritten, inWords } from './schedule.js'
import { spark } from './spark.js'
import { outcomeBadge, stateBadges, statesOf, streakText } from './state.js'
import { durationText, instant, localText, relativeText } from './time.js'

/** @typedef {import('./shapes.d.ts').Job} Job */

/**
 * A job in the list of jobs.
 *
 * @param {Job} job
 */
export function jobRow(job) {
  const key = { 'data-key': `job-${job.name}` }
  if (job.status === 'damaged') return h('tr', key, naming(job), cell('State', stateBadges(job)), damage(job))
  const runs = job.recent ?? []
  const streak = streakText(job)
  return h(
    'tr',
    key,
    naming(job),
    cell('State', stateBadges(job), streak && h('div', { class: 'dim small' }, streak)),
    cell('Schedule', ...schedule(job)),
    cell('Next run', nextRun(job)),
    cell('Last outcome', ...lastOutcome(job)),
    cell('Success', successText(job)),
    cell('Last 20 runs', runs.length > 0 ? spark(runs) : h('span', { class: 'dim' }, '–')),
    cell('Lane', h('span', { class: 'dim' }, job.lane)),
  )
}

/**
 * What people call a job: a one-off job has an id for its name, which tells nobody what it is.
 *
 * @param {Job} job
 */
export function titleOf({ name, kind, displayName, jobType }) {
  if (displayName && displayName !== name) return displayName
  return (kind === 'one_off' && jobType) || name
}

/** @param {Job} job */
function naming(job) {
  const { enabled, schedule } = job.overrides ?? { enabled: null, schedule: null }
  const title = titleOf(job)
  return h(
    'th',
    { scope: 'row' },
    h('a', { class: 'job-name', href: hrefOf('job', job.name) }, title),
    (enabled || schedule) &&
      h('span', { class: 'tag warn', title: 'An operator changed what is registered' }, 'override'),
    title !== job.name && h('div', { class: 'mono dim' }, job.name),
  )
}

/** @param {Job} job */
function damage(job) {
  return h(
    'td',
    { colspan: 6, class: 'long' },
    h('span', { class: 'bad-text' }, job.error ?? job.damage ?? 'It cannot be read.'),
  )
}

/** @param {Job} job */
function schedule({ schedule }) {
  if (schedule === undefined) return ['–']
  const words = inWords(schedule)
  const written = h('div', { class: words === null ? 'mono' : 'mono dim' }, asWritten(schedule))
  return schedule.kind === 'cron' ? [words, written] : [words]
}

/** @param {Job} job */
function nextRun(job) {
  if (job.enabled === false) return h('span', { class: 'dim' }, 'paused')
  const isOverdue = statesOf(job).includes('overdue')
  const at = instant(job.nextRunAt, 'none')
  return h('div', { class: isOverdue ? 'twice overdue' : 'twice' }, at)
}

/** @param {Job} job */
function lastOutcome({ lastRunAt, lastRunDuration, last_run, entries = [] }) {
  if (!last_run || !lastRunAt)
    return [h('span', { class: 'dim' }, entries.length === 0 ? 'no run yet' : 'no run has ended yet')]
  return [
    outcomeBadge(last_run.outcome === 'succeeded' ? 'completed' : last_run.outcome),
    ' ',
    h('span', { class: 'near' }, relativeText(lastRunAt)),
    h('div', { class: 'dim' }, `${localText(lastRunAt)} · ${durationText(lastRunDuration)}`),
  ]
}

/** @param {Job} job */
function successText({ successRate, totalRuns }) {
  if (successRate === null || successRate === undefined) return h('span', { class: 'dim' }, '–')
  // Cut, not rounded: one failure in ten thousand is not 100 %.
  const percent = `${Math.floor(successRate * 1000) / 10} %`
  return h('span', { title: `of ${totalRuns} runs` }, percent)
}

/**
 * @param {string} label
 * @param {...import('./dom.js').Child} content
 */
function cell(label, ...content) {
  return h('td', { 'data-label': label }, h('div', {}, content))
}
