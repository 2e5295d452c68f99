import type { Usage } from './month.ts'
import { CHARGED, type Charged, type Price, type Prices, type Product } from './prices.ts'

/** One line of the bill. */
export interface BillLine {
  readonly charged: Charged
  readonly price: Price
  /** What the month takes of it, what of that is free, and what is billed. */
  readonly amount: number
  readonly free: number
  readonly billed: number
  readonly dollars: number
}

/** What a month costs. */
export interface Bill {
  readonly lines: readonly BillLine[]
  readonly dollars: number
}

/** What a month may cost of a product, in dollars, as the agent's guide asks for after 30 days. */
export const BUDGETS: readonly { readonly product: Product; readonly budget: number }[] = [
  { product: 'Firestore', budget: 5 },
  { product: 'Cloud Scheduler', budget: 1 },
]

/** The bill for a usage; what nothing was used of has no line. */
export function billOf(usage: Usage, prices: Prices): Bill {
  const lines = CHARGED.map((charged) => lineOf(charged, prices[charged], usage.amounts[charged]))
  const used = lines.filter(({ amount }) => amount > 0)
  return { lines: used, dollars: used.reduce((sum, { dollars }) => sum + dollars, 0) }
}

/** What a bill comes to for one product, in dollars. */
export function dollarsFor({ lines }: Bill, product: Product): number {
  return lines.reduce((sum, { price, dollars }) => sum + (price.product === product ? dollars : 0), 0)
}

function lineOf(charged: Charged, price: Price, amounts: readonly number[]): BillLine {
  const amount = amounts.reduce((sum, one) => sum + one, 0)
  const free = freeOf(price, amounts, amount)
  const billed = amount - free
  return { charged, price, amount, free, billed, dollars: (billed / price.per) * price.dollars }
}

/** What a day leaves of its quota is lost to the next. */
function freeOf({ free }: Price, amounts: readonly number[], amount: number): number {
  if (free === null) return 0
  if (free.every === 'month') return Math.min(amount, free.amount)
  return amounts.reduce((sum, one) => sum + Math.min(one, free.amount), 0)
}
