import { Problem } from './api.js'
import { h } from './dom.js'

/**
 * A part of a view under a heading of its own.
 *
 * @param {string} title
 * @param {...import('./dom.js').Child} content
 */
export function panel(title, ...content) {
  const id = `part-${title.toLowerCase().replaceAll(/[^a-z]+/g, '-')}`
  return h(
    'section',
    { class: 'panel', 'aria-labelledby': id, 'data-key': id },
    h('h2', { id }, title),
    content,
  )
}

/** @param {string} text */
export function empty(text) {
  return h('p', { class: 'empty' }, text)
}

/** What stands in a view's place while its data is on the way. */
export function loading() {
  return h('p', { class: 'empty', 'data-key': 'loading' }, 'Loading…')
}

/**
 * Why there is nothing to show, and what to do.
 *
 * @param {unknown} error
 */
export function failure(error) {
  const { title, text } = explain(error)
  return h('div', { class: 'panel failure', role: 'alert' }, h('h1', {}, title), h('p', {}, text), reload())
}

/**
 * The same in one line, for a part of a view, or above what was known before.
 *
 * @param {unknown} error
 * @param {string} [usual] what cannot be done, where the error has no name of its own
 */
export function failureLine(error, usual) {
  const { title, text } = explain(error, usual)
  return h('p', { class: 'failure-line' }, h('strong', {}, `${title}.`), ` ${text}`)
}

function reload() {
  return h('button', { type: 'button', onclick: () => location.reload() }, 'Reload the page')
}

/**
 * @param {unknown} error
 * @param {string} [usual]
 */
function explain(error, usual = 'This cannot be shown') {
  if (!(error instanceof Problem)) return { title: 'The page failed', text: String(error) }
  return { title: TITLES[error.status] ?? usual, text: error.message }
}

/** @type {Readonly<Record<number, string>>} */
const TITLES = {
  0: 'No connection',
  401: 'You are signed out',
  403: 'You may not see this',
  404: 'Not found',
  503: 'The store is out of reach',
}
