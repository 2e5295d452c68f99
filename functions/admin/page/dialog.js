import { Problem } from './api.js'
import { h } from './dom.js'
import { refresh } from './frame.js'

/**
 * What is asked before something is done. `missing` says what still lacks, or null; `sight` is what the reader knows of the
 * job, where others may change it meanwhile; `perform` does it, and rejects with `Problem`.
 *
 * @typedef {{
 *   title: string,
 *   intro: readonly import('./dom.js').Child[],
 *   fields?: readonly Node[],
 *   confirm: string,
 *   busy?: string,
 *   danger?: boolean,
 *   missing?: () => string | null,
 *   sight?: ReturnType<typeof import('./meanwhile.js').sightOf>,
 *   perform: (reason: string) => Promise<void>,
 * }} Question
 * @typedef {{
 *   reason: HTMLTextAreaElement, problem: HTMLElement, confirm: HTMLButtonElement, cancel: HTMLButtonElement,
 * }} Parts
 */

/** The last reason that was typed and not sent: whoever asks the same again finds it. */
let unsent = { title: '', reason: '' }

/**
 * Asks, with a reason, and performs once. The dialog closes when it is done; what the service refuses is shown in it, and it
 * can be sent again. Closed while it is under way, it goes on: its end is announced on the page.
 *
 * @param {Question} question
 */
export function ask(question) {
  /** @type {Parts} */
  const parts = {
    reason: h('textarea', { name: 'reason', rows: 2, maxlength: 500, required: true }),
    problem: h('div', { role: 'alert' }),
    confirm: h('button', { type: 'submit' }, question.confirm),
    cancel: h('button', { type: 'button', onclick: () => dialog.close() }, 'Cancel'),
  }
  ready(question, parts)
  if (unsent.title === question.title) parts.reason.value = unsent.reason
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
  dialog.addEventListener('close', () => {
    unsent = { title: question.title, reason: parts.reason.value }
    dialog.remove()
  })
  document.body.append(dialog)
  dialog.showModal()
}

/**
 * @param {SubmitEvent} event
 * @param {Question} question
 * @param {Parts} parts
 * @param {HTMLDialogElement} dialog
 */
async function submit(event, question, parts, dialog) {
  const { reason, problem, confirm, cancel } = parts
  event.preventDefault()
  if (event.submitter === cancel) return dialog.close()
  const missing = reason.value.trim() === '' ? 'Say why.' : (question.missing?.() ?? null)
  problem.replaceChildren(...(missing === null ? [] : [h('p', { class: 'bad-text' }, missing)]))
  if (missing !== null || confirm.disabled) return
  confirm.disabled = true
  confirm.textContent = question.busy ?? 'Sending…'
  cancel.textContent = 'Close, and let it go on'
  try {
    await question.perform(reason.value.trim())
    reason.value = ''
    dialog.close()
  } catch (error) {
    ready(question, parts)
    problem.replaceChildren(refusal(error))
    if (error instanceof Problem && error.isUnknown) doubt(parts)
    if (error instanceof Problem && error.code === 'changed_meanwhile') await overtaken(question, parts)
  }
}

/**
 * It can be sent.
 *
 * @param {Question} question
 * @param {Parts} parts
 */
function ready({ confirm: word, danger = false }, { confirm, cancel }) {
  confirm.disabled = false
  confirm.textContent = word
  confirm.className = danger ? 'main danger' : 'main'
  cancel.textContent = 'Cancel'
  cancel.className = ''
  cancel.type = 'button'
}

/**
 * It may have been done: to look comes first, also for whoever presses Enter.
 *
 * @param {Parts} parts
 */
function doubt({ confirm, cancel }) {
  confirm.textContent = 'Send it once more'
  confirm.className = ''
  cancel.textContent = 'Close, and look first'
  cancel.className = 'main'
  cancel.type = 'submit'
  cancel.focus()
  void refresh()
}

/**
 * Another was faster: says who, and lets the reader look before it is sent again.
 *
 * @param {Question} question
 * @param {Parts} parts
 */
async function overtaken({ sight }, { problem, confirm }) {
  if (sight === undefined) return
  confirm.disabled = true
  const look = h('button', { type: 'button', onclick: () => void again() }, 'Look again')
  const again = async () => {
    problem.replaceChildren(await sight.lookAgain().catch(refusal), look)
    confirm.disabled = false
    void refresh()
  }
  problem.replaceChildren(await sight.tell(), look)
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
