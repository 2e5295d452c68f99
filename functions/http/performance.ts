import { z } from 'zod'
import { recordAudit } from '../admin/audit.ts'
import { TickoverError } from '../errors.ts'
import { cleanTicks } from '../observe/performance/clean.ts'
import { type Reading, readRecent } from '../observe/performance/read.ts'
import { isEnded, transactionOf } from '../observe/performance/transactions.ts'
import { pathsOf, summaryOf } from '../observe/performance.ts'
import type { Cache } from '../target/cache.ts'
import { check, readBody } from './body.ts'
import { iso } from './fields.ts'
import type { Deps, Handler } from './surface.ts'

const TYPES = ['summary', 'metrics', 'transactions', 'cache'] as const
const MOST_LISTED = 100
const HOUR_MS = 3_600_000

export const asked = z.strictObject({
  type: z.enum(TYPES, `must be one of ${TYPES.join(', ')}`).default('summary'),
  limit: z
    .string()
    .regex(/^\d{1,3}$/, `must be a whole number from 1 to ${MOST_LISTED}`)
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= MOST_LISTED, `must be a whole number from 1 to ${MOST_LISTED}`)
    .default(10),
})

const by = { reason: z.string().max(500).default(''), userId: z.string().max(200).optional() }

export const order = z.discriminatedUnion('action', [
  z.strictObject({
    action: z.literal('cleanup_performance'),
    olderThanMs: z.int().min(HOUR_MS, 'must be at least an hour: 3600000').max(8.64e15),
    ...by,
  }),
  z.strictObject({ action: z.literal('cleanup_cache'), ...by }),
  z.strictObject({
    action: z.literal('invalidate_cache'),
    workspaceId: z.string().min(1).max(200).optional(),
    ...by,
  }),
])

type Parts = Pick<Deps, 'documents' | 'config' | 'clock' | 'cache' | 'newId'>

/**
 * GET and POST /api/performance: figures over stored ticks and runs, the same from every instance; those of the cache are the
 * instance's own. `cleanup_performance` deletes ticks, but none while a move goes on, whose gates count them. `invalidate_cache` forgets, in this instance, the
 * values of a workspace (keys that begin with its id and a colon), or all.
 */
export function performanceRoutes(
  deps: Parts,
): Record<'GET /api/performance' | 'POST /api/performance', Handler> {
  return {
    'GET /api/performance': async (c) => {
      requireOn(deps)
      const { type, limit } = check(asked, c.req.query())
      return c.json({ success: true, type, data: await dataOf(deps, type, limit) })
    },
    'POST /api/performance': async (c) => {
      requireOn(deps)
      const told = check(order, await readBody(c))
      const actor = c.get('caller')?.name ?? ''
      return c.json({ success: true, action: told.action, ...(await obey(deps, told, actor)) })
    },
  }
}

function requireOn({ config }: Parts): void {
  if (config.performance_monitoring) return
  throw new TickoverError(
    'not_found',
    'Performance monitoring is switched off here. Set ENABLE_PERFORMANCE_MONITORING=true to switch it on.',
  )
}

async function dataOf(deps: Parts, type: (typeof TYPES)[number], limit: number): Promise<object> {
  if (type === 'cache') return cacheOf(deps)
  const lanes = deps.config.lanes.map(({ name }) => name)
  const reading = await readRecent(deps.documents, lanes, deps.clock.now())
  const window = windowOf(reading)
  const summary = summaryOf(reading, limit)
  const paths = pathsOf(reading)
  switch (type) {
    case 'summary':
      return { window, performance: summary, paths, cache: cacheOf(deps) }
    case 'metrics':
      return { window, globalMetrics: summary.globalMetrics, paths }
    case 'transactions': {
      const active = reading.runs.filter((run) => !isEnded(run))
      const ended = reading.runs.filter(isEnded)
      return {
        window,
        active: active.slice(0, limit).map(transactionOf),
        recent: ended.slice(0, limit).map(transactionOf),
      }
    }
  }
}

function windowOf({ from, to, ticks, runs, complete }: Reading) {
  return { from: iso(from), to: iso(to), ticks: ticks.length, runs: runs.length, complete }
}

/** Figures of this instance alone, since it began. */
function cacheOf({ cache, config }: { readonly cache: Cache; readonly config: Parts['config'] }) {
  const { hits, misses, ...rest } = cache.counts()
  const hitRate = hits + misses === 0 ? null : hits / (hits + misses)
  return { scope: 'instance', revision: config.revision, hits, misses, hitRate, ...rest }
}

async function obey(deps: Parts, told: z.output<typeof order>, actor: string): Promise<object> {
  const { documents, config, clock, newId } = deps
  if (told.action !== 'cleanup_performance') return cleanCache(deps, told, actor)
  if (config.stage < 5)
    throw new TickoverError(
      'rollout_underway',
      `The move is at stage ${config.stage}, and its gates count these ticks. Clean up once it is at stage 5.`,
    )
  const lanes = config.lanes.map(({ name }) => name)
  const upTo = clock.now() - told.olderThanMs
  return cleanTicks(documents, { lanes, upTo, actor, reason: told.reason, id: newId() })
}

/** Lets go of values of this instance, once it is on record who asked for that. */
async function cleanCache(
  { cache, documents, clock, newId }: Parts,
  told: Exclude<z.output<typeof order>, { action: 'cleanup_performance' }>,
  actor: string,
): Promise<object> {
  const workspace = told.action === 'invalidate_cache' ? (told.workspaceId ?? null) : null
  const entry = {
    action: 'cache_cleaned',
    at: clock.now(),
    actor,
    subject: 'service/cache',
    reason: told.reason,
  }
  const after = { asked: told.action, workspace }
  await recordAudit(documents, newId(), { ...entry, before: null, after })
  if (told.action === 'cleanup_cache') return { scope: 'instance', removed: cache.cleanUp() }
  return { scope: 'instance', removed: cache.invalidate(workspace === null ? '' : `${workspace}:`) }
}
