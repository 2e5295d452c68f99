import { styleText } from 'node:util'
import type { ShadowOff } from '../../functions/shadow/comparison.ts'
import type { Figures, PathFigures } from '../../functions/shadow/report/figures.ts'
import type { ShadowReport } from '../../functions/shadow/report.ts'
import { exampleLines } from './report-examples.ts'
import { cut, instant, seconds, WIDTH } from './report-words.ts'

/** A job's name, then widths of columns that are aligned right: compared, agreement, and each kind of mismatch. */
const NAME = 23
const WIDTHS = [8, 9, 7, 6, 6, 8, 8]
/** Of one path: lateness and errors. */
const LATENESS = 9
const ERRORS = 6

/**
 * The report as lines for people, at most 110 wide: what was compared, the total, a line for each job, what was set aside,
 * examples. Lateness is p50/p99 in seconds, errors are those of runs. `tty`: colours may be used; `job`: the only one that
 * was asked for.
 */
export function reportTable(
  report: ShadowReport | ShadowOff,
  { tty, job = null }: { readonly tty: boolean; readonly job?: string | null },
): string[] {
  if (report.status === 'off') return [`Stage ${report.stage}: ${report.message}`]
  const paint = (style: Style, text: string) =>
    tty ? styleText(style, text, { validateStream: false }) : text
  const painted = (name: string, figures: Figures) => paint(styleOf(figures), row(name, figures))
  return [
    ...headLines(report),
    ...emptyLines(report, job),
    '',
    ...HEADINGS.map((line) => paint('dim', line)),
    painted('total', report.total),
    ...report.jobs.map((job) => painted(job.job, job)),
    ...section('Set aside', asideLines(report)),
    ...section('Examples', report.jobs.flatMap(exampleLines)),
  ]
}

type Style = 'dim' | 'red' | 'green'

function styleOf({ agreement }: Figures): Style {
  if (agreement === null) return 'dim'
  return agreement === 1 ? 'green' : 'red'
}

function headLines(report: ShadowReport): string[] {
  const { stage, shadow_path, since, until, documents_read, documents_unreadable } = report
  const live = shadow_path === 'tick' ? 'legacy' : 'tick'
  const span = since === null || until === null ? 'not begun yet' : `${instant(since)} to ${instant(until)}`
  const unreadable = documents_unreadable === 0 ? '' : `, ${documents_unreadable} of them unreadable`
  return [
    `Stage ${stage}: ${live} is live, ${shadow_path} is its shadow; compared ${span}`,
    `${count(documents_read)} documents read${unreadable}`,
    ...(report.complete
      ? []
      : ['INCOMPLETE: there is more than may be read at once. Ask for a shorter window.']),
  ]
}

/** Why there is nothing to see. */
function emptyLines({ total, jobs }: ShadowReport, job: string | null): string[] {
  if (total.compared > 0) return []
  if (job !== null && jobs.length === 0)
    return [cut(`Nothing of a job "${job}" stands in this time. Is that its name?`, WIDTH)]
  return [
    'Nothing is compared yet: each occurrence waits for its tolerance (ROLLOUT_TOLERANCE_SECONDS), and for its end.',
  ]
}

const HEADINGS = [
  line('', ['', '', 'only', 'only', '', '', ''], ['lateness s', ''], ['errors %', '']),
  line(
    'job',
    ['compared', 'agree', 'legacy', 'tick', 'late', 'intents', 'outcome'],
    ['legacy', 'tick'],
    ['legacy', 'tick'],
  ),
]

function row(name: string, { compared, agreement, verdicts, legacy, tick }: Figures): string {
  const { only_legacy, only_tick, late, intents_differ, outcome_differs } = verdicts
  const kinds = [only_legacy, only_tick, late, intents_differ, outcome_differs]
  return line(
    name,
    [count(compared), share(agreement), ...kinds.map(count)],
    [lateness(legacy), lateness(tick)],
    [errors(legacy), errors(tick)],
  )
}

type Both = readonly [legacy: string, tick: string]

function line(name: string, columns: readonly string[], late: Both, failed: Both): string {
  const aligned = columns.map((text, n) => text.padStart(WIDTHS[n] ?? 0)).join('')
  const text = `${cut(name, NAME).padEnd(NAME)}${aligned}${both(late, LATENESS)} ${both(failed, ERRORS)}`
  return text.trimEnd()
}

/** A heading over both has no second text and no line between. */
function both([legacy, tick]: Both, width: number): string {
  if (tick === '') return legacy.padStart(width + 1).padEnd(2 * width + 2)
  return `${legacy.padStart(width)} |${tick.padStart(width)}`
}

/** Never 100 % where anything differs: cut, not rounded. */
function share(agreement: number | null): string {
  return agreement === null ? '-' : `${(Math.floor(agreement * 10_000) / 100).toFixed(2)} %`
}

function lateness({ lateness: { p50_ms, p99_ms } }: PathFigures): string {
  return p50_ms === null || p99_ms === null ? '-' : `${seconds(p50_ms)}/${seconds(p99_ms)}`
}

/** A failure among many is not none. */
function errors({ run_errors: { rate } }: PathFigures): string {
  if (rate === null) return '-'
  if (rate > 0 && rate < 0.001) return '<0.1'
  return Number.isInteger(rate) ? String(rate * 100) : (rate * 100).toFixed(1)
}

function count(number: number): string {
  return number.toLocaleString('en-US')
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines]
}

function asideLines({ total, rules }: ShadowReport): string[] {
  const { pending } = total.verdicts
  const names = rules.map(({ name }) => name)
  const builtIn = Object.entries(total.ignored).filter(([name]) => !names.includes(name))
  const lines = [
    ...(pending === 0
      ? []
      : [`${count(pending)} pending: their runs have not ended, or not begun for want of a slot`]),
    ...builtIn.map(([name, number]) => `${count(number)} ignored: ${name}`),
    ...rules.map((rule) => ruleLine(rule)),
  ]
  return lines.map((text) => cut(`  ${text}`, WIDTH))
}

function ruleLine(rule: ShadowReport['rules'][number]): string {
  const { name, verdict, job, ignored, owner } = rule
  const about = `rule ${name} (${verdict} of ${job === '*' ? 'every job' : job}; ${owner})`
  if (rule.expired) return `EXPIRED ${instant(rule.until)}: ${about}`
  return `${count(ignored)} ignored until ${instant(rule.until)}: ${about}${ignored === 0 ? ' matched nothing' : ''}`
}
