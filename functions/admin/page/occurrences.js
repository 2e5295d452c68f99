import { h } from './dom.js'
import { badge } from './state.js'
import { localText, relativeText, utcText, ZONE } from './time.js'

/**
 * Occurrences and clock changes in the order of time; a clock change says what it does to the schedule.
 *
 * @param {import('./shapes.d.ts').Preview} preview
 * @param {{ isPaused?: boolean }} [how] paused: none of them begins
 */
export function occurrenceList({ occurrences, clock_changes }, { isPaused = false } = {}) {
  const last = occurrences.at(-1)?.at ?? ''
  const changes = clock_changes.map((change) => ({
    at: change.at,
    node: clockChange(change, change.at > last),
  }))
  const within = changes.filter(({ at }) => at <= last)
  const beyond = changes.filter(({ at }) => at > last)
  const listed = occurrences.map((occurrence) => ({
    at: occurrence.at,
    node: occurrenceLine(occurrence, isPaused),
  }))
  const inOrder = [...listed, ...within].toSorted((a, b) => (a.at < b.at ? -1 : 1))
  return h(
    'div',
    { class: 'occurrences' },
    isPaused &&
      h('p', {}, h('strong', {}, 'The job is paused.'), ' Until it is resumed none of these begins.'),
    h('p', { class: 'dim small' }, `Your zone is ${ZONE}; the schedule’s wall clock stands beside it.`),
    inOrder.length === 0
      ? h('p', { class: 'empty' }, 'No occurrence is left.')
      : h(
          'ol',
          {},
          inOrder.map(({ node }) => node),
        ),
    beyond.length > 0 &&
      h(
        'ul',
        {},
        beyond.map(({ node }) => node),
      ),
  )
}

/**
 * @param {import('./shapes.d.ts').Preview['occurrences'][number]} occurrence
 * @param {boolean} isPaused
 */
function occurrenceLine({ at, local }, isPaused) {
  return h(
    'li',
    { class: isPaused ? 'not-begun' : null },
    isPaused && badge('warn', 'bars', 'paused'),
    isPaused && ' ',
    h('time', { datetime: at, title: utcText(at) }, localText(at)),
    ' ',
    h('span', { class: 'dim' }, relativeText(at), ' · ', h('span', { class: 'mono' }, local)),
  )
}

/**
 * @param {import('./shapes.d.ts').Preview['clock_changes'][number]} change
 * @param {boolean} isLater than all that is listed
 */
function clockChange({ at, kind, minutes, local_before, local, text }, isLater) {
  const way = kind === 'gap' ? 'forward' : 'back'
  return h(
    'li',
    { class: isLater ? 'clock-change later' : 'clock-change' },
    h('strong', {}, `Clocks go ${way} ${minutes} min`),
    ' ',
    h('time', { datetime: at, title: utcText(at), class: 'dim' }, localText(at)),
    h('div', { class: 'small' }, h('span', { class: 'mono' }, `${local_before} → ${local}`), ' ', text),
  )
}
