import { jobPath, read, send } from './api.js'
import { ask } from './dialog.js'
import { h } from './dom.js'
import { done } from './done.js'
import { sightOf } from './meanwhile.js'
import { announce } from './notice.js'
import { occurrenceList } from './occurrences.js'
import { ZONE } from './time.js'

const TYPING_MS = 250

/**
 * Asks for another cron expression and shows, as it is typed, when it would fall due.
 *
 * @param {import('./shapes.d.ts').Job} job
 */
export function askCron(job) {
  const stands = job.schedule?.kind === 'cron' ? job.schedule : { expression: '', time_zone: ZONE }
  const shown = h('div', { class: 'preview', 'aria-live': 'polite' })
  const look = later(async () => preview(job, expression.value.trim(), zone.value.trim()), shown)
  const expression = field('cron', stands.expression, look)
  const zone = field('zone', stands.time_zone, look)
  const sight = sightOf(job)
  look()
  ask({
    title: `Change the schedule of ${job.name}`,
    intro: [
      h('p', {}, 'It counts from the next occurrence on, and outlives registrations until it is reset.'),
    ],
    fields: [
      h('label', {}, 'Cron expression', expression),
      h('label', {}, 'Time zone', zone),
      h('div', {}, h('h3', {}, 'The next five occurrences'), shown),
    ],
    confirm: 'Change',
    sight,
    perform: async (reason) => {
      const chosen = { cronExpression: expression.value.trim(), timeZone: zone.value.trim() }
      const body = { ...chosen, reason, definedAt: sight.definedAt() }
      /** @type {{ message: string }} */
      const { message } = await send('PUT', jobPath(job.name, '/cron'), body)
      announce('ok', message)
      await done()
    },
  })
}

/**
 * Draws a moment after the last call; what has been overtaken is dropped.
 *
 * @param {() => Promise<Node>} draw
 * @param {HTMLElement} shown
 */
function later(draw, shown) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer
  let asked = 0
  return () => {
    const mine = ++asked
    clearTimeout(timer)
    timer = setTimeout(async () => {
      const node = await draw()
      if (mine === asked) shown.replaceChildren(node)
    }, TYPING_MS)
  }
}

/**
 * @param {import('./shapes.d.ts').Job} job
 * @param {string} cron
 * @param {string} time_zone
 */
async function preview({ name, enabled }, cron, time_zone) {
  if (cron === '') return h('p', { class: 'dim' }, 'Type an expression, such as 0 9 * * 1-5.')
  try {
    /** @type {import('./shapes.d.ts').Preview} */
    const listed = await read(jobPath(name, '/preview'), { count: 5, cron, time_zone })
    return occurrenceList(listed, { isPaused: enabled === false })
  } catch (error) {
    return h('p', { class: 'bad-text' }, error instanceof Error ? error.message : String(error))
  }
}

/**
 * @param {string} name
 * @param {string} value
 * @param {() => void} oninput
 */
function field(name, value, oninput) {
  return h('input', {
    name,
    value,
    oninput,
    class: 'mono',
    required: true,
    spellcheck: 'false',
    autocomplete: 'off',
  })
}
