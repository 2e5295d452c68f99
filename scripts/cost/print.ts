import { lanesText } from '../../functions/config/lanes.ts'
import type { Advice, Count } from './advice.ts'
import { type BillLine, BUDGETS, dollarsFor } from './bill.ts'
import type { JobSet } from './job-set.ts'
import { type AlertBill, alertsFor, MONITORING_ASSUMED } from './monitoring.ts'
import { ALERT_PRICES, LEFT_OUT, OLDER_CONDITION, PRICES_OF, type Price, type Product } from './prices.ts'

/** All that is told of a count. */
export interface Told {
  readonly jobs: JobSet
  readonly before: Count
  /** Null: nothing was to be changed. */
  readonly after: Count | null
  /** What the system said of its own bill; null: nothing. */
  readonly own: string | null
  readonly advice: readonly Advice[]
}

/** How a product stands against what it may cost a month. */
export interface Budget {
  readonly product: Product
  readonly dollars: number
  readonly budget: number
  readonly kept: boolean
}

/** The budgets, as the count keeps them. */
export function budgetsOf({ bill }: Count): readonly Budget[] {
  return BUDGETS.map(({ product, budget }) => {
    const dollars = dollarsFor(bill, product)
    return { product, dollars, budget, kept: dollars < budget }
  })
}

/** The count as lines for people. */
export function costLines(told: Told): string[] {
  const { jobs, before, after, own, advice } = told
  const { month } = before.terms
  return [
    `A month of ${jobs.name}: ${jobs.jobs.length === 1 ? '1 job' : `${jobs.jobs.length} jobs`}`,
    `${month.name}, in ${PRICES_OF.region}, at the prices of ${PRICES_OF.date}`,
    '',
    ...(after === null ? billLines(before) : changeLines(before, after)),
    '',
    ...alertLines(alertsFor(month)),
    '',
    ...laneLines(before),
    ...(after === null ? [] : ['After:', ...laneLines(after)]),
    '',
    ...budgetLines(after ?? before),
    ...(own === null ? [] : [`Its own figure: ${own}`]),
    ...section('Assumed', [...jobs.assumed, ...MONITORING_ASSUMED]),
    ...section('What would save', advice.filter(({ fewer }) => fewer === 0).map(adviceLine)),
    ...section('What would cost less, and do less', advice.filter(({ fewer }) => fewer > 0).map(adviceLine)),
    ...section('Not counted', LEFT_OUT),
    ...section('Prices', sourceLines(before)),
  ]
}

const NAME = 26
const WIDTHS = [14, 14, 14, 22, 12]

function row(name: string, cells: readonly string[]): string {
  return name.padEnd(NAME) + cells.map((cell, n) => cell.padStart(WIDTHS[n] ?? 12)).join('')
}

function billLines({ bill }: Count): string[] {
  return [
    row('', ['amount', 'free', 'billed', 'price', 'dollars']),
    ...bill.lines.map((line) =>
      row(line.price.name, [
        amount(line, line.amount),
        amount(line, line.free),
        amount(line, line.billed),
        priceText(line.price),
        dollars(line.dollars),
      ]),
    ),
    row('Together', ['', '', '', '', dollars(bill.dollars)]),
  ]
}

function changeLines(before: Count, after: Count): string[] {
  const all = [...before.bill.lines, ...after.bill.lines]
  const names = [...new Set(all.map(({ charged }) => charged))]
  const rows = names.flatMap((name) => {
    const one = before.bill.lines.find(({ charged }) => charged === name)
    const two = after.bill.lines.find(({ charged }) => charged === name)
    const line = one ?? two
    if (line === undefined) return []
    const [was, is] = [one?.dollars ?? 0, two?.dollars ?? 0]
    const amounts = [amount(line, one?.amount ?? 0), amount(line, two?.amount ?? 0)]
    return [row(line.price.name, [...amounts, dollars(was), dollars(is), signed(is - was)])]
  })
  const [was, is] = [before.bill.dollars, after.bill.dollars]
  return [
    `Before: ${settings(before)}`,
    `After:  ${settings(after)}`,
    '',
    row('', ['before', 'after', '$ before', '$ after', 'difference']),
    ...rows,
    row('Together', ['', '', dollars(was), dollars(is), signed(is - was)]),
  ]
}

function settings({ terms: { lanes, cadence } }: Count): string {
  return `SCHEDULER_LANES=${lanesText(lanes)} SCHEDULER_CADENCE="${cadence}"`
}

function laneLines({ usage }: Count): string[] {
  return [...usage.lanes].map(([name, { ticks, seconds, runs, unperformed }]) => {
    const skipped = unperformed > 0 ? `, ${whole(unperformed)} occurrences begin no run` : ''
    return `lane ${name}: ${whole(ticks)} ticks live ${whole(seconds / 3600)} h and make ${whole(runs)} runs${skipped}`
  })
}

function budgetLines(count: Count): string[] {
  return budgetsOf(count).map(
    ({ product, dollars: spent, budget, kept }) =>
      `${product}: ${dollars(spent)} of ${dollars(budget)} a month: ${kept ? 'within its budget' : 'OVER ITS BUDGET'}`,
  )
}

/** Not verified, so not in the sum. */
function alertLines({ lines, dollars: sum, older_dollars }: AlertBill): string[] {
  return [
    'Beside that, at prices that could not be verified:',
    ...lines.map(({ price, amount: each, dollars: spent }) =>
      row(price.name, [whole(each), '', '', priceText(price), dollars(spent)]),
    ),
    `Alerts together: ${dollars(sum)}; at the $${OLDER_CONDITION.toFixed(2)} a condition of older pages ${dollars(older_dollars)}`,
  ]
}

function adviceLine({ change, saves, but, fewer }: Advice): string {
  const lost = fewer === 0 ? '' : `; ${percent(fewer)} of the runs are no more, of queues with their items`
  return `${change}: ${dollars(saves)} a month less; ${but}${lost}`
}

function percent(share: number): string {
  return share < 0.01 ? 'under 1 %' : `${Math.round(share * 100)} %`
}

function sourceLines({ bill }: Count): string[] {
  const sources = [...new Set(bill.lines.map(({ price }) => price.source))]
  const quoted = bill.lines.filter(({ price }) => price.read === 'quoted').map(({ price }) => price.name)
  return [
    ...sources,
    `${ALERT_PRICES.conditions.source} (alerts)`,
    `quoted from the page by others, not read there: ${quoted.join(', ')}; see the page before you rely on them`,
  ]
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)]
}

function amount({ price }: BillLine, value: number): string {
  return price.unit.endsWith('iB') ? `${value.toFixed(2)} ${price.unit}` : whole(value)
}

function priceText({ dollars: each, per, unit }: Price): string {
  return `$${each} / ${per === 1 ? unit : whole(per)}`
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en')
}

function dollars(value: number): string {
  return `$${value.toFixed(2)}`
}

/** Less than half a cent is no difference. */
function signed(value: number): string {
  const shown = dollars(Math.abs(value))
  if (shown === dollars(0)) return shown
  return `${value < 0 ? '-' : '+'}${shown}`
}
