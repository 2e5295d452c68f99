import { h, svg } from './dom.js'
import { empty } from './panels.js'
import { durationText, localText } from './time.js'

/** @typedef {import('./shapes.d.ts').Execution} Execution */
/** @typedef {{ at: string, value: number, failed: boolean }} Point */

/** A drawing is as wide as its place, so that its text keeps its size on a phone. */
const WIDTH = matchMedia('(max-width: 640px)').matches ? 340 : 640
const HEIGHT = 150
const LEFT = 72
/** On the right stand the names of the levels, beside what is drawn. */
const RIGHT = WIDTH - 92
const TOP = 10
const BOTTOM = 20
const FLOOR = HEIGHT - BOTTOM
/** Where the largest value is so many times the middle one, equal steps would flatten all others. */
const WIDE = 20
/** Two lines of text are so far apart. */
const LINE = 12
/** Where an axis may end, in ms: its half is as round as its end. */
const ENDS = [
  2, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 4e3, 10e3, 20e3, 60e3, 120e3, 300e3, 600e3, 1200e3, 3600e3, 7200e3,
  14400e3, 43200e3, 86400e3,
]

/**
 * Lateness and duration of a job's last runs, oldest on the left; runs that did not end have no duration.
 *
 * @param {readonly (Execution | import('./shapes.d.ts').Skipped)[]} executions newest first
 */
export function historyCharts(executions) {
  const runs = executions.flatMap((one) => (one.status === 'skipped' ? [] : [one])).toReversed()
  if (runs.length === 0) return empty('Nothing has run yet, so there is nothing to draw.')
  const scheduled = runs.filter((run) => run.triggered_by === 'scheduler')
  return h(
    'div',
    { class: 'charts' },
    chart('Lateness', 'from the instant to the start', scheduled.map(pointOf('lateness_ms'))),
    chart(
      'Duration',
      'from the start to the end',
      runs.filter((run) => run.duration_ms !== null).map(pointOf('duration_ms')),
    ),
  )
}

/**
 * @param {'lateness_ms' | 'duration_ms'} field
 * @returns {(run: Execution) => Point}
 */
function pointOf(field) {
  return (run) => ({
    at: run.scheduled_for,
    value: Math.max(0, run[field] ?? 0),
    failed: run.status === 'failed',
  })
}

/**
 * One chart: a mark for each run, lines at the median and at the 95th percentile, and all of it in words.
 *
 * @param {string} title
 * @param {string} meaning
 * @param {readonly Point[]} points
 */
function chart(title, meaning, points) {
  const id = `chart-${title.toLowerCase()}`
  const sorted = points.map(({ value }) => value).toSorted((a, b) => a - b)
  const scale = scaleOf(sorted)
  return h(
    'figure',
    { class: 'chart' },
    h(
      'figcaption',
      { id },
      h('strong', {}, title),
      h('span', { class: 'dim' }, ` ${meaning}${scale.isLog ? ', each step ten times the last' : ''}. `),
      inWords(points, sorted),
    ),
    points.length > 0 && drawing(points, sorted, scale, id),
  )
}

/**
 * @param {readonly Point[]} points
 * @param {readonly number[]} sorted
 * @param {Scale} scale
 * @param {string} id of what says the same in words
 */
function drawing(points, sorted, scale, id) {
  const step = (RIGHT - LEFT - 8) / Math.max(1, points.length - 1)
  const x = (/** @type {number} */ place) => LEFT + 4 + place * step
  return svg(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-labelledby': id },
    ...scale.ticks.map((value) => gridLine(value, scale)),
    ...levels(sorted, scale),
    ...points.map((point, place) => mark(point, x(place), scale.y(point.value))),
    ...timeLabels(points),
  )
}

/** @typedef {{ isLog: boolean, ticks: readonly number[], y: (value: number) => number }} Scale */

/** @param {number} share of the height, from 0 at the bottom to 1 */
function height(share) {
  return FLOOR - share * (FLOOR - TOP)
}

