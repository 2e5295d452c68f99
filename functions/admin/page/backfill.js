import { jobPath, read, send } from './api.js'
import { ask } from './dialog.js'
import { h } from './dom.js'
import { done } from './done.js'
import { announce } from './notice.js'
import { hrefOf } from './router.js'
import { utcText, ZONE } from './time.js'

/** The most occurrences that a preview lists. */
const MOST = 100

/**
 * Asks for a range of the past whose occurrences run once more, and says before how many they are.
 *
 * @param {import('./shapes.d.ts').Job} job
 */
export function askBackfill(job) {
  const look = async () => shown.replaceChildren(await count(job.name, instantOf(from), instantOf(to)))
  const from = h('input', { type: 'datetime-local', name: 'from', required: true, onchange: () => look() })
  const to = h('input', { type: 'datetime-local', name: 'to', required: true, onchange: () => look() })
  const shown = h('div', { class: 'preview', 'aria-live': 'polite' }, rangeHint())
  ask({
    title: `Backfill ${job.name}`,
    intro: [
      h(
        'p',
        {},
        'A job of its own runs the occurrences of this range once more, one after another, and then ends.',
      ),
    ],
    fields: [
      h('div', { class: 'pair' }, h('label', {}, `From (${ZONE})`, from), h('label', {}, `To (${ZONE})`, to)),
      shown,
    ],
    confirm: 'Backfill',
    perform: async (reason) => {
      const body = { from: instantOf(from), to: instantOf(to), reason }
      /** @type {{ message: string, job: string, occurrences: number }} */
      const made = await send('POST', jobPath(job.name, '/backfill'), body)
      announce('ok', made.message, h('p', {}, h('a', { href: hrefOf('job', made.job) }, made.job)))
      await done()
    },
  })
}

/**
 * @param {string} name
 * @param {string | null} from
 * @param {string | null} to
 */
async function count(name, from, to) {
  if (from === null || to === null) return rangeHint()
  if (from >= to) return h('p', { class: 'bad-text' }, 'The range ends before it begins.')
  try {
    /** @type {import('./shapes.d.ts').Preview} */
    const { occurrences } = await read(jobPath(name, '/preview'), { count: MOST, from })
    const inside = occurrences.filter(({ at }) => at <= to).length
    const many = inside === MOST ? `At least ${MOST}` : String(inside)
    return h('p', {}, h('strong', {}, `${many} occurrences`), ` from ${utcText(from)} to ${utcText(to)}.`)
  } catch (error) {
    return h('p', { class: 'bad-text' }, error instanceof Error ? error.message : String(error))
  }
}

function rangeHint() {
  return h('p', { class: 'dim' }, 'Choose both ends to see how many occurrences they hold.')
}

/** @param {HTMLInputElement} input */
function instantOf({ value }) {
  const at = Date.parse(value)
  return Number.isNaN(at) ? null : new Date(at).toISOString()
}
