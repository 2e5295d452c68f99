import { read } from './api.js'
import { comparison } from './comparison.js'
import { h } from './dom.js'
import { announce } from './notice.js'
import { failureLine, panel } from './panels.js'
import { badge } from './state.js'
import { fullInstant } from './time.js'

/**
 * @typedef {{ id: string, what: string, required: string, measured: string, samples: number | null, verdict: 'pass' | 'fail' | 'inconclusive' }} Line
 * @typedef {{
 *   stage: number, name: string, environment: string, since: string | null, revision: string,
 *   next: number | null, to: number | '30d', lines: readonly Line[],
 *   for_people: readonly { guide: string, item: string, act: string }[],
 * }} Rollout
 * @typedef {{ rollout: Rollout, report: { value: import('./comparison.js').Report } | { error: unknown } }} Data
 */

/** The stages: what each is called, and which path is live. */
const STAGES = /** @type {const} */ ([
  ['validate', 'The legacy path is live; the ticks only answer'],
  ['dual', 'The legacy path is live; the ticks tell what would be due'],
  ['qa', 'The ticks are live, outside production'],
  ['shadow', 'The legacy path is live, but for the canary’s share; the ticks run in shadow'],
  ['cutover', 'The ticks are live'],
  ['cleanup', 'The ticks are live; the legacy loop is gone'],
])

/** Where the move stands, what the next stage asks for, and where both paths differ. @type {import('./router.js').View<Data>} */
export const view = {
  title: () => 'Rollout',
  load: async (_place, signal) => {
    const reporting = read('/api/shadow/report', { examples: 5 }, signal).then(
      (value) => ({ value }),
      (error) => ({ error }),
    )
    return { rollout: await read('/api/rollout', {}, signal), report: await reporting }
  },
  render: ({ rollout, report }) => [
    h('h1', { 'data-key': 'title' }, 'Rollout'),
    panel('Stage', standing(rollout), track(rollout)),
    panel(gateTitle(rollout), gate(rollout), people(rollout)),
    panel('Commands', commands(rollout)),
    panel('Both paths compared', 'value' in report ? comparison(report.value) : failureLine(report.error)),
  ],
}

/** @param {Rollout} rollout */
function standing({ stage, name, environment, since, revision }) {
  return h(
    'dl',
    { class: 'facts' },
    ...fact('Stage', `${stage}: ${name}`),
    ...fact('Environment', environment),
    ...fact('Since', since === null ? 'not known' : fullInstant(since)),
    ...fact('Revision', h('span', { class: 'mono' }, revision)),
  )
}

/**
 * @param {string} name
 * @param {import('./dom.js').Child} value
 */
function fact(name, value) {
  return [h('dt', {}, name), h('dd', {}, value)]
}

/** @param {Rollout} rollout */
function track({ stage, environment }) {
  return h(
    'ol',
    { class: 'stages', start: 0, 'aria-label': 'The stages of the move' },
    STAGES.map(([name, live], place) =>
      h(
        'li',
        { class: place < stage ? 'past' : '', 'aria-current': place === stage ? 'step' : null },
        h('strong', {}, `${place} ${name}`),
        h(
          'div',
          { class: 'small' },
          place === 2 && environment === 'production' ? 'Not in production' : live,
        ),
      ),
    ),
  )
}

/** @param {Rollout} rollout */
function gateTitle({ to }) {
  return to === '30d' ? 'The review after 30 days' : `The gate to stage ${to}: ${STAGES[to]?.[0] ?? ''}`
}

const VERDICTS = /** @type {const} */ ({
  pass: ['ok', 'check', 'passes'],
  fail: ['bad', 'cross', 'fails'],
  inconclusive: ['warn', 'bars', 'not known yet'],
})

/** @param {Rollout} rollout */
function gate({ lines }) {
  const labels = ['Criterion', 'Required', 'Measured', 'Samples', 'Verdict']
  const counts = /** @type {const} */ (['fail', 'inconclusive', 'pass']).map((verdict) => {
    const count = lines.filter((line) => line.verdict === verdict).length
    const [tone, shape, word] = VERDICTS[verdict]
    return count === 0 ? null : badge(tone, shape, `${count} ${word}`)
  })
  return h(
    'div',
    {},
    h('p', { class: 'row' }, counts),
    h(
      'p',
      { class: 'dim small' },
      'As far as the store can tell; the command below also asks Cloud Scheduler and /health.',
    ),
    h(
      'table',
      { class: 'table' },
      h('caption', { class: 'hidden' }, 'The criteria of the gate'),
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          labels.map((label) => h('th', { scope: 'col' }, label)),
        ),
      ),
      h('tbody', {}, lines.map(gateLine)),
    ),
  )
}

/** @param {Line} line */
function gateLine({ id, what, required, measured, samples, verdict }) {
  const [tone, shape, word] = VERDICTS[verdict]
  return h(
    'tr',
    { 'data-key': `line-${id}` },
    h('th', { scope: 'row' }, what),
    h('td', { 'data-label': 'Required' }, required),
    h('td', { 'data-label': 'Measured' }, measured),
    h('td', { 'data-label': 'Samples' }, samples ?? '–'),
    h('td', { 'data-label': 'Verdict' }, h('div', {}, badge(tone, shape, word))),
  )
}

/** @param {Rollout} rollout */
function people({ for_people }) {
  if (for_people.length === 0) return null
  return h(
    'details',
    {},
    h('summary', {}, `What people see to before it (${for_people.length})`),
    h(
      'ul',
      {},
      for_people.map(({ guide, item, act }) =>
        h('li', {}, act, h('span', { class: 'dim small' }, ` ${guide}: ${item}`)),
      ),
    ),
  )
}

/** @param {Rollout} rollout */
function commands({ next, environment }) {
  const where = environment === 'local' ? '--local' : '--service NAME'
  const run = (/** @type {string} */ rest) => `npm run rollout -- ${rest} ${where}`
  return h(
    'dl',
    { class: 'commands' },
    ...command('Ask the whole gate', run('check')),
    ...(next === null
      ? []
      : command(
          `Go on to stage ${next} (without --apply it only prints)`,
          run(`advance --to ${next} --apply`),
        )),
    ...command('Back to the legacy path, with the ticks paused', run('rollback --apply')),
    ...command('Slow down: one job at a time, every ten minutes', run('rollback --throttle --apply')),
  )
}

/**
 * @param {string} what
 * @param {string} text
 */
function command(what, text) {
  const copy = async () => {
    await navigator.clipboard.writeText(text).then(
      () => announce('ok', `Copied: ${text}`),
      () => announce('bad', 'The browser did not let it be copied. Select it and copy it by hand.'),
    )
  }
  return [
    h('dt', {}, what),
    h(
      'dd',
      {},
      h('code', {}, text),
      h('button', { type: 'button', 'aria-label': `Copy: ${what}`, onclick: copy }, 'Copy'),
    ),
  ]
}
