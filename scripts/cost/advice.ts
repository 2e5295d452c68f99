import { type Lane, lanesText } from '../../functions/config/lanes.ts'
import { type Bill, billOf } from './bill.ts'
import type { JobSet, Terms } from './job-set.ts'
import { monthOf, type Usage } from './month.ts'
import { PRICES } from './prices.ts'

/** Another way to run the same jobs, with what it saves a month and what it takes away. */
export interface Advice {
  readonly change: string
  /** Dollars a month. */
  readonly saves: number
  readonly but: string
  /** Which share of the runs is no more, of queues with their items; 0: the same work is done. */
  readonly fewer: number
}

/** A count with its terms. */
export interface Count {
  readonly terms: Terms
  readonly usage: Usage
  readonly bill: Bill
}

/** What a job set costs on these terms. */
export function countOf(jobs: JobSet, terms: Terms): Count {
  const usage = monthOf(jobs, terms)
  return { terms, usage, bill: billOf(usage, PRICES) }
}

/** What saves less is not worth a change, in dollars a month. */
const WORTH = 0.1

const SHORTEST_DWELL = 60
const SLOWER = '*/5 * * * *'

/** A change to count, with what it takes away whatever the jobs are. */
interface Change {
  readonly change: string
  readonly terms: Terms
  readonly but: string
}

/** Changes of lanes and cadence that pay, those that save most first. Each is counted as the jobs themselves were. */
export function adviceFor(jobs: JobSet, count: Count): readonly Advice[] {
  const { terms } = count
  const slower = {
    change: `SCHEDULER_CADENCE="${SLOWER}"`,
    terms: { ...terms, cadence: SLOWER },
    but: 'lanes without dwell tick every five minutes',
  }
  return [...terms.lanes.flatMap((lane) => lanesInstead(lane, terms)), slower]
    .map((one) => advise(count, one, countOf(jobs, one.terms)))
    .filter(({ saves }) => saves >= WORTH)
    .toSorted((a, b) => b.saves - a.saves)
}

/** The lanes with a shorter dwell for this one, and with none. */
function lanesInstead({ name, dwell_seconds }: Lane, terms: Terms): Change[] {
  const change = (seconds: number | null, but: string) => {
    const lanes = terms.lanes.map((lane) => (lane.name === name ? { name, dwell_seconds: seconds } : lane))
    return { change: `SCHEDULER_LANES=${lanesText(lanes)}`, terms: { ...terms, lanes }, but }
  }
  if (dwell_seconds === null) return []
  const none = change(null, 'its jobs begin with a tick, not at their instants')
  if (dwell_seconds <= SHORTEST_DWELL) return [none]
  return [
    change(SHORTEST_DWELL, 'its ticks overlap no more: some seconds late at the turn of a minute'),
    none,
  ]
}

function advise(count: Count, { change, but }: Change, other: Count): Advice {
  const before = performed(count.usage)
  const fewer = before === 0 ? 0 : Math.max(0, 1 - performed(other.usage) / before)
  return { change, saves: count.bill.dollars - other.bill.dollars, but, fewer }
}

function performed({ lanes }: Usage): number {
  return [...lanes.values()].reduce((sum, { runs }) => sum + runs, 0)
}
