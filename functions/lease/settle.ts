import type { Clock } from '../clock.ts'
import { type Job, runId } from '../job/job.ts'
import type { Outcome } from '../job/outcome.ts'
import { parseRun } from '../job/parse.ts'
import { skipFields, withOutcome } from '../job/run.ts'
import { type Settlement, settlement } from '../job/settlement.ts'
import { toFields } from '../job/stored.ts'
import { type Change, type Committed, type Documents, MOST_CHANGES, type Stored } from '../store/documents.ts'
import type { StoreTime } from '../store/time.ts'
import { runChange } from './draft.ts'
import { type Copies, type Held, jobRef, runRef, see } from './held.ts'

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
}

/** The most commits that one settle makes before it leaves the leases to run out. */
const MOST_COMMITS = 50

/** The longest pause between two tries at a store that is out of reach, in ms. */
const LONGEST_PAUSE = 5_000

/** One job with all that is settled on it in this commit. */
interface Sheet {
  readonly stored: Stored<Job>
  readonly job: Job
  readonly changes: readonly Change[]
  readonly parts: readonly Extract<Settled, { kind: 'settled' }>[]
}

/**
 * Writes the outcomes of attempts and what comes next, each at the last version seen. A conflict is no verdict: the
 * jobs are read, the entries compared, and what still stands is written again; only a missing or other entry is `lost`.
 * A store out of reach is tried again while a lease lasts. Never rejects.
 */
export async function settle(settling: Settling, finished: readonly Finished[]): Promise<Settled[]> {
  try {
    return await settleTogether(settling, finished)
  } catch (error) {
    const [first, ...others] = finished
    if (first === undefined) return []
    if (others.length > 0) return settleEach(settling, finished)
    return [
      { kind: 'unsettled', finished: first, reason: error instanceof Error ? error.message : String(error) },
    ]
  }
}

/** One that no store would take does not keep the others from settling. */
async function settleEach(settling: Settling, finished: readonly Finished[]): Promise<Settled[]> {
  const settled: Settled[] = []
  for (const one of finished) settled.push(...(await settle(settling, [one])))
  return settled
}

async function settleTogether(settling: Settling, finished: readonly Finished[]): Promise<Settled[]> {
  const ended: Settled[] = []
  let open = finished
  let reason = ''
  for (
    let commits = 0;
    open.length > 0 && commits < MOST_COMMITS && isLeased(settling, open, commits);
    commits++
  ) {
    const { sheets, lost } = compose(settling, open)
    ended.push(...lost)
    if (sheets.length === 0) return ended
    const committed = await commit(settling, sheets)
    if (committed.outcome === 'done') {
      const parts = accept(settling.copies, sheets, committed.versions)
      ended.push(...parts)
      open = without(open, [...lost, ...parts])
    } else {
      reason = committed.reason
      if (committed.outcome !== 'conflict')
        await settling.clock.sleep(Math.min(LONGEST_PAUSE, 100 * 2 ** commits))
      const landed = await readBack(settling, sheets)
      ended.push(...landed)
      open = without(open, [...lost, ...landed])
    }
  }
  return [...ended, ...open.map((one): Settled => ({ kind: 'unsettled', finished: one, reason }))]
}

/** The first try is always made: the lease's end is the store's to judge, by the fence. */
function isLeased({ time }: Settling, open: readonly Finished[], commits: number): boolean {
  return commits === 0 || open.some(({ held }) => time.now() < held.entry.until)
}

function without(open: readonly Finished[], ended: readonly Settled[]): Finished[] {
  const gone = new Set(ended.map((one) => one.finished))
  return open.filter((one) => !gone.has(one))
}

/** Folds the outcomes onto their jobs, as many as one commit may hold. */
function compose(settling: Settling, open: readonly Finished[]): { sheets: Sheet[]; lost: Settled[] } {
  const sheets = new Map<string, Sheet>()
  const lost: Settled[] = []
  let room = MOST_CHANGES
  for (const finished of open) {
    const { job: name } = finished.held
    const sheet = sheets.get(name) ?? emptySheet(settling.copies.get(name))
    const next = sheet === null ? null : withFinished(sheet, finished, settling)
    if (sheet === null || next === null) lost.push({ kind: 'lost', finished })
    else if (next.changes.length - sheet.changes.length + 1 <= room) {
      room -= next.changes.length - sheet.changes.length + (sheets.has(name) ? 0 : 1)
      sheets.set(name, next)
    }
  }
  return { sheets: [...sheets.values()], lost }
}

function emptySheet(stored: Stored<Job> | undefined): Sheet | null {
  return stored === undefined ? null : { stored, job: stored.fields, changes: [], parts: [] }
}

function withFinished(sheet: Sheet, finished: Finished, { time, random }: Settling): Sheet | null {
  const { held, outcome } = finished
  const now = time.now()
  const settled = settlement(sheet.job, held.entry, outcome, now, random)
  if (settled === null) return null
  const run = withOutcome(held.run.fields, outcome, settled.event.kind, now)
  const skips = settled.skips.map((skip): Change => {
    const ref = runRef(runId(sheet.job.name, skip.first_at))
    return { kind: 'create', ref, fields: skipFields(sheet.job, skip, now) }
  })
  return {
    stored: sheet.stored,
    job: settled.job,
    changes: [...sheet.changes, runChange(held.run, run), ...skips],
    parts: [...sheet.parts, { kind: 'settled', finished, settlement: settled }],
  }
}

function commit({ documents }: Settling, sheets: readonly Sheet[]): Promise<Committed> {
  return documents.commit(sheets.flatMap((sheet) => [jobChange(sheet), ...sheet.changes]))
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

/** Reads the jobs anew, and says which outcomes stand already: their reply was lost, or their entry. */
async function readBack({ documents, copies }: Settling, sheets: readonly Sheet[]): Promise<Settled[]> {
  const parts = sheets.flatMap((sheet) => sheet.parts)
  const refs = [
    ...sheets.map((sheet) => jobRef(sheet.job.name)),
    ...parts.map((part) => runRef(part.finished.held.run.ref.id)),
  ]
  const found = await documents.get(refs).catch(() => null)
  if (found === null) return []
  sheets.forEach((sheet, index) => {
    see(copies, sheet.job.name, found.value[index] ?? null)
  })
  return parts.filter((part, index) =>
    hasLanded(part.finished.held, found.value[sheets.length + index] ?? null),
  )
}

/** Is the attempt closed under this fence, and not by the one who declared its holder dead? */
function hasLanded(held: Held, stored: Stored | null): boolean {
  const run = stored === null ? null : parseRun(stored.fields)
  if (run?.ok !== true) return false
  const attempt = run.value.attempts.find((one) => one.fence === held.entry.fence)
  return attempt !== undefined && attempt.outcome !== null && attempt.outcome !== 'lost'
}
