import { h, svg } from './dom.js'
import { localText, relativeText } from './time.js'

/** A job that waits this long past its instant is overdue: two cadences of a minute, as `/health` counts it. */
const OVERDUE_SECONDS = 120

/** @typedef {'ok' | 'bad' | 'warn' | 'busy' | 'idle'} Tone */

/**
 * The states of a job, the most urgent first.
 *
 * @type {Readonly<Record<string, { tone: Tone, shape: keyof typeof SHAPES }>>}
 */
const STATES = {
  damaged: { tone: 'bad', shape: 'cross' },
  overdue: { tone: 'bad', shape: 'diamond' },
  retrying: { tone: 'bad', shape: 'play' },
  failing: { tone: 'bad', shape: 'cross' },
  running: { tone: 'busy', shape: 'play' },
  paused: { tone: 'warn', shape: 'bars' },
  finished: { tone: 'idle', shape: 'check' },
  waiting: { tone: 'ok', shape: 'dot' },
}

const SHAPES = {
  cross: 'M2 2 8 8M8 2 2 8',
  diamond: 'M5 1 9 5 5 9 1 5Z',
  play: 'M2.5 1.5 8.5 5 2.5 8.5Z',
  bars: 'M3 1.5V8.5M7 1.5V8.5',
  check: 'M1.5 5.5 4 8 8.5 2.5',
  dot: 'M5 2.5A2.5 2.5 0 1 0 5 7.5 2.5 2.5 0 1 0 5 2.5Z',
}

/**
 * Where a job stands. A job may be in several states at once (running and failing): all of them, the most urgent first.
 *
 * @param {import('./shapes.d.ts').Job} job
 * @returns {readonly string[]}
 */
export function statesOf(job) {
  if (job.status === 'damaged' || job.damage) return ['damaged']
  const inFlight = (job.entries?.length ?? 0) > 0
  const found = [
    isOverdue(job) && 'overdue',
    isRetrying(job) && 'retrying',
    job.last_run?.outcome === 'failed' && 'failing',
    job.isRunning && 'running',
    job.enabled === false && 'paused',
    !inFlight && !job.nextRunAt && job.kind !== 'reported' && 'finished',
  ].filter((state) => typeof state === 'string')
  return found.length === 0 ? ['waiting'] : found
}

/**
 * The badges of a job's states.
 *
 * @param {import('./shapes.d.ts').Job} job
 */
export function stateBadges(job) {
  return h('span', { class: 'badges' }, ...statesOf(job).map(stateBadge))
}

/**
 * A word with a sign and a colour of its own.
 *
 * @param {Tone} tone
 * @param {keyof typeof SHAPES} shape
 * @param {string} word
 */
export function badge(tone, shape, word) {
  return h('span', { class: `badge ${tone}` }, sign(shape), word)
}

/**
 * How a run ended.
 *
 * @param {string} status
 */
export function outcomeBadge(status) {
  const { tone, shape } = OUTCOMES[status] ?? { tone: 'idle', shape: 'dot' }
  return badge(tone, shape, status)
}

/** @type {Readonly<Record<string, { tone: Tone, shape: keyof typeof SHAPES }>>} */
const OUTCOMES = {
  completed: { tone: 'ok', shape: 'check' },
  succeeded: { tone: 'ok', shape: 'check' },
  'partly failed': { tone: 'warn', shape: 'diamond' },
  failed: { tone: 'bad', shape: 'cross' },
  lost: { tone: 'bad', shape: 'diamond' },
  running: { tone: 'busy', shape: 'play' },
  cancelled: { tone: 'idle', shape: 'bars' },
  'given back': { tone: 'idle', shape: 'bars' },
  retry: { tone: 'warn', shape: 'play' },
}

/** @param {string} state */
function stateBadge(state) {
  const { tone, shape } = STATES[state] ?? { tone: 'idle', shape: 'dot' }
  return badge(tone, shape, state)
}

/**
 * Since when a job fails, and how often in a row; null while it does not.
 *
 * @param {import('./shapes.d.ts').Job} job
 */
export function streakText({ last_run, failing_since, failed_in_a_row = 0 }) {
  if (last_run?.outcome !== 'failed' || !failing_since) return null
  return `since ${relativeText(failing_since)} (${localText(failing_since)}), ${failed_in_a_row} in a row`
}

/**
 * A run whose attempts so far have failed waits for another.
 *
 * @param {import('./shapes.d.ts').Job} job
 */
function isRetrying({ entries = [] }) {
  return entries.some(({ state, attempt }) => state === 'retry' && attempt >= 1)
}

/**
 * A backfill is of the past: it is never late.
 *
 * @param {import('./shapes.d.ts').Job} job
 */
function isOverdue(job) {
  if (job.kind === 'backfill') return false
  return job.is_due === true && (job.time_until_due_seconds ?? 0) < -OVERDUE_SECONDS
}

/** @param {keyof typeof SHAPES} shape */
function sign(shape) {
  const isFilled = shape === 'play' || shape === 'dot' || shape === 'diamond'
  const paint = isFilled
    ? { fill: 'currentColor' }
    : { fill: 'none', stroke: 'currentColor', 'stroke-width': 2, 'stroke-linecap': 'round' }
  return svg(
    'svg',
    { viewBox: '0 0 10 10', 'aria-hidden': 'true' },
    svg('path', { d: SHAPES[shape], ...paint }),
  )
}
