import { h } from './dom.js'
import { empty } from './panels.js'
import { hrefOf } from './router.js'
import { badge } from './state.js'
import { durationText, localText, utcText } from './time.js'

/**
 * @typedef {{
 *   run: string | null, path: string, scheduled_for: string | null, started_at: string | null, status: string | null,
 *   error: string | null, attempts: number, payload_hash: string | null, skip_reason: string | null,
 *   intents: { count: number, digest: string, first: readonly { key: string, hash: string }[] } | null,
 * }} Side
 * @typedef {{ verdict: string, legacy: Side, tick: Side }} Example
 * @typedef {{ p50_ms: number | null, p95_ms: number | null }} Spread
 * @typedef {{ runs: number, planned: number, lateness: Spread, durations: Spread, run_errors: { rate: number | null } }} PathFigures
 * @typedef {{
 *   compared: number, agreement: number | null, verdicts: Readonly<Record<string, number>>,
 *   ignored: Readonly<Record<string, number>>, legacy: PathFigures, tick: PathFigures,
 * }} Figures
 * @typedef {{
 *   status: 'on', shadow_path: string, since: string | null, until: string | null, complete: boolean,
 *   total: Figures, jobs: readonly (Figures & { job: string, tolerance_seconds: number, examples: readonly Example[] })[],
 *   rules: readonly { name: string, job: string, verdict: string, owner: string, until: string, expired: boolean, ignored: number }[],
 * }} ReportOn
 * @typedef {ReportOn | { status: 'off', message: string }} Report
 */

/** The differences, with what each means. */
const MISMATCHES = /** @type {const} */ ([
  ['only_legacy', 'ran on the legacy path alone'],
  ['only_tick', 'ran on the ticks alone'],
  ['late', 'began too far apart'],
  ['intents_differ', 'would have done other things outside'],
  ['outcome_differs', 'ended differently'],
])

/**
 * Where both paths differ: how far they agree, and for each difference both sides next to each other.
 *
 * @param {Report} report
 */
export function comparison(report) {
  if (report.status === 'off') return empty(report.message)
  if (report.since === null || report.until === null)
    return empty('The shadow has begun to follow; the first comparison comes with its first runs.')
  const differing = report.jobs.filter(({ examples }) => examples.length > 0)
  return h(
    'div',
    { class: 'comparison' },
    agreement(report),
    verdicts(report),
    sideBySide(report.total),
    differing.length === 0 && h('p', {}, 'No job differs in this window.'),
    differing.map(jobPart),
    rules(report.rules),
  )
}

/** @param {ReportOn} report */
function agreement({ total, since, until, shadow_path, complete }) {
  const { compared, agreement: share } = total
  const told = share === null ? 'nothing to compare yet' : `${percent(share)} agree`
  const tone = share === null ? 'warn' : share === 1 ? 'ok' : 'bad'
  return h(
    'p',
    { class: 'row' },
    badge(tone, share === 1 ? 'check' : 'diamond', told),
    h(
      'span',
      { class: 'dim' },
      `${compared} occurrences compared, from ${localText(since ?? 0)} to ${localText(until ?? 0)}; `,
    ),
    h(
      'span',
      { class: 'dim' },
      `${shadow_path} is in shadow${complete ? '' : '; there was more than one look reads'}`,
    ),
  )
}

/** @param {ReportOn} report */
function verdicts({ total }) {
  const { verdicts: counts, ignored } = total
  const differing = MISMATCHES.filter(([verdict]) => (counts[verdict] ?? 0) > 0)
  const set = Object.entries(ignored).map(([rule, count]) => `${count} by ${rule.replaceAll('_', ' ')}`)
  return h(
    'ul',
    {},
    h('li', {}, `${counts.match ?? 0} agree`),
    differing.map(([verdict, meaning]) => h('li', {}, h('strong', {}, `${counts[verdict]}`), ` ${meaning}`)),
    h('li', { class: 'dim' }, `${counts.pending ?? 0} cannot be judged yet`),
    h(
      'li',
      { class: 'dim' },
      `${counts.ignored ?? 0} set aside${set.length > 0 ? `: ${set.join(', ')}` : ''}`,
    ),
  )
}

/** @param {Figures} total */
function sideBySide({ legacy, tick }) {
  const labels = ['Path', 'Runs', 'Late (half, 95 %)', 'Took (half, 95 %)', 'Runs failed']
  return h(
    'table',
    { class: 'table' },
    h('caption', { class: 'hidden' }, 'Both paths side by side'),
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        labels.map((label) => h('th', { scope: 'col' }, label)),
      ),
    ),
    h('tbody', {}, pathLine('legacy', legacy), pathLine('tick', tick)),
  )
}

/**
 * @param {string} name
 * @param {PathFigures} figures
 */
