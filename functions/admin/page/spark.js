import { svg } from './dom.js'
import { durationText, localText } from './time.js'

const RUNS = 20
const WIDTH = 6
const HEIGHT = 28

/**
 * The last 20 runs as bars, oldest first: height is the duration against the longest of them, and the outcome is both
 * colour and shape (a failed run stands under a cross, a cancelled one is hollow).
 *
 * @param {readonly import('./shapes.d.ts').RecentRun[]} runs
 */
export function spark(runs) {
  const longest = Math.max(1, ...runs.map((run) => run.duration_ms))
  const gap = RUNS - runs.length
  return svg(
    'svg',
    {
      class: 'spark',
      viewBox: `0 0 ${RUNS * WIDTH} ${HEIGHT}`,
      width: RUNS * WIDTH,
      height: HEIGHT,
      role: 'img',
      'aria-label': inWords(runs),
    },
    ...runs.map((run, place) => bar(run, (gap + place) * WIDTH, longest)),
  )
}

/**
 * @param {import('./shapes.d.ts').RecentRun} run
 * @param {number} x
 * @param {number} longest
 */
function bar(run, x, longest) {
  const failed = run.status === 'failed'
  const room = HEIGHT - 8
  // The square root keeps a short run visible beside a long one.
  const height = Math.max(3, Math.round(room * Math.sqrt(run.duration_ms / longest)))
  const y = HEIGHT - height
  const title = `${run.status}, ${durationText(run.duration_ms)}, ${localText(run.at)}`
  return svg(
    'g',
    { class: `run ${run.status}` },
    svg('title', {}, title),
    svg('rect', { x: x + 0.75, y, width: WIDTH - 1.5, height }),
    failed && svg('path', { d: `M${x + 1} ${y - 6.5}l4 4m0-4l-4 4` }),
  )
}

/** @param {readonly import('./shapes.d.ts').RecentRun[]} runs */
function inWords(runs) {
  if (runs.length === 0) return 'No runs yet'
  const failed = runs.filter((run) => run.status === 'failed').length
  const cancelled = runs.filter((run) => run.status === 'cancelled').length
  const median = runs.map((run) => run.duration_ms).toSorted((a, b) => a - b)[Math.floor(runs.length / 2)]
  const last = runs.at(-1)?.status ?? ''
  const rest = cancelled > 0 ? `, ${cancelled} cancelled` : ''
  return `Last ${runs.length} runs: ${failed} failed${rest}; the latest ${last}; median ${durationText(median)}`
}
