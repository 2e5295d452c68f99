import { svg } from './dom.js'
import { hrefOf } from './router.js'
import { axisText } from './time-axis.js'

/** @typedef {import('./track-items.js').Item} Item */
/** @typedef {{ from: number, to: number, now: number }} Window */

const HEIGHT = 36
/** Top and height of the two tracks; the second is for runs that overlap. */
const TRACKS = /** @type {const} */ ([
  { y: 8, height: 11 },
  { y: 22, height: 11 },
])
/** No bar is narrower, in percent of the window: it would not be seen. */
const LEAST = 0.2
/** Two words of `missing` are at least so far apart, in percent. */
const WORD_APART = 12

/** The pattern of what was skipped; once on the page. */
export function HATCH() {
  return svg(
    'svg',
    { class: 'defs', width: 0, height: 0, 'aria-hidden': 'true' },
    svg(
      'pattern',
      { id: 'hatch', width: 6, height: 6, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' },
      svg('line', { class: 'hatch-line', x1: 0, x2: 0, y1: 0, y2: 6 }),
    ),
  )
}

/**
 * The times along the top, and where now is.
 *
 * @param {Window} window
 */
export function axis(window) {
  return svg(
    'svg',
    { class: 'axis', width: '100%', height: 18, 'aria-hidden': 'true' },
    ...axisText(window).map(({ at, text }) =>
      svg('text', { x: percent(at, window), y: 13, 'text-anchor': anchorAt(share(at, window)) }, text),
    ),
  )
}

/** @param {number} place in percent */
function anchorAt(place) {
  if (place > 96) return 'end'
  return place < 4 ? 'start' : 'middle'
}

/**
 * One job's row. It takes the focus as a whole; the arrow keys step through what stands in it.
 *
 * @param {import('./timeline.js').Row} row
 * @param {readonly Item[]} items
 * @param {Window} window
 */
export function track(row, items, window) {
  const open = () => {
    location.hash = hrefOf('job', row.name)
  }
  return svg(
    'svg',
    {
      class: 'track',
      width: '100%',
      height: HEIGHT,
      tabindex: 0,
      role: 'group',
      'aria-label': inWords(row, items),
      'aria-describedby': 'track-detail',
      'data-job': row.name,
      onclick: open,
      onkeydown: (/** @type {KeyboardEvent} */ event) => step(event, items, open),
    },
    ...axisText(window).map(({ at }) => upright('grid', at, window)),
    ...inFront(items).map(({ item, place }) => drawItem(item, place, items[place - 1], window)),
    upright('now', window.now, window),
  )
}

/**
 * What is wrong with something is not to be hidden behind its neighbours.
 *
 * @param {readonly Item[]} items
 */
function inFront(items) {
  const placed = items.map((item, place) => ({ item, place }))
  return placed.toSorted((a, b) => Number(a.item.troubles.length > 0) - Number(b.item.troubles.length > 0))
}

/**
 * @param {Item} item
 * @param {number} place among those of its row
 * @param {Item | undefined} before
 * @param {Window} window
 */
function drawItem(item, place, before, window) {
  const onpointerenter = (/** @type {PointerEvent} */ event) => tell(event.currentTarget, item)
  const shapes = { run: drawRun, skipped: drawSkip, missing: drawMissing }
  return svg(
    'g',
    { class: `item ${item.kind} ${item.status}`, 'data-place': place, onpointerenter },
    svg('title', {}, item.text),
    ...shapes[item.kind](item, window, before),
  )
}

/**
 * A mark at its instant, what it waited, and the run itself.
 *
 * @param {Item} item
 * @param {Window} window
 */
function drawRun(item, window) {
  const { y, height } = TRACKS[item.track]
  const middle = y + height / 2
  const below = item.track === 0 ? y + height + 8 : middle
  const isLate = item.troubles.includes('late')
  const [x, width] = stretch(item.from, item.to, window)
  return [
    svg('line', {
      class: 'due',
      x1: percent(item.due, window),
      x2: percent(item.due, window),
      y1: 1,
      y2: isLate ? middle : 6,
    }),
    isLate && svg('line', { class: 'delay', x1: percent(item.due, window), x2: x, y1: middle, y2: middle }),
    svg('rect', { class: 'bar', x, width, y, height, rx: 1.5 }),
    isLate && at(item.from, 4, window, svg('path', { class: 'flag', d: 'M-5-3.5h10l-5 7z' })),
    item.status === 'failed' &&
      at(item.from, below, window, svg('path', { class: 'cross', d: 'M-4-4l8 8m0-8l-8 8' })),
    item.status === 'running' &&
      at(item.to, middle, window, svg('path', { class: 'goes-on', d: 'M2-4l5 4-5 4' })),
  ].filter((shape) => shape !== false)
}

/**
 * @param {Item} item
 * @param {Window} window
 */
function drawSkip(item, window) {
  const [x, width] = stretch(item.from, item.to, window)
  return [svg('rect', { class: 'hatched', fill: 'url(#hatch)', x, width, y: 8, height: 25 })]
}

/**
 * @param {Item} item
 * @param {Window} window
 * @param {Item | undefined} before
 */
function drawMissing(item, window, before) {
  const apart = before?.kind === 'missing' ? share(item.from, window) - share(before.from, window) : 100
  return [
    at(item.from, 14, window, svg('path', { class: 'diamond', d: 'M0-6.5L6.5 0 0 6.5-6.5 0Z' })),
    apart >= WORD_APART &&
      at(item.from, 32, window, svg('text', { class: 'word', 'text-anchor': 'middle' }, 'missing')),
  ].filter((shape) => shape !== false)
}

/**
 * Arrow keys step through the row, Home and End go to its ends, Enter opens the job.
 *
 * @param {KeyboardEvent} event
 * @param {readonly Item[]} items
 * @param {() => void} open
 */
function step(event, items, open) {
  const row = event.currentTarget
  if (!(row instanceof Element)) return
  const last = items.length - 1
  const here = Number(row.querySelector('.item.chosen')?.getAttribute('data-place') ?? -1)
  /** @type {Readonly<Record<string, number>>} */
  const moves = { ArrowRight: here + 1, ArrowLeft: here < 0 ? last : here - 1, Home: 0, End: last }
  const next = moves[event.key]
  if (event.key === 'Enter') open()
  if (next === undefined) return
  event.preventDefault()
  choose(row, items, Math.min(last, Math.max(0, next)))
}

/**
 * Marks one thing in a row, and says below what it is.
 *
 * @param {Element} row
 * @param {readonly Item[]} items
 * @param {number} place
 */
export function choose(row, items, place) {
  const item = items[place]
  if (item !== undefined) tell(row.querySelector(`.item[data-place="${place}"]`), item)
}

/**
 * @param {EventTarget | null} element
 * @param {Item} item
 */
function tell(element, item) {
  for (const one of document.querySelectorAll('.item.chosen')) one.classList.remove('chosen')
  if (element instanceof Element) element.classList.add('chosen')
  const detail = document.getElementById('track-detail')
  if (detail !== null) detail.textContent = item.text
}

/**
 * @param {import('./timeline.js').Row} row
 * @param {readonly Item[]} items
 */
function inWords({ displayName, runs }, items) {
  const found = ['missing', 'failed', 'late', 'overlapping'].flatMap((trouble) => {
    const count = items.filter(({ troubles }) => troubles.some((one) => one === trouble)).length
    return count === 0 ? [] : [`${count} ${trouble}`]
  })
  return `${displayName}: ${[`${runs.length} runs`, ...found].join(', ')}`
}

/**
 * A line from top to bottom.
 *
 * @param {string} name
 * @param {number} instant
 * @param {Window} window
 */
function upright(name, instant, window) {
  const x = percent(instant, window)
  return svg('line', { class: name, x1: x, x2: x, y1: 0, y2: HEIGHT })
}

/**
 * Something of its own size at an instant, however wide the row is.
 *
 * @param {number} instant
 * @param {number} y
 * @param {Window} window
 * @param {SVGElement} shape
 */
function at(instant, y, window, shape) {
  return svg('svg', { x: percent(instant, window), y, overflow: 'visible', class: 'at' }, shape)
}

/**
 * Where a stretch of time begins and how wide it is, within the window.
 *
 * @param {number} from
 * @param {number} to
 * @param {Window} window
 */
function stretch(from, to, window) {
  const start = Math.max(0, share(from, window))
  const end = Math.min(100, share(to, window))
  return [`${start.toFixed(3)}%`, `${Math.max(LEAST, end - start).toFixed(3)}%`]
}

/**
 * @param {number} instant
 * @param {Window} window
 */
function percent(instant, window) {
  return `${share(instant, window).toFixed(3)}%`
}

/**
 * @param {number} instant
 * @param {Window} window
 */
function share(instant, { from, to }) {
  return (100 * (instant - from)) / (to - from)
}
