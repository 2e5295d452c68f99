import { jobPath, read } from './api.js'
import { byWhom } from './audit.js'
import { h } from './dom.js'
import { asWritten } from './schedule.js'
import { relativeText } from './time.js'

/** @typedef {import('./shapes.d.ts').Job} Job */

/**
 * A job as the reader of a question has seen it: an action says so, and the service refuses it when somebody else has changed
 * the job since.
 *
 * @param {Job} job
 */
export function sightOf(job) {
  let seen = job
  return {
    definedAt: () => seen.defined_at,
    /** Who changed what, as far as the audit trail can be read. */
    tell: () => whoChanged(job.name),
    /** Reads the job anew: from now on this is what has been seen. */
    lookAgain: async () => {
      seen = await read(jobPath(job.name))
      return asItStands(seen)
    },
  }
}

/**
 * The newest entry of the job's audit trail.
 *
 * @param {string} name
 */
async function whoChanged(name) {
  /** @type {import('./audit.js').Audit | null} */
  const audit = await read(jobPath(name, '/audit'), { limit: 1 }).catch(() => null)
  const [entry] = audit?.entries ?? []
  if (entry === undefined) return h('p', {}, 'Somebody has changed this job since you looked.')
  const why = entry.reason === '' ? 'without a reason' : `“${entry.reason}”`
  return h(
    'p',
    {},
    'Somebody has changed this job since you looked: ',
    h('strong', {}, entry.action.replaceAll('_', ' ')),
    ` by ${byWhom(entry)}, ${relativeText(entry.at)}, ${why}`,
  )
}

/** @param {Job} job */
function asItStands({ enabled, schedule }) {
  const state = enabled === false ? 'paused' : 'enabled'
  const text = schedule === undefined ? state : `${state}, ${asWritten(schedule)}`
  return h(
    'p',
    {},
    'It stands so now: ',
    h('strong', {}, text),
    '. What you typed is kept; send it if you still want to.',
  )
}