/**
 * Equal steps, or steps of ten where the values are far apart.
 *
 * @param {readonly number[]} sorted ms
 * @returns {Scale}
 */
function scaleOf(sorted) {
  const most = Math.max(1, sorted.at(-1) ?? 1)
  const isLog = most > WIDE * Math.max(1, percentile(sorted, 0.5)) && most >= 100
  if (!isLog) {
    const end = ENDS.find((one) => one >= most) ?? most
    return { isLog, ticks: [0, end / 2, end], y: (value) => height(value / end) }
  }
  const decades = Math.ceil(Math.log10(most))
  const ticks = Array.from({ length: decades + 1 }, (_, n) => 10 ** n).slice(-5)
  const [least = 1, top = most] = [ticks[0], ticks.at(-1)]
  const share = (/** @type {number} */ value) =>
    Math.log10(Math.max(value, least) / least) / Math.log10(top / least)
  return { isLog, ticks, y: (value) => height(share(value)) }
}

/**
 * @param {number} value
 * @param {Scale} scale
 */
function gridLine(value, { y }) {
  return svg(
    'g',
    { class: 'grid' },
    svg('line', { x1: LEFT, x2: RIGHT, y1: y(value), y2: y(value) }),
    svg('text', { x: LEFT - 6, y: y(value) + 3.5, 'text-anchor': 'end' }, durationText(value)),
  )
}

/**
 * The median and the 95th percentile, each named at its end; names that would cover each other move apart.
 *
 * @param {readonly number[]} sorted
 * @param {Scale} scale
 */
function levels(sorted, { y }) {
  const [half, most] = [percentile(sorted, 0.5), percentile(sorted, 0.95)]
  const upper = Math.min(y(most), FLOOR - LINE)
  return [level('p50', half, y(half), Math.max(y(half), upper + LINE)), level('p95', most, y(most), upper)]
}

/**
 * @param {string} name
 * @param {number} value
 * @param {number} y of its line
 * @param {number} middle of its name
 */
function level(name, value, y, middle) {
  return svg(
    'g',
    { class: `level ${name}` },
    svg('line', { x1: LEFT, x2: RIGHT, y1: y, y2: y }),
    svg('text', { x: RIGHT + 6, y: middle + 3.5 }, `${name} ${durationText(value)}`),
  )
}

/**
 * A run that failed is a cross, any other a dot.
 *
 * @param {Point} point
 * @param {number} x
 * @param {number} y
 */
function mark({ at, value, failed }, x, y) {
  const title = svg('title', {}, `${localText(at)}: ${durationText(value)}${failed ? ', failed' : ''}`)
  return failed
    ? svg('path', { class: 'mark failed', d: `M${x - 3.5} ${y - 3.5}l7 7m0-7l-7 7` }, title)
    : svg('circle', { class: 'mark', cx: x, cy: y, r: 2.6 }, title)
}

/**
 * @param {number} x
 * @param {string} anchor
 * @param {string} at
 */
function label(x, anchor, at) {
  return svg('text', { class: 'axis', x, y: HEIGHT - 4, 'text-anchor': anchor }, localText(at))
}

/** @param {readonly Point[]} points */
function timeLabels(points) {
  const [first, last] = [points[0], points.at(-1)]
  if (first === undefined || last === undefined) return []
  return first === last
    ? [label(LEFT, 'start', first.at)]
    : [label(LEFT, 'start', first.at), label(WIDTH, 'end', last.at)]
}

/**
 * @param {readonly Point[]} points
 * @param {readonly number[]} sorted
 */
function inWords(points, sorted) {
  if (points.length === 0) return 'No run to draw.'
  const failed = points.filter((point) => point.failed).length
  const runs = points.length === 1 ? 'One run' : `${points.length} runs`
  const [half, most] = [percentile(sorted, 0.5), percentile(sorted, 0.95)].map(durationText)
  return `${runs}, ${failed} failed: half within ${half}, 95 % within ${most}, the longest ${durationText(sorted.at(-1))}.`
}

/**
 * @param {readonly number[]} sorted
 * @param {number} share
 */
function percentile(sorted, share) {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0
}
