import { h } from './dom.js'

/**
 * Says how an action ended, at the top of what the reader sees; screen readers read it out. It stands until the next one, or
 * until the reader closes it or goes elsewhere.
 *
 * @param {'ok' | 'bad' | 'busy'} tone
 * @param {string} text
 * @param {...Node} details
 */
export function announce(tone, text, ...details) {
  const close = h('button', { type: 'button', class: 'quiet', onclick: silence }, 'Close')
  place().replaceChildren(
    h('div', { class: `notice ${tone}` }, h('div', { class: 'grow' }, h('p', {}, text), details), close),
  )
}

/** Takes the last one away. */
export function silence() {
  place().replaceChildren()
}

function place() {
  const found = document.getElementById('notice')
  if (found === null) throw new Error('The page has no place for notices')
  return found
}