function pathLine(name, { runs, planned, lateness, durations, run_errors }) {
  return h(
    'tr',
    {},
    h('th', { scope: 'row' }, name),
    h('td', { 'data-label': 'Runs' }, planned > 0 ? `${runs}, ${planned} only planned` : runs),
    h('td', { 'data-label': 'Late' }, spread(lateness)),
    h('td', { 'data-label': 'Took' }, spread(durations)),
    h('td', { 'data-label': 'Failed' }, run_errors.rate === null ? '–' : percent(run_errors.rate)),
  )
}

/** @param {ReportOn['jobs'][number]} job */
function jobPart({ job, agreement: share, compared, tolerance_seconds, examples }) {
  return h(
    'details',
    { 'data-key': `differs-${job}`, open: true },
    h(
      'summary',
      {},
      h('strong', {}, job),
      ` ${share === null ? '' : percent(share)} of ${compared} agree; may begin ${tolerance_seconds} s apart`,
    ),
    h('p', {}, h('a', { href: hrefOf('job', job) }, 'Open the job')),
    examples.map(exampleOf),
  )
}

/** @param {Example} example */
function exampleOf({ verdict, legacy, tick }) {
  const meaning = MISMATCHES.find(([name]) => name === verdict)?.[1] ?? verdict
  const when = legacy.scheduled_for ?? tick.scheduled_for
  return h(
    'article',
    { class: 'example' },
    h('h3', {}, `${meaning}${when === null ? '' : `, ${localText(when)}`}`),
    h('div', { class: 'sides' }, side('Legacy', legacy, tick), side('Tick', tick, legacy)),
  )
}

/**
 * One side of a difference; what the other has otherwise is marked.
 *
 * @param {string} title
 * @param {Side} own
 * @param {Side} other
 */
function side(title, own, other) {
  if (own.run === null)
    return h('div', { class: 'side' }, h('h4', {}, title), h('p', { class: 'differs' }, whyNone(own)))
  const lines = /** @type {const} */ ([
    ['Fell due', instantText(own.scheduled_for), instantText(other.scheduled_for)],
    ['Began', instantText(own.started_at), null],
    ['Outcome', own.status ?? '–', other.run === null ? null : (other.status ?? '–')],
    ['Would do', intentText(own), other.run === null ? null : intentText(other)],
    ['Payload', payloadText(own, other), other.run === null ? null : payloadText(other, own)],
    ['Attempts', String(own.attempts), null],
    ['Error', own.error ?? 'none', other.run === null ? null : (other.error ?? 'none')],
  ])
  return h(
    'div',
    { class: 'side' },
    h('h4', {}, title),
    h(
      'dl',
      { class: 'facts' },
      lines.flatMap(([name, value, opposite]) => [
        h('dt', {}, name),
        h('dd', { class: opposite !== null && opposite !== value ? 'differs' : '' }, value),
      ]),
    ),
    steps(own),
  )
}

/** @param {Side} side */
function whyNone({ skip_reason }) {
  return skip_reason === null ? 'No run, and no reason is known' : `No run: skipped (${skip_reason})`
}

/** @param {Side} side */
function steps({ intents }) {
  if (intents === null || intents.first.length === 0) return null
  const rest = intents.count - intents.first.length
  return h(
    'details',
    {},
    h('summary', {}, 'What it would do'),
    h(
      'ul',
      { class: 'mono' },
      intents.first.map(({ key, hash }) => h('li', {}, `${key} ${hash.slice(0, 12)}`)),
      rest > 0 && h('li', {}, `and ${rest} more`),
    ),
  )
}

/** @param {ReportOn['rules']} all */
function rules(all) {
  if (all.length === 0) return null
  return h(
    'details',
    {},
    h('summary', {}, `Differences that are accepted for a while (${all.length})`),
    h(
      'ul',
      {},
      all.map(({ name, job, verdict, owner, until, expired, ignored }) =>
        h(
          'li',
          {},
          `${name}: ${verdict} of ${job}, ${ignored} set aside; ${owner}, until ${utcText(until)}${expired ? ' (expired)' : ''}`,
        ),
      ),
    ),
  )
}

/**
 * What was given to the run is known by its digest alone: the same digest, the same payload.
 *
 * @param {Side} own
 * @param {Side} other
 */
function payloadText({ payload_hash: digest }, other) {
  if (digest === null) return 'not known'
  if (other.run === null) return `known by its digest, ${digest.slice(0, 12)}`
  if (digest === other.payload_hash) return 'the same on both sides'
  return `another than the other side’s (its digest is ${digest.slice(0, 12)})`
}

/** @param {Side} side */
function intentText({ intents }) {
  if (intents === null) return 'not known'
  const { count, digest } = intents
  if (count === 0) return 'nothing outside'
  return `${count} ${count === 1 ? 'effect' : 'effects'} (${digest.slice(0, 12)})`
}

/** @param {string | null} at */
function instantText(at) {
  return at === null ? '–' : `${localText(at)} (${utcText(at)})`
}

/** @param {Spread} spread */
function spread({ p50_ms, p95_ms }) {
  return p50_ms === null ? '–' : `${durationText(p50_ms)}, ${durationText(p95_ms)}`
}

/** @param {number} share */
function percent(share) {
  return `${Math.floor(share * 10_000) / 100} %`
}
