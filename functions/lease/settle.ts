import type { Clock } from '../clock.ts'
import { entryOf, type Job } from '../job/job.ts'
import type { Outcome } from '../job/outcome.ts'
import { parseRun } from '../job/parse.ts'
import type { Policies } from '../job/policies.ts'
import { type Run, withOutcome } from '../job/run.ts'
import { type Settlement, settlement } from '../job/settlement.ts'
import { toFields } from '../job/stored.ts'
import { type Change, type Committed, type Documents, MOST_CHANGES, type Stored } from '../store/documents.ts'
import type { StoreTime } from '../store/time.ts'
import { runChange } from './draft.ts'
import { type Copies, type Held, see } from './held.ts'
import { skipRecords } from './skips.ts'

/** An attempt that has ended, with how it ended. */
export interface Finished {
  readonly held: Held
  readonly outcome: Outcome
}

/** What became of it. `unsettled`: the store stayed out of reach; the lease runs out and the run is tried again. */
export type Settled =
  | { readonly kind: 'settled'; readonly finished: Finished; readonly settlement: Settlement }
  | { readonly kind: 'lost'; readonly finished: Finished }
  | { readonly kind: 'unsettled'; readonly finished: Finished; readonly reason: string }

/** What settling needs. */
export interface Settling {
  readonly documents: Documents
  readonly copies: Copies
  readonly time: StoreTime
  readonly clock: Clock
  readonly random: () => number
  /** The policies by which an attempt is tried again. */
  readonly policiesOf: (job: Job) => Policies
}

/** The most commits that one settle makes before it leaves the leases to run out. */
const MOST_COMMITS = 50

/** After so many commits in vain each outcome is settled alone: one that is refused keeps no other waiting. */
const TOGETHER_COMMITS = 5

/** The longest pause between two tries at a store that is out of reach, in ms. */
const LONGEST_PAUSE = 5_000

/** One job with all that is settled on it in this commit. */
interface Sheet {
  readonly stored: Stored<Job>
  readonly job: Job
  readonly changes: readonly Change[]
  readonly parts: readonly Extract<Settled, { kind: 'settled' }>[]
}

/** Records as they were read since the claim: of the runs, by id (null: gone), and which skips are recorded already. */
interface Records {
  readonly runs: Map<string, Stored<Run> | null>
  readonly skips: Set<string>
}

/** What is left of a settle, and why. */
interface Rest {
  readonly ended: Settled[]
  readonly open: readonly Finished[]
  readonly reason: string
}

type Failed = Exclude<Committed, { readonly outcome: 'done' }>

/**
 * Writes the outcomes of attempts and what comes next, each at the last version seen. A conflict is no verdict: the
 * jobs are read, the entries compared, and what still stands is written again; only a missing or other entry is `lost`.
 * A store out of reach is tried again while a lease lasts. Never rejects.
 */
export async function settle(settling: Settling, finished: readonly Finished[]): Promise<Settled[]> {
  const together = finished.length > 1
  const { ended, open, reason } = await write(settling, finished, together ? TOGETHER_COMMITS : MOST_COMMITS)
  if (!together)
    return [...ended, ...open.map((one): Settled => ({ kind: 'unsettled', finished: one, reason }))]
  for (const one of open) ended.push(...(await settle(settling, [one])))
  return ended
}

async function write(settling: Settling, finished: readonly Finished[], most: number): Promise<Rest> {
  const records: Records = { runs: new Map(), skips: new Set() }
  const ended: Settled[] = []
  let open = finished
  let failed: Failed | null = null
  for (let commits = 0; open.length > 0 && commits < most && isWorthATry(settling, open, failed); commits++) {
    const { sheets, lost } = compose(settling, records, open)
    ended.push(...lost)
    open = without(open, lost)
    if (sheets.length === 0) break
    const committed = await commit(settling, sheets)
    failed = committed.outcome === 'done' ? null : committed
    if (failed !== null && failed.outcome !== 'conflict') await pause(settling, commits)
    const parts =
      committed.outcome === 'done'
        ? accept(settling.copies, sheets, committed.versions)
        : await readBack(settling, records, sheets)
    ended.push(...parts)
    open = without(open, parts)
  }
  return { ended, open, reason: failed?.reason ?? 'others changed the job again and again' }
}

function pause({ clock }: Settling, commits: number): Promise<void> {
  return clock.sleep(Math.min(LONGEST_PAUSE, 100 * 2 ** commits))
}

/** A store out of reach is tried while a lease lasts; whether an entry still stands is the store's to say, not a clock's. */
function isWorthATry({ copies, time }: Settling, open: readonly Finished[], failed: Failed | null): boolean {
  if (failed === null || failed.outcome === 'conflict') return true
  return open.some(({ held }) => {
    const job = copies.get(held.job)?.fields
    const entry = (job && entryOf(job, held.entry.run)) ?? held.entry
    return time.now() < entry.until
  })
}

