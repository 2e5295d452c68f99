import { durationText, localText } from './time.js'

/** @typedef {import('./timeline.js').Row} Row */
/** @typedef {import('./timeline.js').Run} Run */

/**
 * One thing in a row: where it stands (ms), what is wrong with it, and all of it in words. `track` is the lower one for a run
 * that began while another still ran.
 *
 * @typedef {{
 *   kind: 'run' | 'skipped' | 'missing', from: number, to: number, due: number, track: 0 | 1,
 *   troubles: readonly ('missing' | 'failed' | 'late' | 'overlapping')[],
 *   status: string, text: string, facts: Facts,
 * }} Item
 * @typedef {{ what: string, due: string, started: string | null, ended: string | null, note: string }} Facts
 */

/**
 * What stands in a row, from left to right.
 *
 * @param {Row} row
 * @param {number} now ms
 * @returns {readonly Item[]}
 */
export function itemsOf(row, now) {
  const all = [...runItems(row.runs, now), ...row.skips.map(skipItem), ...row.missing.map(missingItem)]
  return all.toSorted((a, b) => a.from - b.from)
}

/**
 * @param {readonly Run[]} runs in the order in which they began
 * @param {number} now
 * @returns {Item[]}
 */
function runItems(runs, now) {
  /** When each track is free again. @type {[number, number]} */
  const free = [-Infinity, -Infinity]
  return runs.map((run) => {
    const from = Date.parse(run.started_at)
    const to = run.finished_at === null ? now : Date.parse(run.finished_at)
    const overlaps = Math.max(...free) > from
    const track = free[0] > from ? 1 : 0
    free[track] = Math.max(free[track], to)
    return runItem(run, { from, to, track, overlaps })
  })
}

/**
 * @param {Run} run
 * @param {{ from: number, to: number, track: 0 | 1, overlaps: boolean }} place
 * @returns {Item}
 */
function runItem(run, { from, to, track, overlaps }) {
  const troubles = /** @type {const} */ ([
    [run.status === 'failed', 'failed'],
    [run.is_late, 'late'],
    [overlaps, 'overlapping'],
  ]).flatMap(([is, trouble]) => (is ? [trouble] : []))
  const isOpen = run.finished_at === null
  const note = [
    `${isOpen ? 'for' : 'took'} ${durationText(to - from)}`,
    run.lateness_ms >= 1000 &&
      `${durationText(run.lateness_ms)} after its instant${run.is_late ? ': late' : ''}`,
    run.attempts > 1 && `${run.attempts} attempts`,
    overlaps && 'while another one ran',
    run.triggered_by !== 'scheduler' && 'run by hand',
  ]
    .filter((part) => typeof part === 'string')
    .join(', ')
  const due = Date.parse(run.scheduled_for)
  return {
    kind: 'run',
    from,
    to,
    track,
    troubles,
    status: run.status,
    due: run.triggered_by === 'scheduler' ? due : from,
    text: `Run of ${localText(due)}: ${run.status}, ${note}`,
    facts: {
      what: run.status,
      due: run.scheduled_for,
      started: run.started_at,
      ended: run.finished_at,
      note,
    },
  }
}

/**
 * @param {import('./timeline.js').Skip} skip
 * @returns {Item}
 */
function skipItem({ reason, first_at, last_at, count }) {
  const [from, to] = [Date.parse(first_at), Date.parse(last_at)]
  const many = count === 1 ? 'one occurrence' : `${count} occurrences, the last ${localText(to)}`
  return {
    kind: 'skipped',
    from,
    to,
    due: from,
    track: 0,
    troubles: [],
    status: 'skipped',
    text: `Skipped from ${localText(from)}: ${many} (${reason})`,
    facts: { what: 'skipped', due: first_at, started: null, ended: null, note: `${many}: ${reason}` },
  }
}

/**
 * @param {string} at
 * @returns {Item}
 */
function missingItem(at) {
  const from = Date.parse(at)
  return {
    kind: 'missing',
    from,
    to: from,
    due: from,
    track: 0,
    troubles: ['missing'],
    status: 'missing',
    text: `Missing: it fell due ${localText(from)}, and has neither run nor been skipped`,
    facts: { what: 'missing', due: at, started: null, ended: null, note: 'neither ran nor was skipped' },
  }
}
