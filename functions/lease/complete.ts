import type { Clock } from '../clock.ts'
import { TickoverError } from '../errors.ts'
import { entryOf, type Job } from '../job/job.ts'
import type { Outcome } from '../job/outcome.ts'
import { parseRun } from '../job/parse.ts'
import type { Policies } from '../job/policies.ts'
import type { Documents } from '../store/documents.ts'
import { withStoreTime } from '../store/time.ts'
import { type Copies, type Held, jobRef, runRef, see } from './held.ts'
import { type Settled, settle } from './settle.ts'

/** What completing needs. */
export interface Completing {
  readonly documents: Documents
  readonly clock: Clock
  /** From 0 up to 1. */
  readonly random: () => number
  /** Is told what became of it, at `now` (store's time, ms). */
  readonly told: (settled: Settled, now: number) => void
}

/** How the run stands after its target's word. */
export type Completed = 'succeeded' | 'failed' | 'retry'

/** A target may be done before its acceptance is settled: then it is looked again after so many ms. */
const LOOK_AGAIN = [250, 750, 1_500, 2_500]

/** A store that is out of reach is waited for this long, in ms: then the target sends its word again. */
const PATIENCE_MS = 10_000

/**
 * Settles a run that its target had accepted, by the token that came with the call: `opens` says whether a kept hash is that
 * token's. It counts for one attempt, until its deadline, once; what the target says is `read` only once it is proven. Rejects with `unauthenticated` for any other token, and `store_unreachable`.
 */
export async function completeRun(
  { documents: store, clock, random, told }: Completing,
  run: string,
  opens: (hash: string) => boolean,
  read: () => Promise<Outcome>,
): Promise<Completed> {
  const { documents, time } = withStoreTime(store, clock)
  for (const pause of [...LOOK_AGAIN, null]) {
    const { held, copies, mayCome } = await find(documents, run, opens)
    if (held !== null) {
      const outcome = await read()
      const settling = settle({ documents, copies, time, clock, random, policiesOf }, [{ held, outcome }])
      const settled = await settledWithin(settling, clock)
      told(settled, time.now())
      return await statusOf(documents, run, settled)
    }
    if (!mayCome || pause === null) break
    await clock.sleep(pause)
  }
  throw new TickoverError(
    'unauthenticated',
    'This run token completes nothing: it is spent, past its deadline, of another run, or of a call that was not answered with 202.',
  )
}

/** The attempt that this token completes; `mayCome`: the run is under way, and may still be accepted. */
async function find(
  documents: Documents,
  run: string,
  opens: (hash: string) => boolean,
): Promise<{ held: Held | null; copies: Copies; mayCome: boolean }> {
  const copies: Copies = new Map()
  const job = run.split(/[@:]/)[0] ?? ''
  const { value, time } = await documents.get([runRef(run), jobRef(job)])
  see(copies, job, value[1] ?? null)
  const stored = value[0] ?? null
  const record = stored === null ? null : parseRun(stored.fields)
  const found = copies.get(job)?.fields
  const entry = found && entryOf(found, run)
  if (stored === null || record?.ok !== true || entry === undefined)
    return { held: null, copies, mayCome: false }
  const isMeant = entry.token !== null && entry.until > time && opens(entry.token)
  const held = isMeant ? { job, entry, run: { ...stored, fields: record.value } } : null
  return { held, copies, mayCome: entry.state === 'running' && found?.target.kind === 'http' }
}

function policiesOf({ policies }: Job): Policies {
  return policies
}

/** What became of it. Rejects with `lost` and `store_unreachable`. */
async function settledWithin(
  settling: ReturnType<typeof settle>,
  clock: Clock,
): Promise<Extract<Settled, { kind: 'settled' }>> {
  const over = new AbortController()
  const tooSlow = clock.sleep(PATIENCE_MS, over.signal).then(() => [])
  const [settled] = await Promise.race([settling, tooSlow]).finally(() => over.abort())
  if (settled?.kind === 'settled') return settled
  if (settled?.kind === 'lost')
    throw new TickoverError(
      'lost',
      'This run was taken from its target before it was completed. Report it no more.',
    )
  throw new TickoverError(
    'store_unreachable',
    'The completion may not have arrived. Send it again as it was.',
  )
}

/** By its record: of two words at the same moment the first counts. */
async function statusOf(
  documents: Documents,
  run: string,
  { settlement }: Extract<Settled, { kind: 'settled' }>,
): Promise<Completed> {
  const stored = (await documents.get([runRef(run)])).value[0] ?? null
  const record = stored === null ? null : parseRun(stored.fields)
  const status = record?.ok === true ? record.value.status : STATUS[settlement.event.kind]
  return status === 'succeeded' || status === 'failed' ? status : 'retry'
}

const STATUS: Readonly<Record<string, Completed>> = { succeed: 'succeeded', fail: 'failed' }
