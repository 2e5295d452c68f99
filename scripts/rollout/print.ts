import type { ForPeople } from '../../functions/rollout/criteria.ts'
import type { Verdict } from '../../functions/rollout/gate/finding.ts'

/** One criterion of a table; a line of a gate, or of the preflight. */
export interface Row {
  readonly what: string
  readonly required: string
  readonly measured: string
  readonly samples: number | null
  readonly verdict: Verdict
}

const HEAD = ['criterion', 'required', 'measured', 'samples', 'verdict'] as const
/** The widest that each column becomes; what is longer goes on below. */
const WIDEST = [40, 34, 44, 7, 12] as const

/** A table of criteria: what was required, what was measured, over how many samples, and the verdict. */
export function tableLines(rows: readonly Row[]): string[] {
  const cells = rows.map(({ what, required, measured, samples, verdict }) => [
    what,
    required,
    measured,
    samples === null ? '-' : String(samples),
    verdict === 'pass' ? verdict : verdict.toUpperCase(),
  ])
  const wrapped = [[...HEAD], ...cells].map((row) => row.map((cell, at) => wrap(cell, WIDEST[at] ?? 40)))
  const widths = HEAD.map((_, at) =>
    Math.max(...wrapped.flatMap((row) => (row[at] ?? []).map((text) => text.length))),
  )
  return wrapped.flatMap((row) => rowLines(row, widths))
}

/** What only people can see to. */
export function peopleLines(items: readonly ForPeople[]): string[] {
  if (items.length === 0) return []
  return ['', 'For people:', ...items.map(({ guide, item, act }) => `  - ${act} (${guide}: ${item})`)]
}

/** The verdict over all: any that fails, fails; only all that pass, pass. */
export function overall(rows: readonly Row[]): Verdict {
  if (rows.some(({ verdict }) => verdict === 'fail')) return 'fail'
  return rows.every(({ verdict }) => verdict === 'pass') ? 'pass' : 'inconclusive'
}

/** A gate's verdict in one sentence. */
export function verdictLine(verdict: Verdict, to: string, rows: readonly Row[]): string {
  const count = (one: Verdict) => rows.filter((row) => row.verdict === one).length
  const told = `${count('pass')} of ${rows.length} pass, ${count('fail')} fail, ${count('inconclusive')} inconclusive`
  return `${to}: ${verdict.toUpperCase()} (${told})`
}

/** An instant (ms) for people, in UTC. */
export function instantText(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

function rowLines(row: readonly (readonly string[])[], widths: readonly number[]): string[] {
  const height = Math.max(...row.map((cell) => cell.length))
  return Array.from({ length: height }, (_, line) =>
    row
      .map((cell, at) => (cell[line] ?? '').padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

/** Breaks a text between words; a word that is too long stands alone. */
function wrap(text: string, width: number): string[] {
  const lines = ['']
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? ''
    const joined = last === '' ? word : `${last} ${word}`
    if (joined.length <= width || last === '') lines[lines.length - 1] = joined
    else lines.push(word)
  }
  return lines
}
