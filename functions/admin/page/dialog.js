import { Problem } from './api.js'
import { h } from './dom.js'

/**
 * What is asked before something is done. `reason` may be refused empty by `required`; `missing` says what still lacks, or
 * null; `perform` does it, and rejects with `Problem`.
 *
 * @typedef {{
 *   title: string,
 *   intro: readonly import('./dom.js').Child[],
 *   fields?: readonly Node[],
 *   confirm: string,
 *   busy?: string,
 *   danger?: boolean,
 *   missing?: () => string | null,
 *   perform: (reason: string) => Promise<void>,
 * }} Question
 */

/**
 * Asks, with a reason, and performs once. The dialog closes when it is done; what the service refuses is shown in it, and it
 * can be sent again. Closed while it is under way, it goes on: its end is announced on the page.
 *
 * @param {Question} question
 */
export function ask(question) {
  const parts = {
    reason: h('textarea', { name: 'reason', rows: 2, maxlength: 500, required: true }),
    problem: h('div', { role: 'alert' }),
    confirm: h(
      'button',
      { type: 'submit', class: question.danger ? 'main danger' : 'main' },
      question.confirm,
    ),
    cancel: h('button', { type: 'button', onclick: () => dialog.close() }, 'Cancel'),
  }
  const form = h(
    'form',
    { onsubmit: (/** @type {SubmitEvent} */ event) => void submit(event, question, parts, dialog) },
    h('h2', { id: 'asked', class: 'asked' }, question.title),
    h('div', { class: 'intro' }, question.intro),
    question.fields ?? [],
    h('label', {}, 'Reason (kept in the audit trail)', parts.reason),
    parts.problem,
    h('div', { class: 'row ends' }, parts.cancel, parts.confirm),
  )
  const dialog = h('dialog', { 'aria-labelledby': 'asked' }, form)
  dialog.addEventListener('close', () => dialog.remove())
  document.body.append(dialog)
  dialog.showModal()
}

/**
 * @param {SubmitEvent} event
 * @param {Question} question
 * @param {{ reason: HTMLTextAreaElement, problem: HTMLElement, confirm: HTMLButtonElement, cancel: HTMLButtonElement }} parts
 * @param {HTMLDialogElement} dialog
 */
async function submit(event, question, { reason, problem, confirm, cancel }, dialog) {
  event.preventDefault()
  const missing = reason.value.trim() === '' ? 'Say why.' : (question.missing?.() ?? null)
  problem.replaceChildren(...(missing === null ? [] : [h('p', { class: 'bad-text' }, missing)]))
  if (missing !== null || confirm.disabled) return
  confirm.disabled = true
  confirm.textContent = question.busy ?? 'Sending…'
  cancel.textContent = 'Close, and let it go on'
  try {
    await question.perform(reason.value.trim())
    dialog.close()
  } catch (error) {
    problem.replaceChildren(refusal(error))
    confirm.disabled = false
    confirm.textContent = question.confirm
    cancel.textContent = 'Cancel'
  }
}

/** @param {unknown} error */
function refusal(error) {
  const fields = error instanceof Problem ? error.fields : []
  return h(
    'div',
    { class: 'bad-text' },
    h('p', {}, error instanceof Error ? error.message : String(error)),
    fields.length > 0 &&
      h(
        'ul',
        {},
        fields.map(({ field, message }) => h('li', {}, `${field}: ${message}`)),
      ),
  )
}
