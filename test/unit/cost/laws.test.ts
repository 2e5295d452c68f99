import { readFile } from 'node:fs/promises'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Lane } from '../../../functions/config/lanes.ts'
import { DEFAULT_POLICIES } from '../../../functions/job/policies.ts'
import catalog from '../../../infra/catalog.json' with { type: 'json' }
import { billOf, dollarsFor } from '../../../scripts/cost/bill.ts'
import type { JobSet, Terms, Workload } from '../../../scripts/cost/job-set.ts'
import { metricMib } from '../../../scripts/cost/monitoring.ts'
import { jobsFor, monthOf, WATCH_CADENCE } from '../../../scripts/cost/month.ts'
import { type Charged, PRICES, type Prices } from '../../../scripts/cost/prices.ts'
import { termsOf } from '../../../scripts/cost/terms.ts'

const lanes: readonly Lane[] = [
  { name: 'waits', dwell_seconds: 75 },
  { name: 'ticks', dwell_seconds: null },
]
/** Two days, of which the laws hold as of a month. */
const TERMS: Terms = { ...termsOf({}, null), lanes, month: { ...termsOf({}, null).month, days: 2 } }

const workload: fc.Arbitrary<Workload> = fc.record({
  name: fc.constantFrom('a', 'b', 'c', 'd'),
  lane: fc.constantFrom('waits', 'ticks', 'elsewhere'),
  schedule: fc
    .constantFrom(20, 45, 60, 300, 3600)
    .map((seconds) => ({ kind: 'every', seconds, anchor_at: 0 }) as const),
  policies: fc.record({
    max_instances: fc.integer({ min: 1, max: 2 }),
    overlap: fc.constantFrom('skip', 'queue', 'replace'),
    misfire: fc.constantFrom('coalesce', 'all'),
    catchup_limit: fc.constant(DEFAULT_POLICIES.catchup_limit),
    jitter_seconds: fc.constantFrom(0, 30),
  }),
  kind: fc.constant('handler' as const),
  seconds: fc.constantFrom(0.1, 2, 30),
  effects: fc.integer({ min: 0, max: 3 }),
  items: fc.constant(0),
})
const workloads = fc.array(workload, { maxLength: 3 })

const setOf = (jobs: readonly Workload[]): JobSet => ({ name: 'these', jobs, assumed: [] })
const billFor = (jobs: readonly Workload[], terms = TERMS, prices: Prices = PRICES) =>
  billOf(monthOf(setOf(jobs), terms), prices)

/** The same prices, with nothing free: what a small set takes shows. */
const NOTHING_FREE = Object.fromEntries(
  Object.entries(PRICES).map(([name, price]) => [name, { ...price, free: null }]),
) as Prices

const RUNS = { numRuns: 25 }

const EACH_MINUTE: Workload = {
  name: 'a',
  lane: 'ticks',
  schedule: { kind: 'every', seconds: 60, anchor_at: 0 },
  policies: DEFAULT_POLICIES,
  kind: 'handler',
  seconds: 0.1,
  effects: 0,
  items: 0,
}

describe('a bill', () => {
  it('is no lower for more jobs', () => {
    fc.assert(
      fc.property(workloads, workload, (jobs, another) => {
        const [fewer, more] = [
          billFor(jobs, TERMS, NOTHING_FREE),
          billFor([...jobs, another], TERMS, NOTHING_FREE),
        ]
        expect(more.dollars).toBeGreaterThanOrEqual(fewer.dollars)
      }),
      RUNS,
    )
  })

  it('is no higher for a cadence of half as many ticks', () => {
    fc.assert(
      fc.property(workloads, (jobs) => {
        const halved = { ...TERMS, cadence: '*/2 * * * *' }
        expect(billFor(jobs, halved, NOTHING_FREE).dollars).toBeLessThanOrEqual(
          billFor(jobs, TERMS, NOTHING_FREE).dollars,
        )
      }),
      RUNS,
    )
  })

  it('never has a negative line, and bills just what is not free', () => {
    fc.assert(
      fc.property(workloads, (jobs) => {
        const { lines, dollars } = billFor(jobs)
        for (const { amount, free, billed, dollars: each } of lines) {
          expect(free).toBeGreaterThanOrEqual(0)
          expect(billed).toBeGreaterThanOrEqual(0)
          expect(free + billed).toBeCloseTo(amount, 3)
          expect(each).toBeGreaterThanOrEqual(0)
        }
        expect(dollars).toBeCloseTo(
          lines.reduce((sum, line) => sum + line.dollars, 0),
          9,
        )
      }),
      RUNS,
    )
  })

  it('loses what a day leaves of a daily quota', () => {
    const amounts = Object.fromEntries(Object.keys(PRICES).map((name) => [name, [0]])) as Record<
      Charged,
      number[]
    >
    const { lines } = billOf({ amounts: { ...amounts, reads: [0, 150_000] }, lanes: new Map() }, PRICES)
    expect(lines).toMatchObject([{ charged: 'reads', free: 50_000, billed: 100_000, dollars: 0.03 }])
  })
})

