import { type Definition, newJob } from '../../../functions/job/definition.ts'
import type { Job } from '../../../functions/job/job.ts'
import { parseJob, parseRun } from '../../../functions/job/parse.ts'
import type { Run } from '../../../functions/job/run.ts'
import { toFields } from '../../../functions/job/stored.ts'
import { type Claimed, claim } from '../../../functions/lease/claim.ts'
import { type Copies, type Held, jobRef, runRef } from '../../../functions/lease/held.ts'
import { type Finished, type Settling, settle } from '../../../functions/lease/settle.ts'
import type { Documents, Fields, Ref, Stored } from '../../../functions/store/documents.ts'
import { memoryDocuments } from '../../../functions/store/memory.ts'
import { withStoreTime } from '../../../functions/store/time.ts'
import { type Scripted, scripted, withOwnVersions } from '../../support/scripted-documents.ts'
import { type VirtualClock, virtualClock } from '../../support/virtual-clock.ts'
import { definition, LEASE, T0 } from '../job/fixtures.ts'

/** One process at the store, with what it has seen. */
export interface Worker {
  readonly owner: string
  readonly documents: Scripted
  readonly copies: Copies
  readonly settling: Settling
  /** Claims what the jobs named have to start now; by default as they are stored now. */
  readonly claim: (names: readonly string[], seen?: readonly Stored[]) => Promise<Claimed>
  /** Claims one job and answers its attempt. */
  readonly hold: (name: string) => Promise<Held>
  readonly settle: (finished: readonly Finished[]) => ReturnType<typeof settle>
}

/** A store on a virtual clock, some jobs, and processes that share them. */
export interface Bundle {
  readonly clock: VirtualClock
  readonly store: Documents
  readonly a: Worker
  readonly b: Worker
  readonly read: (ref: Ref) => Promise<Stored | null>
  readonly stored: (name: string) => Promise<Stored>
  readonly job: (name: string) => Promise<Job>
  readonly run: (id: string) => Promise<Run>
  /** Writes a document past every protocol, as a hand does. */
  readonly put: (ref: Ref, fields: Fields) => Promise<void>
}

/** A store that holds these jobs, made at `T0`. */
export function setup(definitions: readonly Definition[] = [definition()]): Bundle {
  const clock = virtualClock(T0)
  const jobs = definitions.map((one) => newJob(one, T0))
  const initial = jobs.map((job) => ({ ref: jobRef(job.name), fields: toFields(job) }))
  const store = withOwnVersions(memoryDocuments(clock, initial))
  const read = async (ref: Ref) => (await store.get([ref])).value[0] ?? null
  const stored = async (name: string) => {
    const found = await read(jobRef(name))
    if (found === null) throw new Error(`there is no job ${name}`)
    return found
  }
  const bundle: Bundle = {
    clock,
    store,
    a: worker('a', store, clock, stored),
    b: worker('b', store, clock, stored),
    read,
    stored,
    async job(name) {
      const job = parseJob(await stored(name))
      if (!job.ok) throw new Error(job.reason)
      return job.value
    },
    async run(id) {
      const found = await read(runRef(id))
      const run = found === null ? null : parseRun(found.fields)
      if (run?.ok !== true) throw new Error(`there is no run ${id}: ${run?.reason}`)
      return run.value
    },
    async put(ref, fields) {
      const found = await read(ref)
      const change =
        found === null
          ? ({ kind: 'create', ref, fields } as const)
          : ({ kind: 'update', ref, version: found.version, fields } as const)
      const { outcome } = await store.commit([change])
      if (outcome !== 'done') throw new Error(outcome)
    },
  }
  return bundle
}

function worker(
  owner: string,
  store: Documents,
  clock: VirtualClock,
  stored: (name: string) => Promise<Stored>,
): Worker {
  const wire = scripted(store)
  const { documents, time } = withStoreTime(wire, clock)
  const copies: Copies = new Map()
  const settling: Settling = {
    documents,
    copies,
    time,
    clock,
    random: () => 0,
    policiesOf: (job) => job.policies,
  }
  const self: Worker = {
    owner,
    documents: wire,
    copies,
    settling,
    async claim(names, seen) {
      const jobs = seen ?? (await Promise.all(names.map(stored)))
      return claim(documents, jobs, { now: clock.now(), owner, path: 'tick', lease_ms: LEASE }, copies)
    },
    async hold(name) {
      const [held] = (await self.claim([name])).held
      if (held === undefined) throw new Error(`${owner} could not claim ${name}`)
      return held
    },
    settle: (finished) => settle(settling, finished),
  }
  return self
}

/** The outcome of an attempt that went well. */
export function succeeded(held: Held): Finished {
  return { held, outcome: { kind: 'succeeded', result: '1', items: null } }
}
