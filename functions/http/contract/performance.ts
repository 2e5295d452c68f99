import { z } from 'zod'
import type { Transaction } from '../../observe/performance/transactions.ts'
import type { PathPerformance, Summary } from '../../observe/performance.ts'
import { count, ITEMS, instant, PATH, rate } from './parts.ts'

const ms = z.number().nullable()
const FIGURE = z.object({ samples: count, avg: ms, min: ms, max: ms })
const SPREAD = FIGURE.extend({ p50: ms, p95: ms, p99: ms })

const window = z.object({
  from: instant,
  to: instant,
  ticks: count,
  runs: count,
  complete: z.boolean(),
})

const OF_PATH = z.object({
  ticks: count,
  runs: count,
  succeeded: count,
  failed: count,
  success_rate: rate,
  error_rate: rate,
  processing_ms: SPREAD,
  lateness_ms: SPREAD,
  tick_ms: SPREAD,
  store_calls_per_run: z.number().nullable(),
  runs_per_hour: z.number(),
}) satisfies z.ZodType<PathPerformance>

const paths = z.object({ legacy: OF_PATH, tick: OF_PATH })

const SUMMARY = z.object({
  activeTransactions: count,
  totalTransactions: count,
  globalMetrics: z.object({
    total_duration: FIGURE,
    jobs_processed: FIGURE,
    database_query_time: FIGURE,
    api_call_time: FIGURE,
  }),
  recentErrors: z.array(
    z.object({ run: z.string(), job: z.string(), at: instant.nullable(), error: z.string() }),
  ),
}) satisfies z.ZodType<Summary>

const TRANSACTION = z.object({
  id: z.string(),
  job: z.string(),
  path: PATH.nullable(),
  status: z.enum(['running', 'retry', 'succeeded', 'failed', 'cancelled']),
  scheduled_for: instant,
  started_at: instant,
  finished_at: instant.nullable(),
  duration_ms: z.number().nullable(),
  lateness_ms: z.number(),
  attempts: count,
  items: ITEMS.nullable(),
  error: z.string().nullable(),
}) satisfies z.ZodType<Transaction>

/** Of the instance that answers, since it began. */
const CACHE = z.object({
  scope: z.literal('instance'),
  revision: z.string(),
  hits: count,
  misses: count,
  hitRate: rate,
  size: count,
  evictions: count,
})

const success = z.literal(true)

/** Figures over stored ticks and runs. */
export const PERFORMANCE = z.discriminatedUnion('type', [
  z.object({
    success,
    type: z.literal('summary'),
    data: z.object({ window, performance: SUMMARY, paths, cache: CACHE }),
  }),
  z.object({
    success,
    type: z.literal('metrics'),
    data: z.object({ window, globalMetrics: SUMMARY.shape.globalMetrics, paths }),
  }),
  z.object({
    success,
    type: z.literal('transactions'),
    data: z.object({ window, active: z.array(TRANSACTION), recent: z.array(TRANSACTION) }),
  }),
  z.object({ success, type: z.literal('cache'), data: CACHE }),
])

const ofInstance = { success, scope: z.literal('instance'), removed: count }

/** What was cleaned up. */
export const CLEANED = z.discriminatedUnion('action', [
  z.object({ success, action: z.literal('cleanup_performance'), deleted: count, more: z.boolean() }),
  z.object({ action: z.literal('cleanup_cache'), ...ofInstance }),
  z.object({ action: z.literal('invalidate_cache'), ...ofInstance }),
])
