import { jobPath, send } from './api.js'
import { askBackfill } from './backfill.js'
import { askCron } from './cron.js'
import { ask } from './dialog.js'
import { h } from './dom.js'
import { done } from './done.js'
import { sightOf } from './meanwhile.js'
import { announce } from './notice.js'
import { hrefOf } from './router.js'
import { mayOperate } from './standing.js'

/** @typedef {import('./shapes.d.ts').Job} Job */

/**
 * What an operator may do with a job, as it stands. Each button opens a dialog; nothing is done by one click.
 *
 * @param {Job} job
 */
export function actions(job) {
  if (!mayOperate())
    return h('p', { class: 'dim small' }, 'Your account may view. The role operator may act; ask for it.')
  const runs = job.kind !== 'reported' && job.status !== 'damaged'
  const recurs = runs && job.kind === 'recurring'
  return h(
    'div',
    { class: 'row', role: 'group', 'aria-label': 'Actions' },
    runs && button('Run now', () => askRun(job), 'main'),
    runs && (job.enabled ? button('Pause', () => askPause(job)) : button('Resume', () => askResume(job))),
    recurs && button('Change schedule', () => askCron(job)),
    recurs && button('Backfill', () => askBackfill(job)),
    (job.entries?.length ?? 0) > 0 && button('Release lease', () => askRelease(job)),
    button('Delete', () => askDelete(job), 'danger'),
  )
}

/**
 * The way back from an operator's change to what is registered.
 *
 * @param {Job} job
 */
export function resetButton(job) {
  return mayOperate() && button('Reset to what is registered', () => askReset(job))
}

/**
 * @param {string} label
 * @param {() => void} onclick
 * @param {string} [kind]
 */
function button(label, onclick, kind = '') {
  return h('button', { type: 'button', class: kind, onclick }, label)
}

/** @param {Job} job */
function askRun(job) {
  ask({
    title: `Run ${job.name} now?`,
    intro: [h('p', {}, 'One run begins at once, beside the schedule, which stays as it is.')],
    confirm: 'Run now',
    busy: 'Running…',
    perform: async (reason) => {
      /** @type {import('./shapes.d.ts').TriggerResult} */
      const answer = await send('POST', jobPath(job.name, '/trigger'), { reason })
      announceRun(answer)
      await done()
    },
  })
}

/** @param {import('./shapes.d.ts').TriggerResult} answer */
function announceRun({ message, run, result }) {
  if (result === undefined) return announce('busy', message, h('p', { class: 'mono' }, run))
  const { success, itemsProcessed, itemsSucceeded, itemsFailed, error, metadata } = result
  const items = `${itemsProcessed} items processed, ${itemsSucceeded} succeeded, ${itemsFailed} failed.`
  announce(
    success ? 'ok' : 'bad',
    message,
    h('p', {}, items),
    ...(error ? [h('p', { class: 'bad-text' }, error)] : []),
    ...(metadata ? [h('pre', {}, JSON.stringify(metadata, null, 2))] : []),
  )
}

/** @param {Job} job */
function askPause(job) {
  const text =
    'Nothing of it begins any more. What runs now finishes; retries wait. Skipped occurrences are recorded.'
  plain(job, { title: `Pause ${job.name}?`, text, confirm: 'Pause', route: '/disable', sight: sightOf(job) })
}

/** @param {Job} job */
function askResume(job) {
  const text = 'It goes on with its next occurrence. Those of the pause are recorded as skipped.'
  plain(job, { title: `Resume ${job.name}?`, text, confirm: 'Resume', route: '/enable', sight: sightOf(job) })
}

/** @param {Job} job */
function askRelease(job) {
  const holders = (job.entries ?? []).map(({ run, owner }) =>
    h('li', { class: 'mono' }, `${run} – ${owner || 'nobody yet'}`),
  )
  const text =
    'Whoever holds it loses it: a holder that still lives is refused when it settles. Do this when the holder is known to be dead. A run that waits for another attempt is cancelled.'
  plain(job, {
    title: `Release the lease of ${job.name}?`,
    text,
    confirm: 'Release',
    route: '/release',
    danger: true,
    more: h('ul', {}, holders),
  })
}

/** @param {Job} job */
function askReset(job) {
  const text = 'The operators’ changes go; what the code or the service registered counts again.'
  plain(job, { title: `Reset ${job.name}?`, text, confirm: 'Reset', route: '/reset', sight: sightOf(job) })
}

/** @param {Job} job */
function askDelete(job) {
  const typed = h('input', { name: 'name', autocomplete: 'off', spellcheck: 'false', required: true })
  ask({
    title: `Delete ${job.name}?`,
    intro: [
      h(
        'p',
        {},
        'The job goes, with its state; the records of its runs and its audit trail stay. What a service still registers comes back with its next registration.',
      ),
    ],
    fields: [h('label', {}, h('span', {}, 'Type ', h('code', {}, job.name), ' to confirm'), typed)],
    confirm: 'Delete',
    danger: true,
    missing: () => (typed.value === job.name ? null : 'The name is not the job’s.'),
    perform: async (reason) => {
      /** @type {{ message: string }} */
      const { message } = await send('DELETE', jobPath(job.name), { reason })
      await done(hrefOf('jobs', '', { kind: job.kind }))
      announce('ok', message)
    },
  })
}

/**
 * An action that needs a reason and nothing else.
 *
 * @param {Job} job
 * @param {{ title: string, text: string, confirm: string, route: string, danger?: boolean, more?: Node,
 *   sight?: ReturnType<typeof sightOf> }} how
 */
function plain(job, { title, text, confirm, route, danger = false, more, sight }) {
  ask({
    title,
    intro: [h('p', {}, text), more],
    confirm,
    danger,
    ...(sight && { sight }),
    perform: async (reason) => {
      const body = { reason, definedAt: sight?.definedAt() }
      /** @type {{ message: string }} */
      const { message } = await send('POST', jobPath(job.name, route), body)
      announce('ok', message)
      await done()
    },
  })
}
