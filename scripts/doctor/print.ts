import { styleText } from 'node:util'
import type { Line, Verdict } from './line.ts'

/** How many lines have each verdict. */
export type Summary = Readonly<Record<Verdict, number>>

const MARKS = { ok: 'ok', warn: 'WARN', bad: 'BAD', unknown: '?' } as const satisfies Record<Verdict, string>
const STYLES = { ok: 'green', warn: 'yellow', bad: 'red', unknown: 'cyan' } as const satisfies Record<
  Verdict,
  string
>
const WIDEST = 44
const MARK_WIDTH = 4
/** What gcloud says can be a page. */
const LONGEST = 400

export function summaryOf(lines: readonly Line[]): Summary {
  const count = (verdict: Verdict) => lines.filter((line) => line.verdict === verdict).length
  return { ok: count('ok'), warn: count('warn'), bad: count('bad'), unknown: count('unknown') }
}

/**
 * The lines by their groups, each with the command that mends it below; then how many there are of each. A command that stands
 * above is not repeated. `tty`: with colours.
 */
export function report(lines: readonly Line[], { tty }: { readonly tty: boolean }): string[] {
  const width = Math.min(WIDEST, Math.max(0, ...lines.map(({ what }) => what.length)))
  const groups = [...new Set(lines.map(({ group }) => group))]
  const mendOf = (line: Line) => mendText(line, lines)
  return [
    ...groups.flatMap((group) => [
      group,
      ...lines
        .filter((line) => line.group === group)
        .flatMap((line) => [lineText(line, width, tty), ...mendOf(line)]),
      '',
    ]),
    summaryText(summaryOf(lines)),
  ]
}

function lineText({ verdict, what, seen }: Line, width: number, tty: boolean): string {
  const mark = MARKS[verdict].padEnd(MARK_WIDTH)
  const styled = tty ? styleText(STYLES[verdict], mark, { validateStream: false }) : mark
  return `  ${styled}  ${what.padEnd(width)}  ${oneLine(seen)}`.trimEnd()
}

function mendText(line: Line, lines: readonly Line[]): string[] {
  const first = lines.find(({ mend }) => mend === line.mend)
  if (line.mend === null || first === undefined) return []
  return [`        mend: ${first === line ? line.mend : `as for "${first.what}"`}`]
}

function oneLine(text: string): string {
  const flat = text.replaceAll(/\s+/g, ' ').trim()
  return flat.length <= LONGEST ? flat : `${flat.slice(0, LONGEST)}…`
}

function summaryText({ ok, warn, bad, unknown }: Summary): string {
  const counts = [
    ...(bad > 0 ? [`${bad} bad`] : []),
    ...(warn > 0 ? [`${warn} to look at`] : []),
    ...(unknown > 0 ? [`${unknown} unknown`] : []),
    `${ok} ok`,
  ]
  return `${counts.join(', ')}.`
}
