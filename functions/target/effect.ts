import { createHash } from 'node:crypto'
import { TickoverError } from '../errors.ts'
import { isHeldBy } from '../job/job.ts'
import { KEEP_MS } from '../job/stored.ts'
import { type Copies, type Held, jobRef, see } from '../lease/held.ts'
import type { Change, Documents, Ref, Stored } from '../store/documents.ts'
import type { StoreTime } from '../store/time.ts'
import { JobFailure } from './failure.ts'
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

/** Who performs effects, and the document that says whether it still may: a run and its job, or an item of a queue. */
export interface Holder {
  /** What effects are recorded for: once they are done, they are done for all attempts of this. Begins their ids. */
  readonly subject: string
  readonly fence: number
  readonly until: () => number
  readonly signal: AbortSignal
  readonly ref: Ref
  /** The version of the document as last seen, if this holder holds by it; null: it has lost. */
  readonly version: () => string | null
  /** Takes in the document as it was read again. */
  readonly see: (stored: Stored | null) => void
  /** Names the attempt in an error. */
  readonly name: string
}

/** What effects are recorded in. */
export interface Records {
  readonly documents: Documents
  readonly time: StoreTime
  /** Is told of an effect that begins again although nobody knows how it ended under another fence. */
  readonly repeated: (subject: string, key: string) => void
}

/** What the effects of runs are recorded in. */
export interface Recording extends Records {
  readonly copies: Copies
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
  return performHeld(recording, holderOf(recording, standing), key, perform)
}

function holderOf({ copies }: Recording, { held, until, signal }: Standing): Holder {
  const { run, fence, attempt } = held.entry
  return {
    subject: run,
    fence,
    until,
    signal,
    ref: jobRef(held.job),
    version: () => {
      const job = copies.get(held.job)
      return job !== undefined && isHeldBy(job.fields, run, fence) ? job.version : null
    },
    see: (stored) => see(copies, held.job, stored),
    name: `The attempt ${attempt} of ${run}`,
  }
}

/** As `performEffect`, for whoever holds. */
export async function performHeld(
  records: Records,
  holder: Holder,
  key: string,
  perform: (idempotencyKey: string) => Promise<unknown>,
): Promise<unknown> {
  const ref = effectRef(holder, key)
  const mayBegin = () => assertStanding(records, holder)
  const started = await inscribe(records, mayBegin, holder, ref, begin(records, holder, ref, key))
  if (started.fields.state === 'done') return fromText(textOf(started))
  if (started.fields.begun !== 1) records.repeated(holder.subject, key)
  mayBegin()
  const kept = keep(await performed(records, mayBegin, holder, started, () => perform(ref.id)))
  // It has happened: whoever was told to end meanwhile still records that, as long as nobody else holds.
  const mayRecord = () => assertHolding(holder)
  await inscribe(records, mayRecord, holder, ref, finish(records, holder, kept.text, started))
  if (kept.error !== null) throw kept.error
  return fromText(kept.text)
}

/**
 * An effect that rejects with a `JobFailure` has ended without being performed: that is recorded, so that the next attempt is
 * not taken for a second performance. Any other error (a timeout, a broken line, an abort) leaves open whether it happened, and the
 * record `started`.
 */
async function performed(
  records: Records,
  may: () => string,
  holder: Holder,
  started: Stored,
  perform: () => Promise<unknown>,
): Promise<unknown> {
  try {
    return await perform()
  } catch (error) {
    // The error is the news; a record that cannot be written leaves the effect as one that may have happened.
    if (error instanceof JobFailure)
      await inscribe(records, may, holder, started.ref, fail(holder, started)).catch(() => null)
    throw error
  }
}

/** What to write, given the record as it was found; null: it stands as wanted. `undefined` is found before the first read. */
type Decide = (found: Stored | null | undefined) => Change | null

function begin({ time }: Records, { subject, fence }: Holder, ref: Ref, key: string): Decide {
  const fields = {
    run: subject,
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
    const { state } = found.fields
    if (state === 'done' || (state === 'started' && found.fields.fence === fence)) return null
    return {
      kind: 'update',
      ref,
      version: found.version,
      fields: { ...fields, begun: begunBefore(found) + 1 },
    }
  }
}

/** How many attempts have begun this effect and may have performed it. */
function begunBefore({ fields }: Stored): number {
  if (fields.state === 'failed') return 0
  return typeof fields.begun === 'number' ? fields.begun : 1
}

function fail(holder: Holder, started: Stored): Decide {
  return (found = started) => {
    if (found === null || found.fields.fence !== holder.fence) throw lost(holder)
    if (found.fields.state !== 'started') return null
    return { kind: 'update', ref: found.ref, version: found.version, fields: { state: 'failed' } }
  }
}

function finish({ time }: Records, holder: Holder, result: string | null, started: Stored): Decide {
  const fields = { state: 'done', result, done_at: time.now() }
  return (found = started) => {
    if (found === null || found.fields.fence !== holder.fence) throw lost(holder)
    if (found.fields.state === 'done') return null
    return { kind: 'update', ref: found.ref, version: found.version, fields }
  }
}

/** Writes one record while the holder holds and may; a refusal or a lost reply is answered by reading both again. */
async function inscribe(
  { documents }: Records,
  may: () => string,
  holder: Holder,
  ref: Ref,
  decide: Decide,
): Promise<Stored> {
  let found: Stored | null | undefined
  for (let commits = 0; commits < MOST_COMMITS; commits++) {
    const version = may()
    const change = decide(found)
    if (change === null && found) return found
    if (change === null) break
    const committed = await documents.commit([{ kind: 'check', ref: holder.ref, version }, change])
    if (committed.outcome === 'done') return stored(ref, committed.versions[1] ?? '', change, found)
    if (committed.outcome === 'unreachable') break
    const { value } = await documents.get([holder.ref, ref])
    holder.see(value[0] ?? null)
    found = value[1] ?? null
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

/** The version at which the holder holds, while it may act. */
function assertStanding({ time }: Records, holder: Holder): string {
  const version = assertHolding(holder)
  if (holder.signal.aborted || time.now() >= holder.until() - EFFECT_MARGIN) throw lost(holder)
  return version
}

/** The version at which the holder holds. */
function assertHolding(holder: Holder): string {
  const version = holder.version()
  if (version === null) throw lost(holder)
  return version
}

function lost({ name }: Holder): TickoverError {
  return new TickoverError('lost', `${name} may not act any more: its lease has ended.`)
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
function effectRef({ subject }: Holder, key: string): Ref {
  if (key.length === 0 || key.length > 200) {
    throw new TickoverError(
      'bad_request',
      'The key of an effect has 1 to 200 characters; derive a short, stable one from the payload.',
    )
  }
  const name = /^[\w .:@-]{1,100}$/.test(key) ? key : createHash('sha256').update(key).digest('hex')
  return { collection: 'scheduler_effects', id: `${subject}:${name}` }
}
