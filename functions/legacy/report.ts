import { TickoverError } from '../errors.ts'
import { entryOf, type Job } from '../job/job.ts'
import type { Outcome } from '../job/outcome.ts'
import { parseRun } from '../job/parse.ts'
import type { Policies } from '../job/policies.ts'
import type { Run } from '../job/run.ts'
import { type Copies, type Held, jobRef, runRef, see } from '../lease/held.ts'
import { renew } from '../lease/renew.ts'
import { type Settled, settle } from '../lease/settle.ts'
import type { Documents, Stored } from '../store/documents.ts'
import { withStoreTime } from '../store/time.ts'
import { tellSettled } from '../tick/account.ts'
import { type Door, ownerName } from './door.ts'
import { recordRefused } from './refused.ts'
import type { Holding } from './requests.ts'
import { retriedAsLegacy } from './retry.ts'

/** How a report was taken: the run goes on to a next attempt at `retry_at` (ms), where it is not over. */
export interface Taken {
  readonly status: 'succeeded' | 'failed' | 'retry'
  readonly retry_at: number | null
}

/** What stands in the store of a holding; `held` is null when it is not held (any more). */
interface Seen {
  readonly now: number
  readonly run: Stored<Run>
  readonly job: Job | null
  readonly held: Held | null
  readonly copies: Copies
}

/** A store that is out of reach is waited for this long, in ms: then the report is sent again. */
const PATIENCE_MS = 10_000

/** Prolongs a lease; answers its new end (ms, store's time). Rejects with `lost`, `not_found`, `store_unreachable`. */
export async function renewRun(door: Door, holding: Holding, lease_seconds: number): Promise<number> {
  const { held, now, copies } = await find(door.documents, holding)
  if (held === null) throw lost()
  const until = now + lease_seconds * 1000
  const renewal = await renew(door.documents, held, until, copies)
  if (renewal === 'lost') throw lost()
  if (renewal === 'unreachable') throw unreachable()
  return until
}

/**
 * Settles a reported attempt. A report that was taken before is taken again, to the same effect. One that is refused
 * although its attempt `performed` is evidence of a duplicate, and recorded as such. Rejects with `lost`, `not_found`,
 * `store_unreachable`.
 */
export async function settleRun(
  door: Door,
  holding: Holding,
  outcome: Outcome,
  performed: boolean,
): Promise<Taken> {
  const reach = withStoreTime(door.documents, door.clock)
  const seen = await find(reach.documents, holding)
  const settled = seen.held === null ? null : await settleHeld(door, reach, seen.held, seen.copies, outcome)
  if (settled?.kind === 'unsettled') throw unreachable()
  if (settled?.kind === 'settled') {
    tellSettled(door.emit, settled, reach.time.now())
    return takenNow(settled)
  }
  const last = settled === null ? seen : await find(reach.documents, holding)
  const taken = takenBefore(last, holding, outcome)
  if (taken !== null) return taken
  if (performed && mayBeRepeated(last, holding)) await tellRefused(door, holding, last.now)
  throw lost()
}

async function tellRefused({ documents, emit }: Door, holding: Holding, now: number): Promise<void> {
  await recordRefused(documents, holding, now)
  emit({ kind: 'report_refused', job: jobOf(holding), run: holding.run })
}

function jobOf({ run }: Holding): string {
  return run.slice(0, run.lastIndexOf('@'))
}

/** A run that is over and had no other attempt was performed once, however late that was told. */
function mayBeRepeated({ run: { fields } }: Seen, { fence }: Holding): boolean {
  return fields.finished_at === null || fields.attempts.some((one) => one.fence !== fence)
}

function policiesOf({ policies }: Job): Policies {
  return retriedAsLegacy(policies)
}

/** By the store's time, which what was read of the holding has told: this process's own clock may be wrong. */
async function settleHeld(
  { clock, random }: Door,
  { documents, time }: ReturnType<typeof withStoreTime>,
  held: Held,
  copies: Copies,
  outcome: Outcome,
): Promise<Settled> {
  const finished = { held, outcome }
  const over = new AbortController()
  const settling = settle({ documents, copies, time, clock, random, policiesOf }, [finished])
  const tooSlow = clock.sleep(PATIENCE_MS, over.signal).then((): Settled[] => [])
  const [settled] = await Promise.race([settling, tooSlow]).finally(() => over.abort())
  return settled ?? { kind: 'unsettled', finished, reason: 'the store did not answer in time' }
}

function takenNow({ settlement }: Extract<Settled, { kind: 'settled' }>): Taken {
  const { event, retry_at } = settlement
  if (event.kind === 'retry') return { status: 'retry', retry_at }
  return { status: event.kind === 'succeed' ? 'succeeded' : 'failed', retry_at: null }
}

/** What the store says of a report that it took before; null when this attempt ended otherwise, or was another's. */
function takenBefore({ run, job }: Seen, { fence, email }: Holding, outcome: Outcome): Taken | null {
  const attempt = run.fields.attempts.find((one) => one.fence === fence)
  if (attempt === undefined || !isOf(email, attempt.owner)) return null
  if (attempt.outcome === 'succeeded' && outcome.kind === 'succeeded')
    return { status: 'succeeded', retry_at: null }
  if (attempt.outcome !== 'failed' || outcome.kind === 'succeeded') return null
  const entry = job === null ? undefined : entryOf(job, run.fields.id)
  const waits = entry?.state === 'retry' && entry.fence === fence
  const isOver = run.fields.status === 'failed' && run.fields.fence === fence
  return { status: isOver ? 'failed' : 'retry', retry_at: waits ? entry.until : null }
}

async function find(documents: Documents, holding: Holding): Promise<Seen> {
  const { run: id, fence, email } = holding
  const name = jobOf(holding)
  const { value, time: now } = await documents.get([runRef(id), jobRef(name)])
  const record = value[0] ?? null
  const parsed = record === null ? null : parseRun(record.fields)
  if (record === null || parsed?.ok !== true)
    throw new TickoverError('not_found', 'There is no such run. Claim one with POST /api/legacy/runs.')
  const copies: Copies = new Map()
  see(copies, name, value[1] ?? null)
  const run = { ...record, fields: parsed.value }
  const job = copies.get(name)?.fields ?? null
  const entry = job?.entries.find((one) => one.run === id && one.fence === fence && one.state === 'running')
  const held = entry !== undefined && isOf(email, entry.owner) ? { job: name, entry, run } : null
  return { now, run, job, held, copies }
}

function isOf(email: string, owner: string): boolean {
  return owner.startsWith(ownerName(email, ''))
}

function lost(): TickoverError {
  return new TickoverError(
    'lost',
    'This fence does not hold the run: another attempt has it, or it has ended. Stop, and report it no more.',
  )
}

function unreachable(): TickoverError {
  return new TickoverError('store_unreachable', 'The report may not have arrived. Send it again as it was.')
}
