import { randomUUID } from 'node:crypto'
import { Firestore } from '@google-cloud/firestore'
import { z } from 'zod'
import { createLog } from '../../functions/observe/log.ts'
import { liveClaimant } from '../../functions/rollout/live.ts'
import { MOVED } from '../../functions/rollout/stage.ts'
import type { Documents } from '../../functions/store/documents.ts'
import { firestoreDocuments } from '../../functions/store/firestore.ts'
import { createCache } from '../../functions/target/cache.ts'
import { defineJob, type JobDefinition } from '../../functions/target/handler.ts'
import { createLimits } from '../../functions/target/limits.ts'
import { createRegistry } from '../../functions/target/registry.ts'
import type { Engine } from '../../functions/tick/engine.ts'
import type { TickReport } from '../../functions/tick/report.ts'
import { tick } from '../../functions/tick/tick.ts'
import { oneOffs, put } from '../../test/support/one-offs.ts'
import { systemClock } from '../system-clock.ts'

/** Work that does nothing but say that it was done. */
export function noop(done: (job: string) => void = () => {}): JobDefinition {
  return defineJob({ name: 'noop', payload: z.unknown(), run: async ({ job }) => done(job) })
}

/** The engine of the product on these documents, its log included; only nobody reads the log. */
export function engineOn(documents: Documents, limit: number, jobs: readonly JobDefinition[]): Engine {
  return {
    documents,
    claimant: liveClaimant('tick', MOVED),
    clock: systemClock,
    random: Math.random,
    newId: randomUUID,
    registry: createRegistry(jobs, { time_zone: 'UTC', lanes: ['default'] }),
    cache: createCache(300, systemClock),
    limits: createLimits(systemClock),
    call: async () => ({ kind: 'failed', error: 'The bench calls nobody', items: null }),
    emit: createLog({
      destination: { write: () => {} },
      clock: systemClock,
      project: null,
      trace: () => null,
    }),
    settings: {
      lease_seconds: 300,
      batch_size: limit,
      concurrency: limit,
      tick_budget_seconds: 120,
      request_timeout_seconds: 600,
      grace_seconds: 5,
      max_skew_seconds: 10,
      revision: 'bench',
    },
    eventLoopDelay: () => 0,
    stop: new AbortController().signal,
  }
}

/** One tick of the lane. */
export async function tickOn(engine: Engine): Promise<TickReport> {
  return (await tick(engine, { lane: 'default', dwell_seconds: null })).report
}

/** Stores due no-op jobs. */
export function fill(documents: Documents, many: number): Promise<void> {
  return put(documents, oneOffs(many, 'noop'))
}

/** A client for a database of its own, and the port to it. Closing the port ends the client. */
export function database(
  host: string,
  projectId: string = `bench-${randomUUID().slice(0, 20)}`,
): { readonly firestore: Firestore; readonly documents: Documents; readonly project: string } {
  const firestore = new Firestore({ projectId, host, ssl: false })
  return { firestore, documents: firestoreDocuments(firestore, systemClock), project: projectId }
}