function without(open: readonly Finished[], ended: readonly Settled[]): Finished[] {
  const gone = new Set(ended.map((one) => one.finished))
  return open.filter((one) => !gone.has(one))
}

/** Folds the outcomes onto their jobs, as many as one commit may hold. */
function compose(
  settling: Settling,
  records: Records,
  open: readonly Finished[],
): { sheets: Sheet[]; lost: Settled[] } {
  const sheets = new Map<string, Sheet>()
  const lost: Settled[] = []
  let room = MOST_CHANGES
  for (const finished of open) {
    const { job: name } = finished.held
    const sheet = sheets.get(name) ?? emptySheet(settling.copies.get(name))
    const next = sheet === null ? null : withFinished(sheet, finished, settling, records)
    if (sheet === null || next === null) lost.push({ kind: 'lost', finished })
    else {
      room -= next.changes.length - sheet.changes.length + (sheets.has(name) ? 0 : 1)
      if (room < 0) break
      sheets.set(name, next)
    }
  }
  return { sheets: [...sheets.values()], lost }
}

function emptySheet(stored: Stored<Job> | undefined): Sheet | null {
  return stored === undefined ? null : { stored, job: stored.fields, changes: [], parts: [] }
}

function withFinished(
  sheet: Sheet,
  finished: Finished,
  { time, random, policiesOf }: Settling,
  records: Records,
): Sheet | null {
  const { held, outcome } = finished
  const now = time.now()
  const settled = settlement(sheet.job, held.entry, outcome, now, random, policiesOf(sheet.job))
  if (settled === null) return null
  const read = records.runs.get(held.entry.run)
  const record = read === undefined ? held.run : read
  const run = withOutcome((record ?? held.run).fields, outcome, settled.event.kind, now)
  const skips = skipRecords(sheet.job, settled.skips, (id) => records.skips.has(id), now)
  return {
    stored: sheet.stored,
    job: settled.job,
    changes: [...sheet.changes, runChange(record, run), ...skips],
    parts: [...sheet.parts, { kind: 'settled', finished, settlement: settled }],
  }
}

/** Fields that no store takes are a refusal like any other: what is settled alone after it does not suffer. */
async function commit({ documents }: Settling, sheets: readonly Sheet[]): Promise<Committed> {
  try {
    return await documents.commit(sheets.flatMap((sheet) => [jobChange(sheet), ...sheet.changes]))
  } catch (error) {
    return { outcome: 'conflict', reason: error instanceof Error ? error.message : String(error) }
  }
}

function jobChange({ stored, job }: Sheet): Change {
  return { kind: 'update', ref: stored.ref, version: stored.version, fields: toFields(job) }
}

function accept(copies: Copies, sheets: readonly Sheet[], versions: readonly string[]): Settled[] {
  let index = 0
  for (const sheet of sheets) {
    copies.set(sheet.job.name, { ref: sheet.stored.ref, version: versions[index] ?? '', fields: sheet.job })
    index += 1 + sheet.changes.length
  }
  return sheets.flatMap((sheet) => sheet.parts)
}

/** Reads all that the commit would have written, and says which outcomes stand already: only their reply was lost. */
async function readBack(
  { documents, copies }: Settling,
  records: Records,
  sheets: readonly Sheet[],
): Promise<Settled[]> {
  const refs = sheets.flatMap((sheet) => [sheet.stored.ref, ...sheet.changes.map((change) => change.ref)])
  const found = await documents.get(refs).catch(() => null)
  if (found === null) return []
  const read = new Map(refs.map((ref, index) => [ref.id, found.value[index] ?? null]))
  const parts = sheets.flatMap((sheet) => sheet.parts)
  const runs = new Set(parts.map((part) => part.finished.held.entry.run))
  for (const { job } of sheets) see(copies, job.name, read.get(job.name) ?? null)
  for (const [id, stored] of read) if (stored !== null && !runs.has(id)) records.skips.add(id)
  return parts.filter(({ finished: { held, outcome } }) => {
    const isClosed = hasLanded(records, held, read.get(held.entry.run) ?? null)
    return isClosed || isAwaited(copies, held, outcome)
  })
}

/** Does the entry wait for its target already, by this very attempt's word? */
function isAwaited(copies: Copies, { job, entry }: Held, outcome: Outcome): boolean {
  const found = copies.get(job)?.fields.entries.find((one) => one.run === entry.run)
  return outcome.kind === 'accepted' && found?.fence === entry.fence && found.token === outcome.token_hash
}

/** Is the attempt closed under this fence, and not by the one who declared its holder dead? Keeps what was read. */
function hasLanded(records: Records, { entry, run: claimed }: Held, stored: Stored | null): boolean {
  const parsed = stored === null ? null : parseRun(stored.fields)
  const run = parsed?.ok === true ? parsed.value : claimed.fields
  records.runs.set(entry.run, stored === null ? null : { ...stored, fields: run })
  const attempt = run.attempts.find((one) => one.fence === entry.fence)
  return attempt !== undefined && attempt.outcome !== null && attempt.outcome !== 'lost'
}
