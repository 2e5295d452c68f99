import { KEEP_MS } from '../job/stored.ts'
import type { Counted, Counts } from '../store/counted.ts'
import type { Documents } from '../store/documents.ts'
import type { StoreTime } from '../store/time.ts'
import type { Engine } from './engine.ts'
import { type Aside, reportOf, type Tally, type TickReport } from './report.ts'

/** How a tick ended. `clock_skew`: this process's clock is off, nothing was claimed. `stopping`: the process stops. */
export interface TickEnd {
  readonly status: 'ok' | 'clock_skew' | 'stopping'
  readonly report: TickReport
}

/** What is known of a tick when it ends. */
export interface Ended {
  readonly id: string
  readonly lane: string
  /** Did it sleep until what was due next? */
  readonly dwells: boolean
  /** By the process's own clock, ms. */
  readonly began: number
  /** How long it had at least one run alive, ms. */
  readonly lived_ms: number
  readonly counts: Counted
  readonly documents: Documents
  readonly time: StoreTime
  readonly tally: Tally
}

/** Tells how a tick ended: in its answer, in its document, in the log. */
export async function recordTick(engine: Engine, ended: Ended): Promise<TickEnd> {
  const { id, time, documents, tally } = ended
  const status = isSkewed(engine, time) ? 'clock_skew' : engine.stop.aborted ? 'stopping' : 'ok'
  const duration = engine.clock.now() - ended.began
  const by = { lane: ended.lane, ...origin(engine) }
  const counts = ended.counts.counts()
  const report = reportOf(by, tally, counts, engine.eventLoopDelay(), duration)
  // A loop passes every few seconds: a pass that found nothing of its own says nothing.
  if (engine.claimant.path === 'legacy' && tally.due === 0) return { status, report }
  const ended_at = time.now()
  const times = { started_at: ended_at - duration, ended_at, expire_at: ended_at + KEEP_MS }
  const ref = { collection: 'scheduler_ticks', id } as const
  const recorded = await documents.commit([{ kind: 'create', ref, fields: { ...report, status, ...times } }])
  if (recorded.outcome !== 'done')
    engine.emit({ kind: 'store_trouble', action: 'record the tick', reason: recorded.reason })
  const aside = asideOf(engine, ended, counts, duration)
  engine.emit({ kind: 'tick_completed', tick: id, report: { status, ...report, ...aside } })
  return { status, report }
}

/** Is this process's clock further off the store's than is allowed? */
export function isSkewed({ settings }: Engine, time: StoreTime): boolean {
  return Math.abs(time.skew()) > settings.max_skew_seconds * 1000
}

function asideOf(
  { cache }: Engine,
  { dwells, lived_ms }: Ended,
  { permits_peak }: Counts,
  duration: number,
): Aside {
  const { hits, misses } = cache.untold()
  const own_ms = duration - lived_ms
  return { dwells, own_ms, store_permits_peak: permits_peak, cache_hits: hits, cache_misses: misses }
}

function origin({ claimant, settings }: Engine): Pick<TickReport, 'stage' | 'path' | 'revision'> {
  return { stage: claimant.stage, path: claimant.path, revision: settings.revision }
}
