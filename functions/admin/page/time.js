import { h } from './dom.js'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** The viewer's own time zone, by its IANA name. */
export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone

const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' })
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })
const dayOfYear = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })

/**
 * An instant (ISO 8601 or ms) in the viewer's zone: the time alone today, else with its date.
 *
 * @param {string | number} at
 * @param {number} [now]
 */
export function localText(at, now = Date.now()) {
  const then = new Date(at)
  const today = new Date(now)
  if (then.toDateString() === today.toDateString()) return clock.format(then)
  const date = then.getFullYear() === today.getFullYear() ? day : dayOfYear
  return `${date.format(then)}, ${clock.format(then)}`
}

/**
 * The same in UTC, always with its date.
 *
 * @param {string | number} at
 */
export function utcText(at) {
  return `${new Date(at).toISOString().replace('T', ' ').slice(0, 19)} UTC`
}

/**
 * How far an instant is from now: `in 4 min`, `2 h ago`, `now`.
 *
 * @param {string | number} at
 * @param {number} [now]
 */
export function relativeText(at, now = Date.now()) {
  const distance = new Date(at).getTime() - now
  if (Math.abs(distance) < SECOND) return 'now'
  return distance > 0 ? `in ${rough(distance)}` : `${rough(-distance)} ago`
}

/**
 * A length of time, as exact as it needs to be: `340 ms`, `2.4 s`, `3 min 20 s`, `2 h 5 min`, `4 d 3 h`.
 *
 * @param {number | null | undefined} ms
 * @returns {string}
 */
export function durationText(ms) {
  if (ms === null || ms === undefined) return '–'
  if (ms < 0) return `-${durationText(-ms)}`
  if (ms < SECOND) return `${Math.round(ms)} ms`
  if (ms < 10 * SECOND) return `${(ms / SECOND).toFixed(1)} s`
  if (ms < MINUTE) return `${Math.round(ms / SECOND)} s`
  if (ms < HOUR) return parts(ms, MINUTE, 'min', SECOND, 's')
  return ms < DAY ? parts(ms, HOUR, 'h', MINUTE, 'min') : parts(ms, DAY, 'd', HOUR, 'h')
}

/**
 * An instant with its distance from now; UTC stands in the tooltip. A dash where there is none.
 *
 * @param {string | null | undefined} at
 * @param {string} [none]
 */
export function instant(at, none = '–') {
  if (!at) return h('span', { class: 'dim' }, none)
  return h(
    'time',
    { datetime: at, title: utcText(at) },
    h('span', { class: 'near' }, relativeText(at)),
    ' ',
    h('span', { class: 'dim' }, localText(at)),
  )
}

/**
 * An instant in full: distance, the viewer's zone, and UTC beside.
 *
 * @param {string | null | undefined} at
 * @param {string} [none]
 */
export function fullInstant(at, none = '–') {
  if (!at) return h('span', { class: 'dim' }, none)
  return h('span', {}, instant(at), ' ', h('span', { class: 'dim near' }, `· ${utcText(at)}`))
}

/** @param {number} ms */
function rough(ms) {
  if (ms < MINUTE) return `${Math.round(ms / SECOND)} s`
  if (ms < HOUR) return `${Math.round(ms / MINUTE)} min`
  if (ms < 48 * HOUR) return `${Math.round(ms / HOUR)} h`
  return `${Math.round(ms / DAY)} days`
}

/**
 * @param {number} ms
 * @param {number} big
 * @param {string} bigName
 * @param {number} small
 * @param {string} smallName
 */
function parts(ms, big, bigName, small, smallName) {
  const whole = Math.round(ms / small) * small
  const rest = Math.round((whole % big) / small)
  const head = `${Math.floor(whole / big)} ${bigName}`
  return rest === 0 ? head : `${head} ${rest} ${smallName}`
}
