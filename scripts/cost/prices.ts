/** What one thing costs beyond what is free. */
export interface Price {
  readonly name: string
  readonly product: Product
  readonly unit: string
  /** Dollars for so many units. */
  readonly dollars: number
  readonly per: number
  /** What is free of it, of a billing account (Cloud Run, Cloud Scheduler) or a project (Firestore, Logging). */
  readonly free: { readonly amount: number; readonly every: 'day' | 'month' } | null
  readonly source: string
  /** `page`: read on that page. `quoted`: the page's figure as several others quote it, since its table depends on a choice of region. */
  readonly read: 'page' | 'quoted'
}

export type Product = 'Cloud Scheduler' | 'Firestore' | 'Cloud Run' | 'Cloud Logging' | 'Cloud Monitoring'

/** When the prices were looked up, and for where. Prices move: look again when this is old, and change it here alone. */
export const PRICES_OF = { date: '2026-11-22', region: 'us-central1', currency: 'US dollars' } as const

const SCHEDULER = 'https://cloud.google.com/scheduler/pricing'
const FIRESTORE = 'https://cloud.google.com/firestore/pricing'
const RUN = 'https://cloud.google.com/run/pricing'
const LOGGING = 'https://cloud.google.com/stackdriver/pricing'
const ALERTING = 'https://cloud.google.com/monitoring/alerts/cost-control'

const daily = (amount: number) => ({ amount, every: 'day' }) as const
const monthly = (amount: number) => ({ amount, every: 'month' }) as const
const firestore = { product: 'Firestore', source: FIRESTORE, read: 'quoted' } as const
const run = { product: 'Cloud Run', source: RUN } as const

/** Everything that is charged for here, in the order of the bill. */
export const PRICES = {
  /** For 31 days; a paused job counts. */
  scheduler_jobs: {
    name: 'Cloud Scheduler jobs',
    product: 'Cloud Scheduler',
    unit: 'job',
    dollars: 0.1,
    per: 1,
    free: monthly(3),
    source: SCHEDULER,
    read: 'page',
  },
  reads: {
    ...firestore,
    name: 'Firestore reads',
    unit: 'document',
    dollars: 0.03,
    per: 100_000,
    free: daily(50_000),
  },
  /** A version that is checked is billed as a write. */
  writes: {
    ...firestore,
    name: 'Firestore writes',
    unit: 'document',
    dollars: 0.09,
    per: 100_000,
    free: daily(20_000),
  },
  /** At the price of deletes, without their free quota. */
  ttl_deletes: {
    ...firestore,
    name: 'Firestore TTL deletes',
    unit: 'document',
    dollars: 0.01,
    per: 100_000,
    free: null,
  },
  storage: { ...firestore, name: 'Firestore storage', unit: 'GiB', dollars: 0.15, per: 1, free: monthly(1) },
  request_cpu: {
    ...run,
    read: 'page',
    name: 'Cloud Run CPU',
    unit: 'vCPU-s',
    dollars: 0.000024,
    per: 1,
    free: monthly(180_000),
  },
  request_memory: {
    ...run,
    read: 'quoted',
    name: 'Cloud Run memory',
    unit: 'GiB-s',
    dollars: 0.0000025,
    per: 1,
    free: monthly(360_000),
  },
  requests: {
    ...run,
    read: 'quoted',
    name: 'Cloud Run requests',
    unit: 'request',
    dollars: 0.4,
    per: 1_000_000,
    free: monthly(2_000_000),
  },
  idle_cpu: {
    ...run,
    read: 'quoted',
    name: 'Cloud Run CPU, idle',
    unit: 'vCPU-s',
    dollars: 0.0000025,
    per: 1,
    free: null,
  },
  idle_memory: {
    ...run,
    read: 'quoted',
    name: 'Cloud Run memory, idle',
    unit: 'GiB-s',
    dollars: 0.0000025,
    per: 1,
    free: null,
  },
  instance_cpu: {
    ...run,
    read: 'page',
    name: 'Cloud Run CPU, always',
    unit: 'vCPU-s',
    dollars: 0.000018,
    per: 1,
    free: monthly(240_000),
  },
  instance_memory: {
    ...run,
    read: 'quoted',
    name: 'Cloud Run memory, always',
    unit: 'GiB-s',
    dollars: 0.000002,
    per: 1,
    free: monthly(450_000),
  },
  logs: {
    name: 'Cloud Logging',
    product: 'Cloud Logging',
    unit: 'GiB',
    dollars: 0.5,
    per: 1,
    free: monthly(50),
    source: LOGGING,
    read: 'page',
  },
  metrics: {
    name: 'Log-based metrics',
    product: 'Cloud Monitoring',
    unit: 'MiB',
    dollars: 0.258,
    per: 1,
    free: monthly(150),
    source: LOGGING,
    read: 'page',
  },
} as const satisfies Record<string, Price>

/** What is charged for. */
export type Charged = keyof typeof PRICES

/** All of them, in the order of the bill. */
export const CHARGED = Object.keys(PRICES).filter((name): name is Charged => name in PRICES)

/** A table of prices as the bill takes it. */
export type Prices = Readonly<Record<Charged, Price>>

const alerting = { product: 'Cloud Monitoring', free: null, source: ALERTING, read: 'quoted' } as const

/**
 * What alerts are said to cost. Google has announced the charge, put it off and changed it, and no page that says what holds
 * today could be read: so they stand beside the bill, and not in its sum.
 */
export const ALERT_PRICES = {
  conditions: { ...alerting, name: 'Alert conditions', unit: 'condition', dollars: 0.1, per: 1 },
  series: { ...alerting, name: 'Series for alerts', unit: 'series', dollars: 0.35, per: 1_000_000 },
} as const satisfies Record<string, Price>

/** What older pages say of a condition and month, in dollars. */
export const OLDER_CONDITION = 1.5

/** What the bill leaves out, and why. */
export const LEFT_OUT = [
  'point-in-time recovery of Firestore: charged by stored GiB without a free quota; its price could not be verified',
  'the page, images and builds, secrets (6 versions are free), traffic: they depend on people, not on the jobs',
  'retries, refused commits and jobs that run by hand: none in a good month',
] as const
