import { createHash } from 'node:crypto'
import { TickoverError } from '../errors.ts'
import { isHeldBy, type Job } from '../job/job.ts'
import { KEEP_MS } from '../job/stored.ts'
import { type Copies, type Held, jobRef, see } from '../lease/held.ts'
import type { Change, Documents, Ref, Stored } from '../store/documents.ts'
import type { StoreTime } from '../store/time.ts'
import { fromText, toText } from './storable.ts'

/** A holder stops acting this long before its lease runs out, in ms: the next holder must not meet it. */
export const EFFECT_MARGIN = 2_000

/** Tries at one record before the effect is given up. */
const MOST_COMMITS = 10

/** The right to perform effects: it ends with the lease, at the timeout, and when the process stops. */
export interface Standing {
  readonly held: Held
  /** When the lease runs out, as last renewed. */
  readonly until: () => number
  readonly signal: AbortSignal
}

/** What effects are recorded in. */
export interface Recording {
  readonly documents: Documents
  readonly copies: Copies
  readonly time: StoreTime
  /** Is told of an effect that had begun under another fence, and begins again. */
  readonly repeated: (run: string, key: string) => void
}

/**
 * Performs a step with consequences outside, at most once per run and key once it is recorded as done. Each record is
 * written on the condition that the job document, and so this attempt's entry, stands as last seen: an old fence
 * neither begins an effect nor records one. Rejects with `lost` when the attempt has no right to act any more, with
 * `store_unreachable` when that cannot be known, and with what `perform` rejects with.
 */
export async function performEffect(
  recording: Recording,
  standing: Standing,
  key: string,
  perform: (idempotencyKey: string) => Promise<unknown>,
): Promise<unknown> {
  const ref = effectRef(standing.held, key)
  const mayBegin = () => assertStanding(recording, standing)
  const started = await inscribe(recording, mayBegin, standing, ref, begin(recording, standing, ref, key))
  if (started.fields.state === 'done') return fromText(textOf(started))
  if (started.fields.begun !== 1) recording.repeated(standing.held.entry.run, key)
  mayBegin()
  const kept = keep(await perform(ref.id))
  // It has happened: whoever was told to end meanwhile still records that, as long as nobody else holds the run.
  const mayRecord = () => assertHolding(recording, standing)
  await inscribe(recording, mayRecord, standing, ref, finish(recording, standing, kept.text, started))
  if (kept.error !== null) throw kept.error
  return fromText(kept.text)
}

/** What to write, given the record as it was found; null: it stands as wanted. `undefined` is found before the first read. */
type Decide = (found: Stored | null | undefined) => Change | null

function begin({ time }: Recording, { held }: Standing, ref: Ref, key: string): Decide {
  const { fence, run } = held.entry
  const fields = {
    run,
    key,
    fence,
    state: 'started',
    begun: 1,
    result: null,
    started_at: time.now(),
    expire_at: time.now() + KEEP_MS,
  }
  return (found) => {
    if (found === undefined || found === null) return { kind: 'create', ref, fields }
    if (found.fields.state === 'done' || found.fields.fence === fence) return null
    return {
      kind: 'update',
      ref,
      version: found.version,
      fields: { ...fields, begun: begunBefore(found) + 1 },
    }
  }
}

/** How many attempts have begun this effect. */
function begunBefore({ fields }: Stored): number {
  return typeof fields.begun === 'number' ? fields.begun : 1
}

function finish({ time }: Recording, { held }: Standing, result: string | null, started: Stored): Decide {
  const fields = { state: 'done', result, done_at: time.now() }
  return (found = started) => {
    if (found === null || found.fields.fence !== held.entry.fence) throw lost(held)
    if (found.fields.state === 'done') return null
    return { kind: 'update', ref: found.ref, version: found.version, fields }
  }
}

/** Writes one record while this attempt holds its run and may; a refusal or a lost reply is answered by reading both again. */
async function inscribe(
  recording: Recording,
  may: () => Stored<Job>,
  { held }: Standing,
  ref: Ref,
  decide: Decide,
): Promise<Stored> {
  let found: Stored | null | undefined
  for (let commits = 0; commits < MOST_COMMITS; commits++) {
    const job = may()
    const change = decide(found)
    if (change === null && found) return found
    if (change === null) break
    const check: Change = { kind: 'check', ref: job.ref, version: job.version }
    const committed = await recording.documents.commit([check, change])
    if (committed.outcome === 'done') return stored(ref, committed.versions[1] ?? '', change, found)
    if (committed.outcome === 'unreachable') break
    found = await readAgain(recording, held, ref)
  }
  throw new TickoverError(
    'store_unreachable',
    `The effect ${ref.id} could not be recorded. It is tried again with the run.`,
  )
}

function stored(ref: Ref, version: string, change: Change, found: Stored | null | undefined): Stored {
  const written = change.kind === 'create' || change.kind === 'update' ? change.fields : {}
  return { ref, version, fields: { ...found?.fields, ...written } }
}

async function readAgain({ documents, copies }: Recording, held: Held, ref: Ref): Promise<Stored | null> {
  const { value } = await documents.get([jobRef(held.job), ref])
  see(copies, held.job, value[0] ?? null)
  return value[1] ?? null
}

/** The job as last seen, while this attempt may act. */
function assertStanding(recording: Recording, standing: Standing): Stored<Job> {
  const { held, signal, until } = standing
  const job = assertHolding(recording, standing)
  if (signal.aborted || recording.time.now() >= until() - EFFECT_MARGIN) throw lost(held)
  return job
}

/** The job as last seen, while the run is held by this attempt. */
function assertHolding({ copies }: Recording, { held }: Standing): Stored<Job> {
  const job = copies.get(held.job)
  const stands = job !== undefined && isHeldBy(job.fields, held.entry.run, held.entry.fence)
  if (!stands) throw lost(held)
  return job
}

function lost(held: Held): TickoverError {
  return new TickoverError(
    'lost',
    `The attempt ${held.entry.attempt} of ${held.entry.run} may not act any more: its lease has ended.`,
  )
}

/** An effect has happened whether or not its result can be kept: it is recorded as done, and the handler is told. */
function keep(value: unknown): { text: string | null; error: Error | null } {
  try {
    return { text: toText(value), error: null }
  } catch (error) {
    return { text: null, error: error instanceof Error ? error : new Error(String(error)) }
  }
}

function textOf(effect: Stored): string | null {
  return typeof effect.fields.result === 'string' ? effect.fields.result : null
}

/** Readable where the key is; any other key by its hash, since ids are bounded and know no `/`. */
function effectRef(held: Held, key: string): Ref {
  if (key.length === 0 || key.length > 200) {
    throw new TickoverError(
      'bad_request',
      'The key of an effect has 1 to 200 characters; derive a short, stable one from the payload.',
    )
  }
  const name = /^[\w .:@-]{1,100}$/.test(key) ? key : createHash('sha256').update(key).digest('hex')
  return { collection: 'scheduler_effects', id: `${held.entry.run}:${name}` }
}