/** The terms with one lane alone. */
const one = (lane: Partial<Lane>) => ({ ...TERMS, lanes: [{ name: 'only', dwell_seconds: null, ...lane }] })

describe('another lane', () => {
  it('with dwell is one more Cloud Scheduler job, and longer ticks', () => {
    const [short, long] = [monthOf(setOf([]), one({})), monthOf(setOf([]), one({ dwell_seconds: 75 }))]
    expect(jobsFor(one({ dwell_seconds: 75 }).lanes)).toBe(jobsFor(one({}).lanes) + 1)
    const [before, after] = [short.amounts.request_cpu[0] ?? 0, long.amounts.request_cpu[0] ?? 0]
    expect(after - before).toBeCloseTo(2 * 1440 * 75, 3)
    expect(long.amounts.writes).toEqual(short.amounts.writes)
  })

  it('changes nothing in what the other lanes take', () => {
    const jobs = setOf([])
    const two = { ...TERMS, lanes: [...one({}).lanes, { name: 'more', dwell_seconds: null }] }
    expect(monthOf(jobs, two).lanes.get('only')).toEqual(monthOf(jobs, one({})).lanes.get('only'))
  })
})

const sum = (amounts: readonly number[]) => amounts.reduce((all, day) => all + day, 0)

describe('beside the ticks', () => {
  it('a shadow plans and records all runs once more, without their effects', () => {
    const job: Workload = { ...EACH_MINUTE, effects: 2 }
    const [alone, beside] = [monthOf(setOf([job]), TERMS), monthOf(setOf([job]), { ...TERMS, shadow: true })]
    const runs = alone.lanes.get('ticks')?.runs ?? 0
    const ticks = [...alone.lanes.values()].reduce((all, lane) => all + lane.ticks, 0)
    expect(sum(beside.amounts.writes) - sum(alone.amounts.writes)).toBe(4 * runs + ticks)
  })

  it('the in-process loop is an instance that is always there', () => {
    const looping = { ...TERMS, capacity: { cpu_always: true, min_instances: 1 }, loop_seconds: 10 }
    const { amounts } = monthOf(setOf([]), looping)
    // Two ticks of the lane that waits, and one of the other, at once.
    expect(amounts.instance_cpu).toEqual([3 * 2 * 86_400])
    expect(amounts.request_cpu).toEqual([0])
  })

  it('the watch asks when Terraform has it ask', async () => {
    expect(await readFile('infra/watch.tf', 'utf8')).toContain(`"${WATCH_CADENCE}"`)
  })

  it('a one-off job costs its making, its run and its looks', () => {
    const [none, some] = [monthOf(setOf([]), TERMS), monthOf(setOf([]), { ...TERMS, one_offs: 10 })]
    expect((some.amounts.writes[0] ?? 0) - (none.amounts.writes[0] ?? 0)).toBe(10 * (2 + 4 + 4))
  })
})

describe('the log-based metrics', () => {
  it('take more with each lane, and a point a minute for each series', () => {
    const [few, more] = [1, 20].map((count) => {
      const names = Array.from({ length: count }, (_, n) => ({ name: `l${n}`, dwell_seconds: null }))
      return metricMib(names, 31)
    })
    const { metrics } = catalog
    const distributions = Object.values(metrics).filter(({ value }) => value !== null).length
    const least = (distributions * 80 * 31 * 1440) / 2 ** 20
    expect(few).toBeGreaterThan(least)
    expect(few).toBeLessThan(2 * least)
    expect(more).toBeGreaterThan(few ?? 0)
    expect(metricMib(TERMS.lanes, 62)).toBeCloseTo(2 * metricMib(TERMS.lanes, 31), 9)
  })

  it('are billed beyond 150 MiB', () => {
    const { amounts, lanes: of } = monthOf(setOf([]), TERMS)
    const { lines } = billOf({ amounts: { ...amounts, metrics: [160] }, lanes: of }, PRICES)
    expect(lines.find(({ charged }) => charged === 'metrics')).toMatchObject({
      free: 150,
      billed: 10,
      dollars: 2.58,
    })
  })
})

describe('the budgets', () => {
  it('are of what the products cost together', () => {
    const bill = billFor([EACH_MINUTE], TERMS, NOTHING_FREE)
    const products = [...new Set(Object.values(PRICES).map(({ product }) => product))]
    const parts = products.map((product) => dollarsFor(bill, product))
    expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(bill.dollars, 9)
  })
})
