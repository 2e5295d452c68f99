import { h } from './dom.js'
import { empty } from './panels.js'
import { hrefOf } from './router.js'
import { fullInstant } from './time.js'

/** @typedef {{ entries: readonly import('./shapes.d.ts').AuditEntry[], next_cursor: string | null }} Audit */

/**
 * Who did what to this job, and why; newest first.
 *
 * @param {Audit} page
 * @param {import('./router.js').Place} place
 */
export function auditTrail({ entries, next_cursor }, { name, query }) {
  const kept = { skipped: query.get('skipped'), cursor: query.get('cursor') }
  return h(
    'div',
    {},
    entries.length === 0
      ? empty('Nobody has done anything to this job.')
      : h('ol', { class: 'audit' }, entries.map(line)),
    h(
      'nav',
      { class: 'row', 'aria-label': 'Pages of the audit trail' },
      query.has('audit') && h('a', { class: 'button', href: hrefOf('job', name, kept) }, 'Newest'),
      next_cursor &&
        h('a', { class: 'button', href: hrefOf('job', name, { ...kept, audit: next_cursor }) }, 'Older'),
    ),
  )
}

/**
 * Who is proven to have acted, and for whom they said they did.
 *
 * @param {Pick<import('./shapes.d.ts').AuditEntry, 'actor' | 'on_behalf_of'>} entry
 */
export function byWhom({ actor, on_behalf_of }) {
  return on_behalf_of ? `${actor} for ${on_behalf_of}` : actor
}

/** @param {import('./shapes.d.ts').AuditEntry} entry */
function line({ id, action, at, reason, before, after, ...who }) {
  return h(
    'li',
    { 'data-key': id },
    h('p', {}, h('strong', {}, action.replaceAll('_', ' ')), ` by ${byWhom(who)} `, fullInstant(at)),
    h('p', { class: 'dim' }, reason === '' ? 'No reason was given.' : `“${reason}”`),
    h(
      'details',
      {},
      h('summary', { class: 'small' }, 'Before and after'),
      h('div', { class: 'pair' }, side('Before', before), side('After', after)),
    ),
  )
}

/**
 * @param {string} title
 * @param {unknown} fields
 */
function side(title, fields) {
  return h(
    'div',
    {},
    h('h3', {}, title),
    h('pre', {}, fields === null ? 'nothing' : JSON.stringify(fields, null, 2)),
  )
}
